"""What an exported table looks like: named columns, each of one kind, known before the first row.

A name `credit.linear` is the value `linear` inside the row's `credit`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Kind(Enum):
    """What a column's values are. Money is decimal text, instants are RFC 3339 text."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    INSTANT = "instant"
    FLAG = "flag"
    TEXTS = "texts"
    NUMBERS = "numbers"
    INSTANTS = "instants"


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    name: str
    kind: Kind = Kind.TEXT

    def of(self, row: Mapping[str, Any]) -> Any:
        """The row's value in this column; None when it has none."""
        if self.name in row:
            return row[self.name]
        head, dot, rest = self.name.partition(".")
        inner = row.get(head)
        return inner.get(rest) if dot and isinstance(inner, Mapping) else None


Columns = Sequence[Column]


def _texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name) for name in names)


def decision_columns(models: Iterable[str]) -> Columns:
    """Columns of `/reports/decisions`; one of credit for each model, aligned with the path."""
    return (
        *_texts("event", "id", "scope"),
        Column("occurred_at", Kind.INSTANT),
        *_texts("outcome", "reason"),
        Column("value", Kind.MONEY),
        *_texts("currency", "payer", "evidence"),
        Column("payout", Kind.MONEY),
        *_texts("payout_currency"),
        *(Column(name, Kind.TEXTS) for name in ("lost", "path", "campaigns")),
        Column("touched_at", Kind.INSTANTS),
        *(Column(f"credit.{model}", Kind.NUMBERS) for model in models),
        *_texts("rules_version"),
    )


DELIVERY_COLUMNS: Columns = (
    *_texts("id", "endpoint", "type", "event", "conversion", "scope", "state", "reason"),
    *(Column(name, Kind.NUMBER) for name in ("status", "attempts")),
    *(Column(name, Kind.INSTANT) for name in ("created_at", "next_at", "finished_at")),
)

CLICK_COLUMNS: Columns = (
    *_texts("click_id", "click_ref"),
    *(Column(name, Kind.INSTANT) for name in ("occurred_at", "received_at")),
    *_texts("partner", "campaign", "channel", "country"),
    Column("counts", Kind.FLAG),
    Column("flags", Kind.TEXTS),
    *(Column(f"subs.sub{number}") for number in range(1, 21)),
)


def columns_in(rows: Sequence[Mapping[str, Any]]) -> Columns:
    """The columns of rows that are all there, in the order in which they first appear."""
    kinds: dict[str, Kind] = {}
    for row in rows:
        for name, value in _flat(row):
            if value is not None or name not in kinds:
                kinds[name] = _kind_of(value, kinds.get(name))
    return tuple(Column(name, kind) for name, kind in kinds.items())


def _flat(row: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            for inner, one in value.items():
                yield f"{prefix}{name}.{inner}", one
        else:
            yield f"{prefix}{name}", value


def _kind_of(value: Any, before: Kind | None) -> Kind:
    if isinstance(value, bool):
        return Kind.FLAG
    if isinstance(value, int | float):
        return Kind.NUMBER
    if isinstance(value, list | tuple):
        numbers = value and all(isinstance(one, int | float) for one in value)
        return Kind.NUMBERS if numbers and before is not Kind.TEXTS else Kind.TEXTS
    return before if value is None and before else Kind.TEXT
