"""What one day's decisions add up to: credit by dimension, paths, facts. Counts only, no floats.

A pure function of the decisions about conversions that occurred that day: a day is never
incremented, it is replaced, so that nothing can be counted twice.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from touchline.kernel.clock import day_of
from touchline.ledger.decisions import ATTRIBUTED, Candidate, Decision
from touchline.ledger.fields import text
from touchline.ledger.result_keys import FACTS_SK, credit_sk, paths_sk
from touchline.platform.dynamo import Item

CELLS_PER_ROW = 1000
"""Far below what one row can hold; also of paths."""

FORMAT = "1"
"""Grows with every change of what a version holds, so that versions of two formats differ."""


class Cell(NamedTuple):
    """Credit of one value of a dimension: `channel` = `ads`, for one event in one currency."""

    event: str
    currency: str
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
    """Adds up the decisions of one day, one by one, in any order."""

    def __init__(self) -> None:
        self._credit: defaultdict[tuple[str, str], defaultdict[tuple[str, str, str], list[int]]] = (
            defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
        )
        self._paths: defaultdict[tuple[str, str, tuple[str, ...]], list[int]] = defaultdict(
            lambda: [0, 0]
        )
        self._facts: defaultdict[str, _Facts] = defaultdict(_Facts)
        self.attributed: Counter[tuple[str, str]] = Counter()
        self.value: Counter[tuple[str, str]] = Counter()

    def add(self, decision: Decision) -> None:
        """Count one decision."""
        event = str(decision.key.event)
        self._facts[event].add(decision)
        if decision.outcome != ATTRIBUTED:
            return
        where = (event, decision.currency)
        self.attributed[where] += 1
        self.value[where] += decision.value_micros
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
            self._add_payouts(decision, model, values)

    def add_fitted(
        self, model: str, where: tuple[str, str], given: Mapping[str, tuple[int, int]]
    ) -> None:
        """Credit of a data-driven model by channel: shares in parts per billion, and money."""
        for channel, (share_ppb, value_micros) in given.items():
            cell = self._credit["channel", model][(*where, channel)]
            cell[0] += share_ppb
            cell[1] += value_micros

    def cells(self) -> dict[tuple[str, str], list[Cell]]:
        """The cells of each dimension and model, in order."""
        return {
            name: [Cell(*where, *numbers) for where, numbers in sorted(cells.items())]
            for name, cells in sorted(self._credit.items())
        }

    def paths(self) -> list[PathTally]:
        """The paths of the day's conversions, in order."""
        return [PathTally(*where, *numbers) for where, numbers in sorted(self._paths.items())]

    def rows(self) -> Iterator[tuple[str, object]]:
        """Sort key and content of every row but the measures."""
        for (dimension, model), cells in self.cells().items():
            for chunk in range(0, len(cells), CELLS_PER_ROW):
                sk = credit_sk(dimension, model, chunk // CELLS_PER_ROW)
                yield sk, cells[chunk : chunk + CELLS_PER_ROW]
        paths = self.paths()
        for chunk in range(0, len(paths), CELLS_PER_ROW):
            yield paths_sk(chunk // CELLS_PER_ROW), paths[chunk : chunk + CELLS_PER_ROW]
        yield FACTS_SK, {event: facts.plain() for event, facts in sorted(self._facts.items())}

    def _add_payouts(
        self, decision: Decision, model: str, values: list[tuple[tuple[str, str], ...]]
    ) -> None:
        """Payouts stand beside the credit of every model: what is owed does not depend on it."""
        currency = decision.payout_currency or decision.currency
        for owed in decision.payouts:
            where = (str(decision.key.event), currency)
            named = (
                values[owed.step]
                if owed.step is not None
                else (("partner", str(owed.partner)), ("channel", ""), ("campaign", ""))
            )
            for dimension, value in named:
                self._credit[dimension, model][(*where, value)][2] += owed.payout_micros


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


def cells_in(item: Item) -> list[Cell]:
    """The cells of a `credit#` row."""
    return [Cell(*parts) for parts in json.loads(text(item, "body"))]


def paths_in(item: Item) -> list[PathTally]:
    """The paths of a `paths#` row."""
    return [
        PathTally(event, currency, tuple(path), conversions, value)
        for event, currency, path, conversions, value in json.loads(text(item, "body"))
    ]
