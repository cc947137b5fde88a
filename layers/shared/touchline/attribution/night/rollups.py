"""What one day's decisions add up to: credit by dimension, paths, facts. Counts only, no floats.

A pure function of the decisions about conversions that occurred that day: a day is never
incremented, it is replaced, so that nothing can be counted twice.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from touchline.kernel.clock import day_of
from touchline.ledger.decisions import ATTRIBUTED, WHOLE, Candidate, Decision
from touchline.ledger.fields import text
from touchline.ledger.result_keys import FACTS_SK, credit_sk, paths_sk, within_sk
from touchline.platform.dynamo import Item

One = TypeVar("One")

ROW_BYTES = 200_000
"""What one row of cells or paths holds: half of what an item can."""

FORMAT = "2"
"""Grows with every change of what a version holds, so that versions of two formats differ."""


class Cell(NamedTuple):
    """Credit of one value of a dimension: `channel` = `ads`, for one event in one currency."""

    event: str
    currency: str
    value: str
    share_ppb: int
    value_micros: int
    payout_micros: int


COMPARED = ("channel", "campaign", "partner")
"""The dimensions that data-driven credit and differences are told in."""


class Within(NamedTuple):
    """A value of a dimension among the touches of one channel: each conversion whose path has the
    channel counts once, shared evenly by its touches of the channel. And what is owed to it."""

    event: str
    currency: str
    channel: str
    value: str
    share_ppb: int
    value_micros: int
    payout_micros: int


class PathTally(NamedTuple):
    """Conversions of one event that took one path of channels."""

    event: str
    currency: str
    path: tuple[str, ...]
    conversions: int
    value_micros: int


def dimensions_of(step: Candidate) -> Iterator[tuple[str, str]]:
    """What credit is counted by: each dimension with this touch's value of it."""
    yield "channel", step.channel
    yield "campaign", step.campaign or ""
    yield "partner", step.partner or ""
    yield "kind", step.kind
    yield "touch_day", day_of(step.occurred_at)
    yield from step.subs.items()


class Content:
    """The digest of a day's decisions, whichever runs wrote them; fed in order of their keys."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256(FORMAT.encode())

    def add(self, item: Item) -> None:
        """One more decision row."""
        said = {name: value for name, value in item.items() if name not in {"run", "cause"}}
        self._digest.update(json.dumps(said, sort_keys=True).encode())

    def text(self) -> str:
        """24 hex digits."""
        return self._digest.hexdigest()[:24]


class DayRoll:
    """Adds up the decisions of one day, one by one, in any order.

    `fitted` tells whether data-driven models will be given their part of it.
    """

    def __init__(self, *, fitted: bool = False) -> None:
        self._fitted = fitted
        self._within: defaultdict[str, defaultdict[tuple[str, str, str, str], list[int]]] = (
            defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
        )
        self._credit: defaultdict[tuple[str, str], defaultdict[tuple[str, str, str], list[int]]] = (
            defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
        )
        self._paths: defaultdict[tuple[str, str, tuple[str, ...]], list[int]] = defaultdict(
            lambda: [0, 0]
        )
        self._facts: defaultdict[str, _Facts] = defaultdict(_Facts)

    def add(self, decision: Decision) -> None:
        """Count one decision."""
        event = str(decision.key.event)
        self._facts[event].add(decision)
        if decision.outcome != ATTRIBUTED:
            return
        where = (event, decision.currency)
        path = decision.path
        tally = self._paths[(*where, tuple(step.channel for step in path))]
        tally[0] += 1
        tally[1] += decision.value_micros
        values = [tuple(dimensions_of(step)) for step in path]
        for model, earned in decision.credits.items():
            for credit in earned:
                for dimension, value in values[credit.step]:
                    cell = self._credit[dimension, model][(*where, value)]
                    cell[0] += credit.share_ppb
                    cell[1] += credit.value_micros
        self._add_payouts(decision, values)
        if self._fitted:
            self._add_within(decision, where)

    def cells(self) -> dict[tuple[str, str], list[Cell]]:
        """The cells of each dimension and model, in order."""
        return {
            name: [Cell(*where, *numbers) for where, numbers in sorted(cells.items())]
            for name, cells in sorted(self._credit.items())
        }

    def paths(self) -> list[PathTally]:
        """The paths of the day's conversions, in order."""
        return [PathTally(*where, *numbers) for where, numbers in sorted(self._paths.items())]

    def within(self) -> dict[str, list[Within]]:
        """By dimension, the values within each channel, in order."""
        return {
            dimension: [
                Within(*where, *numbers)
                for where, numbers in sorted(self._within[dimension].items())
            ]
            for dimension in COMPARED
            if self._fitted
        }

    def rows(self) -> Iterator[tuple[str, object]]:
        """Sort key and content of every row but the measures."""
        yield from credit_rows(self.cells())
        for number, paths in chunks(self.paths()):
            yield paths_sk(number), paths
        for dimension, rows in self.within().items():
            for number, chunk in chunks(rows):
                yield within_sk(dimension, number), chunk
        yield FACTS_SK, {event: facts.plain() for event, facts in sorted(self._facts.items())}

    def _add_payouts(self, decision: Decision, values: list[tuple[tuple[str, str], ...]]) -> None:
        """Payouts stand beside the credit of every model: what is owed does not depend on it."""
        for where, dimension, value, micros in _payouts(decision, values):
            for model in decision.credits:
                self._credit[dimension, model][(*where, value)][2] += micros
            if self._fitted and dimension in COMPARED:
                self._within[dimension][(*where, "", value)][2] += micros

    def _add_within(self, decision: Decision, where: tuple[str, str]) -> None:
        touches = Counter(step.channel for step in decision.path)
        for step in decision.path:
            share = WHOLE // touches[step.channel]
            value = decision.value_micros // touches[step.channel]
            for dimension, named in dimensions_of(step):
                if dimension in COMPARED[1:]:
                    row = self._within[dimension][(*where, step.channel, named)]
                    row[0] += share
                    row[1] += value


def _payouts(
    decision: Decision, values: list[tuple[tuple[str, str], ...]]
) -> Iterator[tuple[tuple[str, str], str, str, int]]:
    """What is owed: event and currency, dimension, value, micros."""
    where = (str(decision.key.event), decision.payout_currency or decision.currency)
    for owed in decision.payouts:
        named = (
            values[owed.step]
            if owed.step is not None
            else (("partner", str(owed.partner)), ("channel", ""), ("campaign", ""))
        )
        for dimension, value in named:
            yield where, dimension, value, owed.payout_micros


class _Facts:
    """How one event's conversions came out, and by which keys they were matched."""

    def __init__(self) -> None:
        self._numbers: Counter[str] = Counter()
        self._reasons: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._named: Counter[str] = Counter()
        self._matched: Counter[str] = Counter()

    def add(self, decision: Decision) -> None:
        if decision.outcome == ATTRIBUTED:
            self._numbers["attributed"] += 1
        else:
            reason = decision.reason.partition(":")[0]
            self._numbers["excluded"] += 1
            self._reasons[reason]["conversions"] += 1
            if decision.currency:
                self._reasons[reason][decision.currency] += decision.value_micros
        self._named.update(decision.keys)
        self._matched.update(decision.matched_by)

    def plain(self) -> dict[str, object]:
        return {
            **dict(sorted(self._numbers.items())),
            "reasons": {
                reason: dict(sorted(counts.items()))
                for reason, counts in sorted(self._reasons.items())
            },
            "named": dict(sorted(self._named.items())),
            "matched": dict(sorted(self._matched.items())),
        }


def credit_rows(
    cells: Mapping[tuple[str, str], Sequence[Cell]],
) -> Iterator[tuple[str, Sequence[Cell]]]:
    """Sort key and content of the rows that hold cells, by dimension and model."""
    for (dimension, model), some in cells.items():
        for number, chunk in chunks(some):
            yield credit_sk(dimension, model, number), chunk


def chunks(rows: Sequence[One]) -> Iterator[tuple[int, Sequence[One]]]:
    """Rows as one item each can hold, numbered."""
    chunk: list[One] = []
    number = size = 0
    for row in rows:
        size += len(json.dumps(row))
        if chunk and size > ROW_BYTES:
            yield number, chunk
            chunk, number, size = [], number + 1, len(json.dumps(row))
        chunk.append(row)
    if chunk:
        yield number, chunk


def cells_in(item: Item) -> list[Cell]:
    """The cells of a `credit#` row."""
    return [Cell(*parts) for parts in json.loads(text(item, "body"))]


def paths_in(item: Item) -> list[PathTally]:
    """The paths of a `paths#` row."""
    return [
        PathTally(event, currency, tuple(path), conversions, value)
        for event, currency, path, conversions, value in json.loads(text(item, "body"))
    ]


def within_in(item: Item) -> list[Within]:
    """The values of a `within#` row."""
    return [Within(*parts) for parts in json.loads(text(item, "body"))]


def paths_digest(paths: Sequence[PathTally]) -> str:
    """24 hex digits that name a day's converting paths; "" when there are none."""
    if not paths:
        return ""
    return hashlib.sha256(json.dumps(paths).encode()).hexdigest()[:24]
