"""Runs of nights, newest first, each with what it restated and why."""

from collections.abc import Iterator
from typing import Any, Protocol

from touchline.kernel.ids import Realm
from touchline.reporting.ask import Ask


class Records(Protocol):
    """Where the records of runs are kept."""

    def records(self, realm: Realm, first: str, last: str) -> Iterator[dict[str, Any]]:
        """Records of the nights from `first` to `last`, newest first."""
        ...


def runs_report(records: Records, ask: Ask, limit: int) -> dict[str, Any]:
    """The latest runs over the days asked for."""
    rows: list[dict[str, Any]] = []
    for record in records.records(ask.realm, ask.days.first, ask.days.last):
        if len(rows) == limit:
            break
        rows.append(record)
    return {"from": ask.days.first, "to": ask.days.last, "rows": rows}
