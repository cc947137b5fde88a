"""No email address and no phone number stays in free text, wherever it came in."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.handlers.ingest_stage import Stage
from touchline.intake.masking import MASKED, masked

WITH = {"sub1": "jane.doe+x@mail.example.com", "sub2": "blue"}
WITHOUT = {"sub1": "[email]", "sub2": "blue"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("jane@example.com", "[email]"),
        ("id-7|jane@example.co.uk|x", "id-7|[email]|x"),
        ("u=jane%40example.com", "u=[email]"),
        ("żółw@przykład.pl", "[email]"),
        ("a@b", "a@b"),
        ("price @ noon", "price @ noon"),
        ("plain", "plain"),
        ("+49 170 1234567", "[phone]"),
        ("call %2B491701234567 now", "call [phone] now"),
        ("+1 (415) 555-0100", "[phone]"),
        ("order 491701234567", "order 491701234567"),
        ("2026-01-31 12:00:00+01:00", "2026-01-31 12:00:00+01:00"),
        ("1+1", "1+1"),
    ],
)
def test_what_looks_like_an_address_is_masked(value: str, expected: str) -> None:
    assert masked({"sub1": value})[0] == {"sub1": expected}


def test_sub_ids_are_masked_on_every_way_in() -> None:
    stage = Stage()
    stage.request("GET", "/c/spring", query=WITH)
    stage.post("/touch", {"kind": "click", "user_id": "7", **WITH})
    stage.post("/touch", {"kind": "click", "user_id": "8", "subs": WITH})
    stage.postback(event="purchase", conversion_id="A", **WITH)
    rows = [*stage.rows("touch"), *stage.rows("conversion")]
    assert [row["subs"] for row in rows] == [WITHOUT] * 4
    assert all(MASKED in row["flags"] for row in rows)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("customer_phone", "0170 1234567", "[phone]"),
        ("Mobile", "491701234567", "[phone]"),
        ("tel", "0301234567", "[phone]"),
        ("hotel", "0301234567", "0301234567"),
        ("phone", "iPhone 15", "iPhone 15"),
        ("note", "jane@example.com, +491701234567", "[email], [phone]"),
        ("referee_email", "jane@example.com", "jane@example.com"),
    ],
)
def test_a_name_may_say_that_digits_are_a_phone_number(
    name: str, value: str, expected: str
) -> None:
    """What the referral webhook sends on is declared personal, and stays until it is erased."""
    assert masked({name: value})[0] == {name: expected}


def test_free_parameters_names_and_attributes_are_masked_on_every_way_in() -> None:
    stage = Stage()
    note = {"note": "jane@example.com", "reason": "asked by +49 170 1234567"}
    stage.postback(event="purchase", conversion_id="A", **note)
    event = {"event_name": "purchase", "timestamp": stage.now, "event_params": note}
    user = {"identifiers": {"uuid": "u1"}, "attributes": note, "events": [event]}
    stage.post("/users/upsert", {"users": [user]})
    stage.post("/touch", {"kind": "view", "user_id": "7", "name": "inbox of jane@example.com"})
    kept = [
        {name: value for name, value in row.items() if name != "envelope"}
        for row in stage.table.items()
    ]
    assert {row["kind"] for row in kept} >= {"touch", "conversion", "attributes"}
    assert "jane" not in repr(kept)
    assert "1234567" not in repr(kept)
    parameters: list[Any] = [row["parameters"] for row in kept if row["kind"] == "conversion"]
    assert {said["note"] for said in parameters} == {"[email]"}


@given(st.text(max_size=60))
def test_masking_twice_changes_nothing_more(value: str) -> None:
    once, _ = masked({"x": value})
    assert masked(once) == (once, ())
