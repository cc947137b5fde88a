"""Events have names with times, values with history, ages and sources."""

from dataclasses import replace

import pytest

from tests.factories import NOON
from tests.handlers.ingest_stage import Stage, an_event
from tests.intake_factories import a_registry
from touchline.intake.catalogue import default_value, naming
from touchline.kernel.clock import DAY_MS
from touchline.kernel.errors import Refused
from touchline.kernel.ids import EventName
from touchline.registry.model import EventDefinition, NameSpan, ValueRule

BOUGHT, PURCHASE = EventName("bought"), EventName("purchase")
RENAMED = EventDefinition(
    PURCHASE, names=(NameSpan(BOUGHT, 100, 200), NameSpan(PURCHASE, 200)), created_at=100
)
EVENTS = {PURCHASE: RENAMED}


@pytest.mark.parametrize(
    ("name", "at", "excluded"),
    [
        ("purchase", 200, ""),
        ("purchase", 199, "event_unknown_at_time"),
        ("bought", 100, ""),
        ("bought", 199, ""),
        ("bought", 200, "renamed_event"),
        ("bought", 99, "event_unknown_at_time"),
    ],
)
def test_a_name_counts_while_the_event_bears_it(name: str, at: int, excluded: str) -> None:
    """S3: created later, or renamed: stored, never attributed, with that reason."""
    assert naming(EVENTS, name, at).excluded == excluded


@pytest.mark.parametrize("name", ["Purchase", "purchase ", "", "nonesuch"])
def test_a_name_must_match_exactly(name: str) -> None:
    with pytest.raises(Refused, match="unknown_event"):
        naming(EVENTS, name, 300)


def test_a_name_that_moved_to_another_event_leads_there() -> None:
    other = EventDefinition(BOUGHT, names=(NameSpan(BOUGHT, 200),))
    events = {**EVENTS, BOUGHT: other}
    assert naming(events, "bought", 150).definition == RENAMED
    assert naming(events, "bought", 250).definition == other


def test_an_event_without_a_history_counts_from_its_creation() -> None:
    plain = EventDefinition(PURCHASE, created_at=100)
    assert naming({PURCHASE: plain}, "purchase", 100).excluded == ""
    assert naming({PURCHASE: plain}, "purchase", 99).excluded == "event_unknown_at_time"


def test_the_estimate_in_force_when_it_happened_counts() -> None:
    """S2: close rate times deal size, revised with history."""
    rules = (
        ValueRule(close_rate_ppm=250_000, deal_size_micros=4_000_000, currency="EUR"),
        ValueRule(fixed_micros=7, currency="USD", from_at=500),
    )
    lead = EventDefinition(PURCHASE, values=rules)
    assert default_value(lead, 499) == (1_000_000, "EUR")
    assert default_value(lead, 500) == (7, "USD")
    assert default_value(EventDefinition(PURCHASE), 500) == (0, None)


def test_the_age_of_the_event_comes_before_that_of_the_account() -> None:
    patient = replace(a_registry().events[PURCHASE], max_age_seconds=30 * 86_400)
    stage = Stage(a_registry(events={PURCHASE: patient}))
    old = an_event(actionTimestamp=NOON - 20 * DAY_MS)
    assert stage.post("/event", old).outcome == "stored"
    assert Stage().post("/event", old).code == "too_old"


def test_what_happened_before_the_event_was_defined_is_stored_and_excluded() -> None:
    young = EventDefinition(PURCHASE, created_at=NOON)
    stage = Stage(a_registry(events={PURCHASE: young}))
    assert stage.post("/event", an_event()).outcome == "stored"
    assert stage.conversion("A-1").excluded == "event_unknown_at_time"
