"""Journeys for the engine's tests, and oracles that count in fractions, the slow and plain way."""

import csv
import gzip
from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import combinations
from math import factorial
from pathlib import Path

from hypothesis import strategies as st

from touchline.attribution.engine.fit import Fitted
from touchline.attribution.engine.paths import PathCount
from touchline.kernel.money import micros_of

PATHDATA = Path(__file__).parents[3] / "examples" / "data" / "pathdata.csv.gz"
CHANNELS = ("ads", "mail", "direct", "búsqueda", "partner 7")

path_counts = st.builds(
    lambda path, nulls, conversions, value: PathCount(
        tuple(path), conversions, value if conversions else 0, nulls if conversions else nulls + 1
    ),
    st.lists(st.sampled_from(CHANNELS), min_size=1, max_size=6),
    st.integers(0, 5),
    st.integers(0, 4),
    st.integers(0, 10**9),
)
journeys = st.lists(path_counts, min_size=1, max_size=12)


def paths(*texts: str) -> list[PathCount]:
    """`a > b: 2 converted for 10.50, 3 not`, written `a>b 2 10.50 3`."""
    rows = []
    for text in texts:
        path, conversions, value, nulls = text.split()
        row = PathCount(tuple(path.split(">")), int(conversions), micros_of(value), int(nulls))
        rows.append(row)
    return rows


def pathdata() -> list[PathCount]:
    """The field's usual test set (examples/data)."""
    with gzip.open(PATHDATA, "rt", encoding="utf-8", newline="") as lines:
        return [
            PathCount(
                tuple(row["path"].split(" > ")),
                int(row["total_conversions"]),
                round(Fraction(row["total_conversion_value"]) * 1_000_000),
                int(row["total_null"]),
            )
            for row in csv.DictReader(lines)
        ]


def channels_of(rows: Iterable[PathCount]) -> list[str]:
    return sorted({name for row in rows for name in row.path})


def conversions_of(fitted: Fitted, model: str) -> dict[str, Fraction | float]:
    return {name: credit.conversions for name, credit in fitted.credits[model].items()}


def brute_shapley(rows: Sequence[PathCount]) -> dict[str, Fraction]:
    """The definition, over all 2^n coalitions: v(S) = conversions of paths inside S."""
    names = channels_of(rows)

    def worth(coalition: frozenset[str]) -> int:
        return sum(row.conversions for row in rows if set(row.path) <= coalition)

    result = dict.fromkeys(names, Fraction(0))
    for name in names:
        others = [other for other in names if other != name]
        for size in range(len(names)):
            chance = Fraction(factorial(size) * factorial(len(names) - size - 1))
            chance /= factorial(len(names))
            for chosen in combinations(others, size):
                coalition = frozenset(chosen)
                result[name] += chance * (worth(coalition | {name}) - worth(coalition))
    return result


def brute_removal(rows: Sequence[PathCount], order: int, gain: str) -> dict[str, Fraction]:
    """1 - P(without i) / P, by one exact linear solve per removed channel."""
    counts, gains = _chain(rows, order, gain)
    whole = _reached(counts, gains, None)
    return {
        name: 1 - _reached(counts, gains, name) / whole if whole else Fraction(0)
        for name in channels_of(rows)
    }


def _chain(
    rows: Sequence[PathCount], order: int, gain: str
) -> tuple[dict[tuple[str, ...], Counter[tuple[str, ...] | None]], Counter[tuple[str, ...]]]:
    counts: dict[tuple[str, ...], Counter[tuple[str, ...] | None]] = {}
    gains: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        times = row.conversions + row.nulls
        if not times:
            continue
        state = ("",) * order
        for name in row.path:
            following = (*state[1:], name)
            counts.setdefault(state, Counter())[following] += times
            state = following
        counts.setdefault(state, Counter())[None] += times
        gains[state] += getattr(row, gain)
    return counts, gains


def _reached(
    counts: dict[tuple[str, ...], Counter[tuple[str, ...] | None]],
    gains: Counter[tuple[str, ...]],
    removed: str | None,
) -> Fraction:
    states = [state for state in counts if state[-1] != removed or not state[-1]]
    index = {state: place for place, state in enumerate(states)}
    system = [[Fraction(int(i == j)) for j in range(len(states) + 1)] for i in range(len(states))]
    for state, i in index.items():
        visits = counts[state].total()
        system[i][-1] = Fraction(gains[state], visits)
        for following, times in counts[state].items():
            if following in index:
                system[i][index[following]] -= Fraction(times, visits)
    return _solved(system)[0] if system else Fraction(0)


def _solved(system: list[list[Fraction]]) -> list[Fraction]:
    for pivot in range(len(system)):
        scale = system[pivot][pivot]
        system[pivot] = [x / scale for x in system[pivot]]
        for row in range(len(system)):
            if row != pivot and system[row][pivot]:
                factor = system[row][pivot]
                system[row] = [
                    x - factor * y for x, y in zip(system[row], system[pivot], strict=True)
                ]
    return [row[-1] for row in system]
