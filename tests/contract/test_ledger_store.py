"""What the ledger keeps, over any table."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.factories import NOON, a_conversion, a_touch
from tests.memory_table import MemoryTable
from touchline.kernel.clock import DAY_MS, day_of
from touchline.kernel.errors import ConditionFailed, Conflict, StoreUnavailable
from touchline.kernel.ids import Realm, Receipt, id_factory
from touchline.ledger.conversion_rows import conversion_item
from touchline.ledger.identity import Identity
from touchline.ledger.model import (
    Conversion,
    Envelope,
    Link,
    Quarantined,
    Repeat,
    Tally,
    TallyStep,
)
from touchline.ledger.store import LedgerStore
from touchline.platform.dynamo import Table

SHOP = Realm("shop")
CRM = Identity("crm:7")
VISITOR = Identity("visitor:1")
TODAY = day_of(NOON)
ENVELOPE = Envelope("GET", "/postback", "a=1", {}, b"", NOON)
LINK = Link(CRM, VISITOR, NOON, "identify", Receipt("rcp_1"))


@pytest.fixture(params=["memory", "moto", "emulator_wire"])
def ledger(request: pytest.FixtureRequest) -> LedgerStore:
    table: Table = request.getfixturevalue(f"{request.param}_table")
    return LedgerStore(table)


@pytest.fixture(params=["memory", "emulator_wire"])
def busy(request: pytest.FixtureRequest) -> LedgerStore:
    """Where many may write at once (moto judges conditions without a lock)."""
    table: Table = request.getfixturevalue(f"{request.param}_table")
    return LedgerStore(table)


def a_repeat(receipt: str = "rcp_2", at: int = NOON) -> Repeat:
    return Repeat(a_conversion().key, Receipt(receipt), at, "d1", envelope=ENVELOPE)


def test_touches_and_links_of_an_identity_are_read_together(ledger: LedgerStore) -> None:
    touches = [a_touch(occurred_at=NOON + n) for n in (3, 1, 2)]
    assert ledger.put_touches(SHOP, touches) == [True, True, True]
    ledger.put_links(SHOP, [LINK])
    around = ledger.around(SHOP, CRM)
    assert [touch.occurred_at - NOON for touch in around.touches] == [1, 2, 3]
    assert [link.other for link in around.links] == [VISITOR]
    assert [link.other for link in ledger.around(SHOP, VISITOR).links] == [CRM]


def test_a_touch_is_stored_once(ledger: LedgerStore) -> None:
    assert ledger.put_touch(SHOP, a_touch())
    assert not ledger.put_touch(SHOP, a_touch())
    assert ledger.put_touches(SHOP, [a_touch(), a_touch(occurred_at=NOON)]) == [False, True]


def test_the_same_touch_twice_in_one_call_is_one(ledger: LedgerStore) -> None:
    assert ledger.put_touches(SHOP, [a_touch(), a_touch()]) == [True, False]


def test_the_first_touch_of_a_click_identity_is_the_click(ledger: LedgerStore) -> None:
    click = a_touch(identity=Identity("click:clk_1"))
    ledger.put_touch(SHOP, click)
    assert ledger.first_touch(SHOP, click.identity, NOON) == click
    assert ledger.first_touch(SHOP, Identity("click:other"), NOON) is None


def test_a_touch_whose_time_is_over_is_read_only_to_erase_it(ledger: LedgerStore) -> None:
    """I22: TTL deletes late."""
    click = a_touch(identity="click:c1", expires_at=NOON // 1000)
    ledger.put_touch(SHOP, click)
    assert ledger.first_touch(SHOP, click.identity, NOON - 1) == click
    assert ledger.first_touch(SHOP, click.identity, NOON) is None
    assert ledger.around(SHOP, click.identity, NOON - 1).touches == (click,)
    assert ledger.around(SHOP, click.identity, NOON).touches == ()
    assert ledger.around(SHOP, click.identity).touches == (click,)


def test_a_link_made_again_does_not_count_as_a_change(ledger: LedgerStore) -> None:
    ledger.put_links(SHOP, [LINK])
    ledger.put_links(SHOP, [replace(LINK, at=NOON + DAY_MS)])
    assert [link.at for link in ledger.links_changed_on(SHOP, TODAY)] == [NOON]
    assert list(ledger.links_changed_on(SHOP, day_of(NOON + DAY_MS))) == []


def test_an_undone_link_is_a_change_of_the_day_and_stays_undone(ledger: LedgerStore) -> None:
    ledger.put_links(SHOP, [LINK])
    tomorrow = NOON + DAY_MS
    assert ledger.undo_link(SHOP, VISITOR, CRM, tomorrow)
    assert not ledger.undo_link(SHOP, VISITOR, CRM, tomorrow)
    ledger.put_links(SHOP, [LINK])
    for end in (CRM, VISITOR):
        assert [link.undone_at for link in ledger.around(SHOP, end).links] == [tomorrow]
    assert [link.undone_at for link in ledger.links_changed_on(SHOP, day_of(tomorrow))] == [
        tomorrow
    ]


def test_a_conversion_is_stored_once(ledger: LedgerStore) -> None:
    first = a_conversion()
    assert ledger.add_conversion(first) is None
    assert ledger.add_conversion(a_conversion(attempt="att_2")) == first


def test_of_many_at_once_one_is_stored(busy: LedgerStore) -> None:
    """IN-03, I10: the conditional write is the only authority."""
    with ThreadPoolExecutor(16) as pool:
        outcomes = list(
            pool.map(lambda n: busy.add_conversion(a_conversion(attempt=f"att_{n}")), range(50))
        )
    assert outcomes.count(None) == 1


def test_a_write_whose_answer_was_lost_is_known_as_ones_own() -> None:
    """IN-04, I2: the attempt token tells a lost answer from a duplicate."""
    table = MemoryTable()
    ledger = LedgerStore(table)
    table.fail("put", StoreUnavailable, applied=True)
    with pytest.raises(StoreUnavailable):
        ledger.add_conversion(a_conversion())
    assert ledger.add_conversion(a_conversion()) is None


def test_claims_of_partners_to_one_order_lie_together(ledger: LedgerStore) -> None:
    for scope in ("", "acme", "beta"):
        ledger.add_conversion(a_conversion(scope=scope))
    key = a_conversion().key
    assert [claim.key.scope for claim in ledger.claims(SHOP, key.event, key.id)] == [
        "",
        "acme",
        "beta",
    ]


def test_a_change_keeps_the_repeat_that_caused_it(ledger: LedgerStore) -> None:
    first = a_conversion()
    ledger.add_conversion(first)
    news = replace(first, value_micros=5, version=2, attempt="att_2")
    ledger.replace_conversion(news, 1, a_repeat())
    assert ledger.conversion(SHOP, first.key) == news
    assert ledger.repeats(SHOP, first.key) == [a_repeat()]


@pytest.mark.parametrize("repeat", [None, a_repeat()])
def test_a_change_of_what_changed_meanwhile_is_refused(
    ledger: LedgerStore, repeat: Repeat | None
) -> None:
    first = a_conversion()
    ledger.add_conversion(first)
    ledger.replace_conversion(replace(first, version=2, attempt="att_2"), 1, repeat)
    with pytest.raises(Conflict, match="stale_version"):
        ledger.replace_conversion(replace(first, version=2, attempt="att_3"), 1, repeat)


def test_a_change_whose_answer_was_lost_is_known_as_ones_own(ledger: LedgerStore) -> None:
    first = a_conversion()
    ledger.add_conversion(first)
    news = replace(first, version=2, attempt="att_2")
    ledger.replace_conversion(news, 1)
    ledger.replace_conversion(news, 1)
    assert ledger.conversion(SHOP, first.key) == news


def test_what_changed_on_a_day_is_found_once(ledger: LedgerStore) -> None:
    for n in range(20):
        ledger.add_conversion(a_conversion(id=f"A-{n}"))
    ledger.add_conversion(a_conversion(id="later", changed_at=NOON + DAY_MS))
    ledger.add_repeat(SHOP, a_repeat())
    ledger.add_repeat(SHOP, a_repeat())
    changed = list(ledger.changed_on(SHOP, TODAY))
    assert sum(isinstance(row, Conversion) for row in changed) == 20
    assert [row for row in changed if isinstance(row, Repeat)] == [a_repeat()]


def test_conversions_of_a_person_come_in_order_of_time(ledger: LedgerStore) -> None:
    for n in (2, 1, 3):
        ledger.add_conversion(a_conversion(id=f"A-{n}", occurred_at=NOON + n))
    found = ledger.conversions_of(SHOP, CRM)
    assert [conversion.key.id for conversion in found] == ["A-1", "A-2", "A-3"]


def test_realms_do_not_see_one_another(ledger: LedgerStore) -> None:
    ledger.put_touch(SHOP, a_touch())
    ledger.add_conversion(a_conversion())
    other = Realm("shop~test")
    assert ledger.around(other, CRM).touches == ()
    assert ledger.conversion(other, a_conversion().key) is None
    assert list(ledger.changed_on(other, TODAY)) == []
    assert list(ledger.conversions_of(other, CRM)) == []


STEP = TallyStep("cap", 5, count_most=2)


def test_a_tally_steps_with_its_conversion_up_to_its_bound(ledger: LedgerStore) -> None:
    for n in range(2):
        assert ledger.add_conversion(a_conversion(id=f"A-{n}"), [STEP]) is None
    with pytest.raises(Conflict, match="tally_moved"):
        ledger.add_conversion(a_conversion(id="A-9"), [STEP])
    assert ledger.tallies(SHOP, ["cap", "other"]) == [Tally("cap", 2, 10), Tally("other")]
    assert ledger.conversion(SHOP, a_conversion(id="A-9").key) is None


def test_a_conversion_that_is_there_steps_no_tally(ledger: LedgerStore) -> None:
    ledger.add_conversion(a_conversion())
    assert ledger.add_conversion(a_conversion(attempt="att_2"), [STEP]) == a_conversion()
    assert ledger.tallies(SHOP, ["cap"]) == [Tally("cap")]


@pytest.mark.parametrize(("seen", "moved"), [(0, True), (1, False), (2, True)])
def test_a_step_that_must_be_the_next_is_only_that(
    ledger: LedgerStore, seen: int, moved: bool
) -> None:
    ledger.add_conversion(a_conversion(id="A"), [TallyStep("tier", 0, seen=0)])
    step = TallyStep("tier", 0, seen=seen)
    if moved:
        with pytest.raises(Conflict, match="tally_moved"):
            ledger.add_conversion(a_conversion(id="B"), [step])
    else:
        assert ledger.add_conversion(a_conversion(id="B"), [step]) is None


def test_a_change_steps_its_tallies_or_is_not_made(ledger: LedgerStore) -> None:
    first = a_conversion(tallies=("cap",))
    ledger.add_conversion(first, [STEP])
    back = replace(first, version=2, attempt="att_2", tallies=())
    ledger.replace_conversion(back, 1, steps=[TallyStep("cap", -5, count=-1)])
    assert ledger.tallies(SHOP, ["cap"]) == [Tally("cap", 0, 0)]
    ledger.replace_conversion(back, 1, steps=[TallyStep("cap", -5, count=-1)])  # answer was lost
    assert ledger.tallies(SHOP, ["cap"]) == [Tally("cap", 0, 0)]
    again = replace(back, version=3, attempt="att_3", tallies=("cap",))
    with pytest.raises(Conflict, match="tally_moved"):
        ledger.replace_conversion(again, 2, steps=[TallyStep("cap", 5, seen=1)])
    assert ledger.conversion(SHOP, first.key) == back
    ledger.replace_conversion(again, 2, steps=[TallyStep("cap", 5, seen=0)])
    assert ledger.conversion(SHOP, first.key) == again


def test_early_refunds_wait_beside_the_conversion_that_they_name(ledger: LedgerStore) -> None:
    key, other = a_conversion().key, a_conversion(scope="acme").key
    assert ledger.early_refunds(SHOP, [key]) == {}
    ledger.note_refund(SHOP, key, "rcp_1")
    ledger.note_refund(SHOP, key, "rcp_2")
    assert ledger.early_refunds(SHOP, [other, key]) == {key: ("rcp_1", "rcp_2")}
    ledger.forget_refunds(SHOP, key, ("rcp_1",))
    assert ledger.early_refunds(SHOP, [key]) == {key: ("rcp_1", "rcp_2")}
    ledger.forget_refunds(SHOP, key, ("rcp_1", "rcp_2"))
    assert ledger.early_refunds(SHOP, [key]) == {}


def test_a_crowd_never_steps_over_a_bound(busy: LedgerStore) -> None:
    def attempt(n: int) -> bool:
        try:
            return busy.add_conversion(a_conversion(id=f"A-{n}"), [STEP]) is None
        except (Conflict, StoreUnavailable):
            return False

    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(attempt, range(16))).count(True)
    assert 1 <= stored <= busy.tallies(SHOP, ["cap"])[0].count <= 2


def test_words_that_nobody_explained_are_remembered_until_somebody_does(
    ledger: LedgerStore,
) -> None:
    key = a_conversion(scope="acme").key
    ledger.note_word(SHOP, "acme", "vip", key)
    ledger.note_word(SHOP, "acme", "vip", key)
    assert list(ledger.unexplained(SHOP, "acme")) == [("vip", key)]
    ledger.explained(SHOP, "acme", "vip", key)
    assert list(ledger.unexplained(SHOP, "acme")) == []


def test_attributes_of_a_person_are_set_one_by_one(ledger: LedgerStore) -> None:
    ledger.put_attributes(SHOP, CRM, {"city": "Gdynia", "a.b": "1"}, NOON)
    ledger.put_attributes(SHOP, CRM, {"city": "Sopot"}, NOON + 1)
    assert ledger.attributes(SHOP, CRM) == {"city": "Sopot", "a.b": "1"}
    assert ledger.around(SHOP, CRM).touches == ()
    assert ledger.attributes(SHOP, VISITOR) == {}


def test_what_changed_in_a_span_is_found_over_midnight(ledger: LedgerStore) -> None:
    midnight = NOON + DAY_MS // 2
    for n in (-2, -1, 0, 1, 2):
        ledger.add_conversion(a_conversion(id=f"A{n}", changed_at=midnight + n))
    changed = ledger.changed_between(SHOP, midnight - 1, midnight + 1)
    assert sorted(row.key.id for row in changed) == ["A-1", "A0", "A1"]


def a_quarantined(clock: Callable[[], int] = lambda: NOON) -> Quarantined:
    return Quarantined(
        realm=SHOP,
        receipt=Receipt(id_factory(clock, lambda bits: bits)("rcp")),
        day=TODAY,
        reason="malformed_json",
        detail="",
        partner=None,
        scope="",
        route="/postback",
        envelope=ENVELOPE,
    )


def test_a_quarantined_request_is_found_by_its_receipt_alone(ledger: LedgerStore) -> None:
    quarantined = a_quarantined()
    ledger.quarantine(quarantined)
    ledger.quarantine(quarantined)
    assert ledger.find_quarantined(SHOP, quarantined.receipt) == quarantined
    assert list(ledger.quarantined(SHOP, TODAY)) == [quarantined]


@pytest.mark.parametrize(
    "receipt", ["", "rcp_", "rcp_zzzzzzzzzzzzzz", "nonsense", "rcp_ééééééééééé"]
)
def test_a_receipt_that_is_none_finds_nothing(ledger: LedgerStore, receipt: str) -> None:
    assert ledger.find_quarantined(SHOP, Receipt(receipt)) is None


def test_a_request_received_just_over_midnight_is_found(ledger: LedgerStore) -> None:
    before_midnight = a_quarantined(lambda: NOON - DAY_MS)
    ledger.quarantine(before_midnight)
    assert ledger.find_quarantined(SHOP, before_midnight.receipt) == before_midnight


def test_a_quarantined_request_is_replayed_once(ledger: LedgerStore) -> None:
    """IN-13: fixed and replayed once."""
    quarantined = a_quarantined()
    ledger.quarantine(quarantined)
    closed = ledger.close_quarantined(quarantined, "replayed", Receipt("rcp_2"))
    assert ledger.find_quarantined(SHOP, quarantined.receipt) == closed
    for seen in (quarantined, closed):
        with pytest.raises(Conflict, match="not_open"):
            ledger.close_quarantined(seen, "replayed", Receipt("rcp_3"))


def test_a_conflict_found_without_its_row_is_read_again() -> None:
    class Forgetful(MemoryTable):
        def put(self, *args: object, **named: object) -> None:
            try:
                super().put(*args, **named)  # type: ignore[arg-type]
            except ConditionFailed:
                raise ConditionFailed from None

    table = Forgetful()
    table.put(conversion_item(a_conversion()))
    assert LedgerStore(table).add_conversion(a_conversion(attempt="att_2")) == a_conversion()
