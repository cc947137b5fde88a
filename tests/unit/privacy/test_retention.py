"""Raw requests are kept as long as the account says, and not longer."""

from dataclasses import replace

from tests.factories import NOON, a_conversion
from tests.memory_table import MemoryTable
from touchline.kernel.clock import DAY_MS, day_of
from touchline.kernel.ids import AccountId, Receipt
from touchline.ledger.model import Envelope, Quarantined, Repeat
from touchline.ledger.store import LedgerStore
from touchline.privacy.retention import MOST_DAYS, Retention

SHOP = AccountId("shop")
A_REQUEST = Envelope("POST", "/event", "", {}, b"canary", NOON)
CONVERSION = a_conversion(envelope=A_REQUEST)


class Kept:
    """A ledger with one request of each kind at noon, and an account that keeps 10 days."""

    def __init__(self) -> None:
        self.table = MemoryTable()
        self.ledger = LedgerStore(self.table)
        self.now = NOON
        self.ledger.add_conversion(CONVERSION)
        repeat = Repeat(CONVERSION.key, Receipt("rcp_r"), NOON, "d", envelope=A_REQUEST)
        self.ledger.add_repeat(CONVERSION.realm, repeat)
        self.ledger.quarantine(
            Quarantined(
                CONVERSION.realm,
                Receipt("rcp_q"),
                day_of(NOON),
                "bad_value",
                "",
                None,
                "",
                "/event",
                A_REQUEST,
            )
        )

    def sweep(self, day: int) -> int:
        """So many days after noon; how many rows were emptied or deleted."""
        self.now = NOON + day * DAY_MS
        kept = [(SHOP, 10 * 86_400)]
        swept = Retention(self.table, lambda: kept, lambda: self.now).sweep()
        return swept.emptied + swept.deleted

    def holds(self) -> int:
        return repr(self.table.items()).count("canary")


def test_a_request_is_there_until_its_whole_day_is_over() -> None:
    """SE-09."""
    kept = Kept()
    assert kept.sweep(10) == 0
    assert kept.holds() == 3


def test_then_its_bytes_go_and_what_was_made_of_it_stays() -> None:
    """SE-09."""
    kept = Kept()
    assert kept.sweep(11) == 3
    assert kept.holds() == 0
    left = kept.ledger.conversion(CONVERSION.realm, CONVERSION.key)
    assert left == replace(CONVERSION, envelope=None)
    assert len(kept.ledger.repeats(CONVERSION.realm, CONVERSION.key)) == 1


def test_a_day_is_worked_off_once_and_none_is_left_out() -> None:
    kept = Kept()
    assert kept.sweep(5) == 0
    assert [kept.sweep(20) for _ in range(5)] == [0, 3, 0, 0, 0]


def test_one_sweep_works_off_a_few_days_only() -> None:
    kept = Kept()
    kept.sweep(5)
    kept.sweep(300)
    (known, *_) = [item for item in kept.table.items() if item["sk"] == "retention"]
    assert known["day"] == day_of(NOON + (5 - 10 - 1 + MOST_DAYS) * DAY_MS)


def test_a_conversion_that_changed_since_is_kept_from_then_on() -> None:
    kept = Kept()
    changed = replace(CONVERSION, version=2, changed_at=NOON + 3 * DAY_MS)
    kept.ledger.replace_conversion(changed, 1)
    kept.sweep(11)
    assert kept.ledger.conversion(CONVERSION.realm, CONVERSION.key) == changed
