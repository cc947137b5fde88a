"""What the lint says about event catalogues."""

import pytest

from tests.factories import a_definition
from touchline.kernel.ids import EventName
from touchline.kernel.reasons import CATALOGUE
from touchline.registry.catalogue import Oddity, are_alike, is_verb_object, warnings
from touchline.registry.model import EventDefinition


def a_sound_definition(name: str, kind: str = "micro") -> EventDefinition:
    return a_definition(api_name=EventName(name), kind=kind, owner="growth", report="weekly")


def test_a_sound_catalogue_has_no_warnings() -> None:
    assert warnings([a_sound_definition("submit_form"), a_sound_definition("book_demo")]) == ()


@pytest.mark.parametrize("name", ["submit_form", "sign_up_for_trial", "add_to_cart2", "view_page"])
def test_a_verb_and_its_object_is_a_good_name(name: str) -> None:
    assert is_verb_object(name)


@pytest.mark.parametrize(
    ("name", "proposal"),
    [
        ("purchase", "complete_purchase"),
        ("form_submit", "submit_form"),
        ("submitForm", "submit_form"),
        ("Submit_Form", "submit_form"),
        ("confirmation_page_view", "view_confirmation_page"),
        ("lead", "view_lead"),
        ("größe", "view_größe"),
    ],
)
def test_any_other_name_is_warned_about_with_a_proposal(name: str, proposal: str) -> None:
    [oddity] = warnings([a_sound_definition(name)])
    assert oddity.code == "event_not_verb_object"
    assert oddity.events == (name,)
    assert oddity.advice.endswith(proposal)


def test_an_event_that_nobody_owns_or_reads_is_warned_about() -> None:
    codes = [one.code for one in warnings([a_definition(api_name=EventName("book_demo"))])]
    assert codes == ["event_without_owner", "event_without_report"]


def test_many_events_are_sprawl() -> None:
    events = [a_sound_definition(f"view_page_{number}") for number in range(26)]
    assert [one.code for one in warnings(events)] == ["event_sprawl"]
    assert warnings(events[:25]) == ()


def test_many_macro_events_are_sprawl() -> None:
    events = [a_sound_definition(f"view_page_{number}", "macro") for number in range(6)]
    [oddity] = warnings(events)
    assert oddity.code == "event_sprawl"
    assert "macro" in oddity.advice


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("submit_form", "form_submit"),
        ("submit_form", "submitForm"),
        ("submit_form", "SUBMIT_FORM"),
        ("submit_form", "submit_forms"),
        ("submit_form", "submit_from"),
        ("submit_form", "submit_frm"),
        ("submit_form", "submitform"),
        ("submit_form", "submit_foxm"),
    ],
)
def test_two_names_for_one_thing_are_warned_about(one: str, other: str) -> None:
    assert are_alike(one, other)
    assert are_alike(other, one)
    pair = (EventName(min(one, other)), EventName(max(one, other)))
    found = warnings([a_sound_definition(one), a_sound_definition(other)])
    assert Oddity("event_names_alike", pair, "keep one name; rename the other") in found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("view_step_1", "view_step_2"),
        ("book_demo", "book_trial"),
        ("submit_form", "submit_order"),
    ],
)
def test_two_things_are_not_taken_for_one(one: str, other: str) -> None:
    assert not are_alike(one, other)


def test_every_warning_is_in_the_catalogue_of_reasons() -> None:
    events = [
        *(a_definition(api_name=EventName(f"view_page_{number}")) for number in range(26)),
        a_definition(api_name=EventName("page_view_1")),
    ]
    codes = {one.code for one in warnings(events)}
    assert codes == {
        "event_not_verb_object",
        "event_without_owner",
        "event_without_report",
        "event_sprawl",
        "event_names_alike",
    }
    assert codes <= set(CATALOGUE)
