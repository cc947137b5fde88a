"""B2, BA-02, B11: a night that dies at any of its calls is resumed to the same bytes."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.memory_table import MemoryTable
from tests.night_world import SHOP, World, a_full_world, tomorrow
from touchline.attribution.night.store import LEASE_SECONDS, NightStore
from touchline.kernel.clock import SECOND_MS
from touchline.platform.dynamo import Item


class Killed(Exception):
    """The process ended here."""


class MortalTable(MemoryTable):
    """Dies at its n-th call, before the work or (`late`) just after it."""

    def __init__(self) -> None:
        super().__init__(page_items=2)
        self.dies_at = 0
        self.late = False
        self._count = 0

    def _call(self, operation: str, work: Callable[[], Any]) -> Any:
        self._count += 1
        if self._count != self.dies_at:
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
    begun = a_full_world()
    calm = World(
        ledger_table=copied(begun.ledger_table, MemoryTable(page_items=2)),
        results=copied(begun.results, MemoryTable(page_items=2)),
    )
    calm.night(tomorrow())
    died, dies_at = True, 0
    while died:
        dies_at += 1
        tables = {
            name: copied(
                getattr(begun, name), MortalTable() if name == which else MemoryTable(page_items=2)
            )
            for name in ("results", "ledger_table")
        }
        mortal = tables[which]
        assert isinstance(mortal, MortalTable)
        mortal.dies_at, mortal.late = dies_at, late
        world = World(results=tables["results"], ledger_table=tables["ledger_table"])
        try:
            world.night(tomorrow())
            died = False
        except Killed:
            assert_readers_see_whole_days(world)
            world.now += (LEASE_SECONDS + 1) * SECOND_MS
            assert world.night(tomorrow())["status"] == "published"
        assert without_lease(world.written()) == without_lease(calm.written()), dies_at
    assert dies_at > 20


def without_lease(items: list[Item]) -> list[Item]:
    """The rows, but for a lease whose giving back was what the death prevented."""
    return [{k: v for k, v in item.items() if k not in {"owner", "until"}} for item in items]


def assert_readers_see_whole_days(world: World) -> None:
    """B11: whatever version a day points to, its credit is that of its conversions, exactly."""
    nights = NightStore(world.results, lambda: world.now)
    for pointer in nights.pointers(SHOP, "2000-01-01", "2100-01-01"):
        rows = list(nights.version(SHOP, pointer.day, pointer.version, ""))
        assert any(row["sk"] == "facts" for row in rows)
        assert any(str(row["sk"]).startswith("credit#channel#linear") for row in rows) or (
            pointer.day == tomorrow()
        )
