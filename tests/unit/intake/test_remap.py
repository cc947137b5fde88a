"""A status word that is explained later moves what is stored; links that a crash left are made."""

from dataclasses import replace

import pytest

from tests.factories import NOON
from tests.handlers.ingest_stage import Stage
from tests.intake_factories import a_registry
from touchline.intake.heal import Healed, Healer
from touchline.intake.remap import remap
from touchline.kernel.ids import AccountId, PartnerId, Realm, Receipt
from touchline.ledger.identity import Identity
from touchline.ledger.model import Status
from touchline.platform.dynamo import Key
from touchline.registry.model import Partner

SHOP = Realm("shop")
ACME = Partner(PartnerId("acme"))


@pytest.fixture
def stage() -> Stage:
    return Stage(a_registry(partners={ACME.id: ACME}))


def explain(stage: Stage, **words: str) -> int:
    stage.now += 1
    explained = replace(ACME, status_map=words)
    receipt = Receipt(f"rcp_{stage.now}")
    return remap(stage.ledger, a_registry(), SHOP, explained, receipt, stage.now)


def heal(stage: Stage) -> Healed:
    registrar = stage.registrar
    return Healer(
        stage.ledger, registrar.registry, lambda: [AccountId("shop")], stage.clock
    ).sweep()


def send(stage: Stage, order: str, status: str) -> None:
    stage.now += 1
    stage.postback("acme", event="purchase", conversion_id=order, value="10", status=status)


def test_a_word_is_kept_until_somebody_explains_it(stage: Stage) -> None:
    send(stage, "A", "VIP")
    assert explain(stage, other="approved") == 0
    stored = stage.conversion("A", scope="acme")
    assert (stored.status, stored.status_word) == (Status.PENDING, "VIP")


@pytest.mark.parametrize("meaning", ["approved", "rejected", "hold", "pending"])
def test_an_explained_word_moves_the_conversions_that_bear_it(stage: Stage, meaning: str) -> None:
    for order in "AB":
        send(stage, order, "VIP")
    assert explain(stage, vip=meaning) == 2
    stored = stage.conversion("A", scope="acme")
    assert (stored.status, stored.status_word) == (Status(meaning), "")
    assert "unknown_status" not in stored.flags
    assert stored.history[-1].cause == "status_map"
    assert explain(stage, vip=meaning) == 0


def test_a_word_that_means_refunded_takes_the_money_back(stage: Stage) -> None:
    send(stage, "A", "gone")
    assert explain(stage, gone="refunded") == 1
    stored = stage.conversion("A", scope="acme")
    assert (stored.status, stored.net_value_micros) == (Status.APPROVED, 0)


def test_a_word_that_was_settled_meanwhile_moves_nothing(stage: Stage) -> None:
    send(stage, "A", "vip")
    send(stage, "A", "approved")
    assert explain(stage, vip="rejected") == 0
    assert stage.conversion("A", scope="acme").status is Status.APPROVED


def test_links_that_a_crash_left_out_are_made(stage: Stage) -> None:
    """IN-02, I8, BA-07: and the conversion itself is told by the table's stream."""
    stage.postback(event="purchase", conversion_id="A", user_id="7", visitor="v1")
    for row in stage.rows("link"):
        stage.table.delete(Key(row["pk"], row["sk"]))
    stage.now = NOON + 4 * 60_000
    assert heal(stage) == Healed(), "not in this minute"
    stage.now = NOON + 5 * 60_000
    assert heal(stage) == Healed(links=1)
    (link,) = stage.ledger.around(SHOP, Identity("visitor:v1")).links
    assert link.other == Identity("user:7")
    assert heal(stage) == Healed()


def test_half_a_link_is_made_whole(stage: Stage) -> None:
    stage.postback(event="purchase", conversion_id="A", user_id="7", visitor="v1")
    row = stage.rows("link")[0]
    stage.table.delete(Key(row["pk"], row["sk"]))
    stage.now = NOON + 5 * 60_000
    assert heal(stage) == Healed(links=1)
    assert len(stage.rows("link")) == 2


def test_an_undone_link_is_not_made_again(stage: Stage) -> None:
    stage.postback(event="purchase", conversion_id="A", user_id="7", visitor="v1")
    stage.ledger.undo_link(SHOP, Identity("user:7"), Identity("visitor:v1"), stage.now)
    stage.now = NOON + 5 * 60_000
    assert heal(stage) == Healed()


def a_minute_later(stage: Stage) -> Healed:
    stage.now = NOON + 5 * 60_000
    return heal(stage)


def test_a_refund_that_overtook_its_sale_is_taken_up_when_the_sale_has_come(stage: Stage) -> None:
    send(stage, "A", "refunded")
    assert a_minute_later(stage) == Healed()
    stage.now = NOON + 10_000
    send(stage, "A", "approved")
    assert a_minute_later(stage) == Healed(refunds=1)
    assert stage.conversion("A", scope="acme").net_value_micros == 0
    assert [row["state"] for row in stage.rows("quarantine")] == ["replayed"]
    assert stage.rows("early_refunds") == []
    assert a_minute_later(stage) == Healed()


def test_a_refund_that_was_sent_again_meanwhile_takes_back_once(stage: Stage) -> None:
    send(stage, "A", "refunded")
    send(stage, "A", "approved")
    send(stage, "A", "refunded")
    a_minute_later(stage)
    assert len(stage.conversion("A", scope="acme").entries) == 1


def test_an_early_refund_of_more_than_the_sale_is_kept_beside_it(stage: Stage) -> None:
    said = {"event": "purchase", "conversion_id": "A", "value": "10"}
    stage.postback("acme", **said, status="refunded", refund_value="11")
    stage.postback("acme", **said)
    assert a_minute_later(stage) == Healed(refunds=1)
    assert stage.conversion("A", scope="acme").entries == ()
    assert [row["conflict"] for row in stage.rows("repeat")] == [True]


def test_a_refund_of_another_sender_waits_for_its_own_sale(stage: Stage) -> None:
    send(stage, "A", "refunded")
    stage.postback(event="purchase", conversion_id="A", value="10")
    assert a_minute_later(stage) == Healed()
    assert len(stage.rows("early_refunds")) == 1
