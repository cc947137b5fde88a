"""What one day's decisions add up to, beyond credit: counts, money, times to conversion, cohorts.

A pure function of the decisions about conversions that occurred that UTC day, so that writing it
again changes nothing. One row per event, currency and paid partner, however many conversions.
"""

import json
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, NamedTuple

from touchline.kernel.clock import SECOND_MS, day_of
from touchline.kernel.ids import Realm
from touchline.kernel.values import dataclass
from touchline.ledger.decisions import ATTRIBUTED, Decision
from touchline.ledger.fields import text
from touchline.ledger.result_keys import measures_sk, version_pk
from touchline.platform.dynamo import Item

ROLLUP = "rollup"
"""The `kind` of these rows."""

DELAY_EDGES_SECONDS = (60, 300, 1800, 3600, 21_600, 86_400, 259_200, 604_800, 1_209_600, 2_592_000)
"""Times to conversion are counted in buckets below these edges: a minute, 5 and 30 minutes, 1 and
6 hours, 1, 3, 7, 14 and 30 days. The last bucket is everything from 30 days on."""

BUCKETS = len(DELAY_EDGES_SECONDS) + 1


@dataclass(frozen=True, slots=True)
class Cohort:
    """Credit that touches of one day earned: in parts per billion of a conversion, and in money."""

    share_ppb: int = 0
    value_micros: int = 0

    def __add__(self, other: "Cohort") -> "Cohort":
        return Cohort(self.share_ppb + other.share_ppb, self.value_micros + other.value_micros)


@dataclass(frozen=True, slots=True)
class Measures:
    """One event in one currency over any number of days; `+` joins two.

    `conversions` are those that count (attributed, or without an eligible touch); `excluded` are
    the others by reason. `from_first` and `from_last` count attributed conversions by the time
    since the first and the last touch of the path, in `BUCKETS` buckets. `cohorts` is credit by
    model and day of the touch.
    """

    conversions: int = 0
    attributed: int = 0
    value_micros: int = 0
    payout_micros: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)
    from_first: tuple[int, ...] = (0,) * BUCKETS
    from_last: tuple[int, ...] = (0,) * BUCKETS
    first_seconds: int = 0
    last_seconds: int = 0
    cohorts: Mapping[str, Mapping[str, Cohort]] = field(default_factory=dict)

    def __add__(self, other: "Measures") -> "Measures":
        return Measures(
            self.conversions + other.conversions,
            self.attributed + other.attributed,
            self.value_micros + other.value_micros,
            self.payout_micros + other.payout_micros,
            _joined(self.excluded, other.excluded, 0),
            _added(self.from_first, other.from_first),
            _added(self.from_last, other.from_last),
            self.first_seconds + other.first_seconds,
            self.last_seconds + other.last_seconds,
            {
                model: _joined(self.cohorts.get(model, {}), other.cohorts.get(model, {}), Cohort())
                for model in sorted(self.cohorts.keys() | other.cohorts.keys())
            },
        )


NO_TOUCH = "no_eligible_touch"
"""The one reason under which a conversion still counts, only not to anybody's credit."""


class Traffic(NamedTuple):
    """People with a touch that may count, and the sessions that they began, on one UTC day."""

    people: int
    sessions: int


class Name(NamedTuple):
    """What measures are about; `partner` is "" for everybody's conversions together."""

    event: str
    currency: str
    partner: str = ""


def day_measures(decisions: Iterable[Decision]) -> dict[Name, Measures]:
    """The measures of one day: of all, and of each partner as far as that partner may see.

    Decisions are read once, in any order. A partner's measures hold the conversions that it is
    paid for, timed and credited by its own touches only, and the reasons of those that it lost.
    """
    tallies: defaultdict[Name, _Tally] = defaultdict(_Tally)
    for decision in decisions:
        event, currency = decision.key.event, decision.currency
        tallies[Name(event, currency)].add(decision)
        if decision.payer:
            tallies[Name(event, currency, decision.payer)].add(decision, decision.payer)
        for loser in decision.losers:
            tallies[Name(event, currency, loser.partner)].lose(loser.reason)
    return {name: tallies[name].sum() for name in sorted(tallies)}


class _Tally:
    """Sums up in place: adding frozen measures one by one would copy them for each decision."""

    def __init__(self) -> None:
        self._numbers: Counter[str] = Counter()
        self._excluded: Counter[str] = Counter()
        self._first = [0] * BUCKETS
        self._last = [0] * BUCKETS
        self._cohorts: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(
            lambda: defaultdict(lambda: [0, 0])
        )

    def lose(self, reason: str) -> None:
        self._excluded[reason.partition(":")[0]] += 1

    def add(self, decision: Decision, partner: str = "") -> None:
        if decision.reason:
            self.lose(decision.reason)
        if decision.outcome != ATTRIBUTED and decision.reason != NO_TOUCH:
            return
        self._numbers["conversions"] += 1
        self._numbers["value_micros"] += decision.value_micros
        self._numbers["payout_micros"] += sum(
            one.payout_micros for one in decision.payouts if partner in {"", one.partner}
        )
        own = {
            step: touch.occurred_at
            for step, touch in enumerate(decision.path)
            if partner in {"", touch.partner}
        }
        if decision.outcome == ATTRIBUTED and own:
            self._add_path(decision, own)

    def _add_path(self, decision: Decision, times: Mapping[int, int]) -> None:
        first = (decision.occurred_at - min(times.values())) // SECOND_MS
        last = (decision.occurred_at - max(times.values())) // SECOND_MS
        self._numbers["attributed"] += 1
        self._numbers["first_seconds"] += first
        self._numbers["last_seconds"] += last
        self._first[bisect_right(DELAY_EDGES_SECONDS, first)] += 1
        self._last[bisect_right(DELAY_EDGES_SECONDS, last)] += 1
        for model, given in decision.credits.items():
            for credit in given:
                if credit.step in times:
                    earned = self._cohorts[model][day_of(times[credit.step])]
                    earned[0] += credit.share_ppb
                    earned[1] += credit.value_micros

    def sum(self) -> Measures:
        return Measures(
            **self._numbers,
            excluded=dict(sorted(self._excluded.items())),
            from_first=tuple(self._first),
            from_last=tuple(self._last),
            cohorts={
                model: {day: Cohort(*earned) for day, earned in sorted(days.items())}
                for model, days in sorted(self._cohorts.items())
            },
        )


def measure_items(
    realm: Realm, day: str, version: str, decisions: Iterable[Decision]
) -> list[Item]:
    """The rows of one version of one day."""
    measures = day_measures(decisions)
    return [measures_row(realm, day, version, name, one) for name, one in measures.items()]


def measures_row(realm: Realm, day: str, version: str, name: Name, measures: Measures) -> Item:
    """One of them."""
    return {
        "pk": version_pk(realm, day, version),
        "sk": measures_sk(*name),
        "kind": ROLLUP,
        "event": name.event,
        "currency": name.currency,
        "body": json.dumps(_plain(measures), separators=(",", ":"), sort_keys=True),
    }


def measures_of(item: Item) -> Measures:
    """The measures of a row. Raises ValueError when the body is not what was written."""
    body = json.loads(text(item, "body"))
    return Measures(
        conversions=body["conversions"],
        attributed=body["attributed"],
        value_micros=body["value_micros"],
        payout_micros=body["payout_micros"],
        excluded=body["excluded"],
        from_first=tuple(body["from_first"]),
        from_last=tuple(body["from_last"]),
        first_seconds=body["first_seconds"],
        last_seconds=body["last_seconds"],
        cohorts={
            model: {day: Cohort(*parts) for day, parts in days.items()}
            for model, days in body["cohorts"].items()
        },
    )


def _plain(measures: Measures) -> dict[str, Any]:
    return {
        "conversions": measures.conversions,
        "attributed": measures.attributed,
        "value_micros": measures.value_micros,
        "payout_micros": measures.payout_micros,
        "excluded": dict(measures.excluded),
        "from_first": list(measures.from_first),
        "from_last": list(measures.from_last),
        "first_seconds": measures.first_seconds,
        "last_seconds": measures.last_seconds,
        "cohorts": {
            model: {day: [one.share_ppb, one.value_micros] for day, one in days.items()}
            for model, days in measures.cohorts.items()
        },
    }


def _added(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _joined(one: Mapping[str, Any], other: Mapping[str, Any], empty: Any) -> dict[str, Any]:
    names = sorted(one.keys() | other.keys())
    return {name: one.get(name, empty) + other.get(name, empty) for name in names}
