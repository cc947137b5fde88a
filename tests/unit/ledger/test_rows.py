"""What is written down reads back as it was."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOON, a_conversion, a_touch
from touchline.kernel.ids import PartnerId, Realm, Receipt, TouchId
from touchline.ledger.conversion_rows import (
    conversion_item,
    conversion_of,
    repeat_item,
    repeat_of,
)
from touchline.ledger.identity import Identity
from touchline.ledger.model import Entry, Envelope, Link, Quarantined, Repeat, Revision, Status
from touchline.ledger.rows import (
    link_items,
    link_of,
    quarantine_item,
    quarantined_of,
    touch_item,
    touch_of,
)

SHOP = Realm("shop")
ENVELOPE = Envelope(
    method="POST",
    path="/postback",
    raw_query="a=%ff",
    headers={"content-type": "text/plain"},
    body=b"\x00\xff\xfe",
    received_at=NOON,
    source_ip="192.0.2.1",
)


def test_a_touch_reads_back_as_it_was() -> None:
    touch = a_touch(
        identity=Identity("we#ird%23:a#b"),
        id=TouchId("own#id"),
        partner="acme",
        campaign="spring",
        subs={"sub1": "x"},
        flags=("bot",),
        expires_at=5,
        listed=True,
    )
    assert touch_of(touch_item(SHOP, touch)) == touch
    assert "person" not in touch_item(SHOP, replace(touch, listed=False))


def test_a_plain_touch_is_well_under_one_write_unit() -> None:
    item = touch_item(SHOP, a_touch(user_agent="x" * 200, subs={"sub1": "y" * 64}))
    assert len(repr(item)) < 1024


def test_a_link_lies_at_both_ends_and_is_indexed_once() -> None:
    link = Link(Identity("crm:7"), Identity("visitor:1"), NOON, "postback", Receipt("rcp_1"))
    first, second = link_items(SHOP, link)
    assert link_of(first) == replace(link, changed_at=NOON)
    assert link_of(second) == replace(link, one=link.other, other=link.one, changed_at=NOON)
    assert "batch" in first
    assert "batch" not in second


def test_a_link_makes_the_same_rows_from_either_end() -> None:
    link = Link(Identity("crm:7"), Identity("visitor:1"), NOON, "postback", Receipt("rcp_1"))
    assert link_items(SHOP, link) == link_items(SHOP, replace(link, one=link.other, other=link.one))


def test_a_conversion_reads_back_with_all_that_happened_to_it() -> None:
    conversion = a_conversion(
        scope="acme",
        status=Status.HOLD,
        status_word="WAITING",
        payout_micros=-5,
        payout_currency="USD",
        click_ref="r",
        clicked_at=NOON - 5,
        partner="acme",
        entries=(Entry("ref_1", "refund", -1, -2, "returned", NOON, Receipt("rcp_2")),),
        history=(Revision(NOON, Receipt("rcp_2"), "status", {"status": "pending", "n": None}),),
        envelope=ENVELOPE,
        flags=("late",),
        version=3,
    )
    assert conversion_of(conversion_item(conversion)) == conversion


def test_a_conversion_without_identity_is_in_no_index_of_persons() -> None:
    assert "person" not in conversion_item(a_conversion(identities=()))


def test_a_repeat_reads_back_as_it_was() -> None:
    repeat = Repeat(
        key=a_conversion(scope="acme").key,
        receipt=Receipt("rcp_9"),
        at=NOON,
        digest="d2",
        conflict=True,
        first_digest="d1",
        envelope=ENVELOPE,
    )
    assert repeat_of(repeat_item(SHOP, repeat)) == repeat


def test_a_quarantined_request_reads_back_as_it_was() -> None:
    quarantined = Quarantined(
        realm=SHOP,
        receipt=Receipt("rcp_9"),
        day="2026-01-01",
        reason="malformed_json",
        detail="at 7",
        partner=PartnerId("acme"),
        scope="acme",
        route="/postback",
        envelope=ENVELOPE,
    )
    assert quarantined_of(quarantine_item(quarantined)) == quarantined


@given(body=st.binary(), query=st.text())
def test_bytes_in_are_bytes_stored(body: bytes, query: str) -> None:
    """IN-12: whatever came is kept byte for byte."""
    envelope = replace(ENVELOPE, body=body, raw_query=query)
    kept = conversion_of(conversion_item(a_conversion(envelope=envelope))).envelope
    assert kept == envelope
