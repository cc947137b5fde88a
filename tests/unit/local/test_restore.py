"""Rows of a restored table go back where they are missing, once; nothing that is there moves."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from local.restore import compare, put_back
from tests.memory_table import MemoryTable
from touchline.platform.dynamo import Item, Key

NOW = 1_767_225_600_000


def row(name: str, **more: Any) -> Item:
    return {"pk": f"shop#{name}", "sk": "C", **more}


def table(*rows: Item) -> MemoryTable:
    made = MemoryTable(page_items=2)
    made.batch_write(rows)
    return made


RESTORED = [
    row("kept", value=1),
    row("lost", value=2),
    row("damaged", value=3),
    row("over", expires_at=NOW // 1000),
    row("ends later", expires_at=NOW // 1000 + 1),
]


@pytest.fixture
def restored() -> MemoryTable:
    return table(*RESTORED)


@pytest.fixture
def present() -> MemoryTable:
    return table(row("kept", value=1), row("damaged", value=0), row("new since", value=9))


def values(present: MemoryTable) -> dict[str, object]:
    return {str(one["pk"]): one.get("value") for one in present.items()}


def test_every_row_is_judged_once(restored: MemoryTable, present: MemoryTable) -> None:
    counted = Counter(found for found, _ in compare(restored, present, NOW))
    assert counted == {"same": 1, "missing": 2, "different": 1, "expired": 1}


def test_what_is_missing_comes_back_and_nothing_else_moves(
    restored: MemoryTable, present: MemoryTable
) -> None:
    assert put_back(restored, present, NOW, replace=False) == 2
    assert values(present) == {
        "shop#kept": 1,
        "shop#lost": 2,
        "shop#damaged": 0,
        "shop#ends later": None,
        "shop#new since": 9,
    }


def test_replacing_is_for_those_who_ask(restored: MemoryTable, present: MemoryTable) -> None:
    assert put_back(restored, present, NOW, replace=True) == 3
    assert values(present)["shop#damaged"] == 3
    assert values(present)["shop#new since"] == 9


@pytest.mark.parametrize("replace", [False, True])
def test_a_second_run_does_nothing(
    restored: MemoryTable, present: MemoryTable, replace: bool
) -> None:
    put_back(restored, present, NOW, replace=replace)
    assert put_back(restored, present, NOW, replace=replace) == 0


def test_a_row_that_came_back_by_itself_meanwhile_is_left_as_it_is(restored: MemoryTable) -> None:
    class Busy(MemoryTable):
        """Somebody writes the row between the look and the put."""

        def batch_get(self, keys: Sequence[Key]) -> list[Item]:
            found = super().batch_get(keys)
            if Key("shop#lost", "C") in keys:
                self.put(row("lost", value="newer"))
            return found

    present = Busy()
    put_back(restored, present, NOW, replace=False)
    assert values(present)["shop#lost"] == "newer"
