"""B2, BA-02, B11: a night that dies at any of its calls is resumed to the same bytes."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import NOON, a_conversion, a_touch
from tests.memory_table import MemoryTable
from tests.night_world import SHOP, World, a_full_world, a_registry, tomorrow
from touchline.attribution.night.rollups import cells_in, paths_in
from touchline.attribution.night.store import LEASE_SECONDS, NightStore
from touchline.kernel.clock import DAY_MS, SECOND_MS
from touchline.ledger.decisions import WHOLE
from touchline.platform.dynamo import Item
from touchline.registry.attribution_rules import AttributionRules


class Killed(Exception):
    """The process ended here."""


WRITES = frozenset({"put", "update", "delete", "batch_write"})


class MortalTable(MemoryTable):
    """Dies at its n-th call, before the work or (`late`) just after it; `counted` names the
    operations that count, all when it is empty."""

    def __init__(self) -> None:
        super().__init__(page_items=4)
        self.dies_at = 0
        self.late = False
        self.counted: frozenset[str] = frozenset()
        self._count = 0

    def _call(self, operation: str, work: Callable[[], Any]) -> Any:
        self._count += not self.counted or operation in self.counted
        if self._count != self.dies_at or (self.counted and operation not in self.counted):
            return super()._call(operation, work)
        if self.late:
            super()._call(operation, work)
        raise Killed


def copied(table: MemoryTable, into: MemoryTable) -> MemoryTable:
    """The rows of one table in another one."""
    for key, row in table._rows.items():
        into._keep(key, row)
    return into


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("which", ["results", "ledger_table"])
def test_b2_ba_02_b11_killed_at_any_call_it_resumes_to_the_same_bytes(
    which: str, late: bool
) -> None:
    assert killed_at_every_call(a_full_world(), tomorrow(), which, late) > 20


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("which", ["results", "ledger_table"])
def test_b2_ba_02_b11_killed_while_it_scans_joins_and_refits_it_resumes_to_the_same_bytes(
    which: str, late: bool
) -> None:
    """A late conversion restates a day and refits the next; nothing of the run is left over.

    Who dies while reading the results leaves what the write before left: only writes are counted.
    """
    registry = a_registry(rules=AttributionRules(data_driven_models=("markov_1",)))
    begun = a_full_world(registry=registry)
    next_day, day_after = NOON + DAY_MS, NOON + 2 * DAY_MS
    begun.happened(
        a_touch(id="tch_l", identity="visitor:v9", channel="social"),
        a_conversion(id="A-8", occurred_at=next_day, received_at=next_day, changed_at=next_day),
    )
    begun.night(tomorrow())
    begun.happened(a_conversion(id="A-9", received_at=day_after, changed_at=day_after))
    counted = WRITES if which == "results" else frozenset()
    assert killed_at_every_call(begun, tomorrow(2), which, late, counted) > 15


def killed_at_every_call(
    begun: World, day: str, which: str, late: bool, counted: frozenset[str] = frozenset()
) -> int:
    """Kill the night of a day at its n-th call of a table, for every n, and go on: the calls."""
    calm = World(
        registry=begun.registry,
        ledger_table=copied(begun.ledger_table, MemoryTable(page_items=4)),
        results=copied(begun.results, MemoryTable(page_items=4)),
    )
    calm.night(day)
    expected = without_lease(calm.written())
    assert not [row for row in expected if row["kind"] in {"progress", "extract", "joined"}]
    died, dies_at = True, 0
    while died:
        dies_at += 1
        tables = {
            name: copied(
                getattr(begun, name), MortalTable() if name == which else MemoryTable(page_items=4)
            )
            for name in ("results", "ledger_table")
        }
        mortal = tables[which]
        assert isinstance(mortal, MortalTable)
        mortal.dies_at, mortal.late, mortal.counted = dies_at, late, counted
        world = World(
            registry=begun.registry,
            results=tables["results"],
            ledger_table=tables["ledger_table"],
        )
        try:
            world.night(day)
            died = False
        except Killed:
            assert_readers_see_whole_days(world)
            world.now += (LEASE_SECONDS + 1) * SECOND_MS
            assert world.night(day)["status"] == "published"
        assert without_lease(world.written()) == expected, dies_at
    return dies_at


def without_lease(items: list[Item]) -> list[Item]:
    """The rows, but for a lease whose giving back was what the death prevented."""
    return [{k: v for k, v in item.items() if k not in {"owner", "until"}} for item in items]


def assert_readers_see_whole_days(world: World) -> None:
    """B11: whatever version a day points to, its credit is that of its conversions, exactly."""
    nights = NightStore(world.results, lambda: world.now)
    for pointer in nights.pointers(SHOP, "2000-01-01", "2100-01-01"):
        rows = list(nights.version(SHOP, pointer.day, pointer.version, ""))
        assert any(row["sk"] == "facts" for row in rows)
        paths = [one for row in rows if str(row["sk"])[:6] == "paths#" for one in paths_in(row)]
        bought = sum(one.conversions for one in paths)
        for model in ("linear", *(["markov_1"] if pointer.fitted else [])):
            prefix = f"credit#channel#{model}#"
            credit = [row for row in rows if str(row["sk"]).startswith(prefix)]
            given = sum(cell.share_ppb for row in credit for cell in cells_in(row))
            assert given == bought * WHOLE
