"""Identities are normalised as the ad platforms do, and placeholders never join strangers."""

import contextlib
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchline.kernel.errors import Refused
from touchline.ledger.identity import BLOCKED_VALUES, domain_of, identity, of_email, of_phone, parse


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_an_email_is_hashed_by_googles_rule_and_by_metas() -> None:
    google, meta = of_email("  Jane.Doe+news@Gmail.com ")
    assert google == "email_google:" + sha("janedoe@gmail.com")
    assert meta == "email_meta:" + sha("jane.doe+news@gmail.com")


def test_dots_count_outside_of_gmail() -> None:
    google, meta = of_email("jane.doe@example.com")
    assert google.partition(":")[2] == meta.partition(":")[2] == sha("jane.doe@example.com")


def test_a_hash_made_by_the_sender_is_taken_under_both_rules() -> None:
    assert [domain_of(one) for one in of_email(sha("x").upper())] == ["email_google", "email_meta"]


@pytest.mark.parametrize("text", ["", "jane", "jane@", "@x.de", "a b@x.de", "a@b", "x" * 255])
def test_what_is_no_email_is_refused_by_name(text: str) -> None:
    with pytest.raises(Refused) as caught:
        of_email(text)
    assert caught.value.code == "bad_email"


def test_a_phone_is_hashed_with_and_without_its_plus() -> None:
    assert of_phone("+49 (30) 123-456.7") == (
        "phone:" + sha("49301234567"),
        "phone:" + sha("+49301234567"),
    )
    assert of_phone("0049301234567") == of_phone("49301234567")
    assert of_phone(sha("x")) == ("phone:" + sha("x"),)


@pytest.mark.parametrize("text", ["", "123", "call me", "1" * 16, "+٤٩٣٠١٢٣٤٥٦٧"])
def test_what_is_no_phone_is_refused_by_name(text: str) -> None:
    with pytest.raises(Refused) as caught:
        of_phone(text)
    assert caught.value.code == "bad_phone"


@pytest.mark.parametrize("value", sorted(BLOCKED_VALUES))
def test_a_placeholder_never_becomes_an_identity(value: str) -> None:
    with pytest.raises(Refused) as caught:
        identity("crm", f" {value.upper()} ")
    assert caught.value.code == "blocked_identity"


@pytest.mark.parametrize("text", ["nocolon", ":x", "Ü:x", "crm:a\nb", "crm:" + "x" * 257, "a b:x"])
def test_what_is_no_identity_is_refused_by_name(text: str) -> None:
    with pytest.raises(Refused) as caught:
        parse(text)
    assert caught.value.code == "bad_identity"


def test_the_value_keeps_its_case_and_its_colons() -> None:
    assert parse("CRM:Ab:c") == "crm:Ab:c"


@given(st.text())
def test_any_text_is_an_identity_or_is_refused(text: str) -> None:
    with contextlib.suppress(Refused):
        known = parse(text)
        assert parse(known) == known
