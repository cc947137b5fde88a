"""The aggregated face: what every model credits each channel with, over counted journeys.

Credits of the heuristic models and of Shapley are exact fractions; Markov's are floats, exact to
about 1e-14 (see `engine.chain`). Value is whole micros that sum to the total, by largest
remainder, from the exact fraction of each channel.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from touchline.attribution.engine.chain import Levels, levels_of, without_each
from touchline.attribution.engine.models import (
    ALL_MODELS,
    DEFAULT_SETTINGS,
    MARKOV_MODELS,
    ModelSettings,
)
from touchline.attribution.engine.paths import PathCount, batch_of
from touchline.attribution.engine.shares import Shares, by_position, shares_of
from touchline.attribution.engine.tables import CountTable, Shape, of_order
from touchline.attribution.engine.tally import count
from touchline.kernel.money import split_micros

if TYPE_CHECKING:
    from touchline.attribution.engine.compiled import Kernel

START, CONVERSION, NULL = "(start)", "(conversion)", "(null)"


@dataclass(frozen=True, slots=True)
class Credit:
    """What a model gives a channel."""

    conversions: Fraction | float
    value_micros: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """All models over the same journeys."""

    channels: tuple[str, ...]
    journeys: int
    conversions: int
    value_micros: int
    credits: Mapping[str, Mapping[str, Credit]]
    """By model and channel; a model's conversions and value sum to the totals."""
    removal_effects: Mapping[str, Mapping[str, float]]
    """By Markov model and channel."""
    p_conversion: Mapping[str, float]
    """By Markov model: P(conversion) of the chain, which is conversions/journeys."""
    table: CountTable
    paths: Sequence[PathCount] = field(default=(), repr=False)

    def transitions(self, order: int = 1) -> dict[tuple[str, ...], dict[str, float]]:
        """The transition matrix: from the last `order` channels to what came next, and how likely.

        Raises ValueError for an order above the one that was counted.
        """
        return _transitions(self.table, order)

    def top_paths(self, n: int) -> list[PathCount]:
        """The n paths with most conversions; ties by value, journeys, then name.

        Only for a fit of paths: tables do not keep whole paths.
        """
        merged = _merged_paths(self.paths)
        return sorted(
            merged, key=lambda row: (-row.conversions, -row.value_micros, -row.nulls, row.path)
        )[:n]

    def ordered_shapley(self) -> dict[str, list[Fraction]]:
        """Ordered Shapley by position: how much each channel earned as 1st, 2nd, ... touch."""
        return by_position(self.table)


def fit(
    paths: Iterable[PathCount],
    models: Sequence[str],
    settings: ModelSettings = DEFAULT_SETTINGS,
    spacing_ms: int | None = None,
) -> Fitted:
    """Fit models to counted paths; their order and how they are split up do not matter.

    Paths have no times: `time_decay` needs `spacing_ms`, which spaces their touches evenly.
    Raises KeyError for an unknown model, ValueError for one that the paths cannot serve.
    """
    rows = _merged_paths(paths)
    shape = Shape(order_needed(models), settings.half_life_seconds, spacing_ms is not None)
    fitted = fit_table(count(batch_of(rows, spacing_ms), shape), models, settings)
    return Fitted(
        **{name: getattr(fitted, name) for name in Fitted.__slots__ if name != "paths"}, paths=rows
    )


def fit_table(
    table: CountTable,
    models: Sequence[str],
    settings: ModelSettings = DEFAULT_SETTINGS,
    kernel: "Kernel | None" = None,
) -> Fitted:
    """Fit models to a table of counts. Raises as `fit` does."""
    orders = sorted({int(name[-1]) for name in models if name in MARKOV_MODELS})
    levels = None
    if orders and table.conversions:
        highest = of_order(table, orders[-1])
        levels = levels_of(highest, len(table.channels) + 1, orders[-1])
    effects: dict[str, dict[str, float]] = {}
    credits_by_model: dict[str, dict[str, Credit]] = {}
    for model in models:
        if model not in ALL_MODELS:
            raise KeyError(model)
        if model in MARKOV_MODELS:
            by_gain = _removal_effects(table, levels, int(model[-1]), kernel)
            effects[model] = dict(zip(table.channels, by_gain[0], strict=True))
            credits_by_model[model] = _markov_credits(table, by_gain)
        else:
            credits_by_model[model] = _credits(table, shares_of(table, model, settings))
    probability = table.conversions / table.journeys if table.journeys else 0.0
    return Fitted(
        table.channels,
        table.journeys,
        table.conversions,
        table.value_micros,
        credits_by_model,
        effects,
        dict.fromkeys(effects, probability),
        table,
    )


def _removal_effects(
    table: CountTable, levels: Levels | None, order: int, kernel: "Kernel | None"
) -> list[list[float]]:
    """By gain (conversions, value) and channel; 0 where there is nothing to remove."""
    nothing = [0.0] * len(table.channels)
    if levels is None:
        return [nothing, nothing]
    left = without_each(levels, order, kernel)
    totals = (table.conversions, table.value_micros)
    return [
        [max(0.0, 1.0 - float(x) * table.journeys / total) for x in row] if total else nothing
        for row, total in zip(left, totals, strict=True)
    ]


def _markov_credits(table: CountTable, effects: list[list[float]]) -> dict[str, Credit]:
    exact = [[Fraction(effect) for effect in row] for row in effects]
    totals = [sum(row, Fraction(0)) for row in exact]
    conversions = [
        float(effect / totals[0] * table.conversions) if totals[0] else 0.0 for effect in exact[0]
    ]
    value = _micros(table.value_micros, exact[1])
    return {
        name: Credit(*credit)
        for name, credit in zip(table.channels, zip(conversions, value, strict=True), strict=True)
    }


def _credits(table: CountTable, shares: Shares) -> dict[str, Credit]:
    value = _micros(table.value_micros, shares[1])
    return {
        name: Credit(conversions, micros)
        for name, conversions, micros in zip(table.channels, shares[0], value, strict=True)
    }


def _micros(total: int, parts: list[Fraction]) -> tuple[int, ...]:
    whole = sum(parts, Fraction(0))
    if not whole:
        return (0,) * len(parts)
    return split_micros(total, [part / whole for part in parts])


def _transitions(table: CountTable, order: int) -> dict[tuple[str, ...], dict[str, float]]:
    grams = of_order(table, order)
    base = len(table.channels) + 1
    names = [START, *table.channels]
    counts: dict[tuple[str, ...], Counter[str]] = {}
    for key, times, conversions, _value in zip(grams.keys.tolist(), *grams.sums, strict=True):
        state, symbol = divmod(key, base)
        digits = [state // base**place % base for place in reversed(range(order))]
        row = counts.setdefault(tuple(names[digit] for digit in digits), Counter())
        if symbol:
            row[names[symbol]] += int(times)
        else:
            row[CONVERSION] += int(conversions)
            row[NULL] += int(times - conversions)
    return {
        state: {name: seen / row.total() for name, seen in row.items() if seen}
        for state, row in counts.items()
    }


def order_needed(models: Iterable[str]) -> int:
    """The order of grams that these models need counted."""
    return max([1, *(int(name[-1]) for name in models if name in MARKOV_MODELS)])


def _merged_paths(paths: Iterable[PathCount]) -> list[PathCount]:
    counts: Counter[tuple[str, ...]] = Counter()
    value: Counter[tuple[str, ...]] = Counter()
    nulls: Counter[tuple[str, ...]] = Counter()
    for row in paths:
        counts[row.path] += row.conversions
        value[row.path] += row.value_micros
        nulls[row.path] += row.nulls
    return [PathCount(path, counts[path], value[path], nulls[path]) for path in sorted(counts)]
