"""Exact credits per channel from count tables: sums of fractions over a common denominator."""

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import TypeAlias

from touchline.attribution.engine.arrays import Array, Ints, np
from touchline.attribution.engine.models import (
    CREDIT_UNITS,
    REGISTRY,
    HeuristicModel,
    ModelSettings,
)
from touchline.attribution.engine.tables import POSITIONS, CountTable
from touchline.attribution.engine.tally import BY_TOUCH

Shares: TypeAlias = list[list[Fraction]]
"""Two rows, conversions and value in micros, of one fraction per channel."""


def shares_of(table: CountTable, model: str, settings: ModelSettings) -> Shares:
    """What a heuristic model or a Shapley one gives each channel of a table.

    Raises ValueError for a model by touch whose setting is not the one that was counted, or that
    needs times when there were none.
    """
    if model not in REGISTRY:
        return _combined(_by_set(table), table)
    rule = REGISTRY[model]
    if rule.by_position is not None:
        return _combined(_by_place(table, rule, settings), table)
    if rule.needs_times and not table.shape.timed:
        raise ValueError(f"{model} needs the times of touches")
    if rule.needs_times and table.shape.half_life_seconds != settings.half_life_seconds:
        raise ValueError("the table was counted with another half-life")
    return _combined([(CREDIT_UNITS, _of_model(table, rule))], table)


def _combined(parts: Iterable[tuple[int, Array]], table: CountTable) -> Shares:
    """The sum of numerators (2 x symbols) over their denominators."""
    parts = list(parts)
    common = math.lcm(*(denominator for denominator, _ in parts))
    total = np.zeros((2, len(table.channels) + 1), object)
    for denominator, numerators in parts:
        total = total + numerators.astype(object) * (common // denominator)
    return [[Fraction(int(number), common) for number in row[1:]] for row in total]


def _by_place(
    table: CountTable, rule: HeuristicModel, settings: ModelSettings
) -> Iterable[tuple[int, Array]]:
    base = len(table.channels) + 1
    symbol, place = table.places.keys % base, table.places.keys // base
    lengths, starts = np.unique(place // POSITIONS, return_index=True)
    for length, start, end in zip(lengths, starts, [*starts, place.size][1:], strict=True):
        weights = _whole_weights(rule, int(length), settings)
        weighed = table.places.sums[:, start:end] * weights[place[start:end] % POSITIONS]
        yield int(weights.sum()), _by_symbol(weighed, symbol[start:end], base)


def _whole_weights(rule: HeuristicModel, length: int, settings: ModelSettings) -> Array:
    assert rule.by_position is not None  # noqa: S101 (called for these alone)
    weights = [Fraction(rule.by_position(length, place, settings)) for place in range(length)]
    scale = math.lcm(*(weight.denominator for weight in weights))
    return np.array([int(weight * scale) for weight in weights], object)


def _by_set(table: CountTable) -> Iterable[tuple[int, Array]]:
    """1/|S| to each channel of a set, a touch at a time: 1/(|S| x touches of the channel)."""
    base = len(table.channels) + 1
    keys = table.sets.keys // base
    denominators = keys // POSITIONS // POSITIONS * (keys // POSITIONS % POSITIONS)
    for denominator in np.unique(denominators):
        alike = denominators == denominator
        yield (
            int(denominator),
            _by_symbol(table.sets.sums[:, alike], table.sets.keys[alike] % base, base),
        )


def _of_model(table: CountTable, rule: HeuristicModel) -> Array:
    base = len(table.channels) + 1
    mine = table.touches.keys // base == BY_TOUCH.index(rule)
    return _by_symbol(table.touches.sums[:, mine], table.touches.keys[mine] % base, base)


def _by_symbol(sums: Array, symbol: Ints, base: int) -> Array:
    totals = np.zeros((2, base), object)
    for row, total in zip(sums, totals, strict=True):
        np.add.at(total, symbol, row.astype(object))
    return totals


def by_position(table: CountTable) -> dict[str, list[Fraction]]:
    """Ordered Shapley: what each channel earned as 1st, 2nd, ... touch of a journey.

    Each channel's 1/|S| is shared evenly by its touches (after Zhao et al. 2018, "Shapley value
    methods for attribution modeling in online advertising").
    """
    base = len(table.channels) + 1
    keys = table.sets.keys // base
    position = keys % POSITIONS
    size, repeats = keys // POSITIONS // POSITIONS, keys // POSITIONS % POSITIONS
    result: dict[str, list[Fraction]] = {
        name: [Fraction(0)] * int(position.max(initial=-1) + 1) for name in table.channels
    }
    rows = zip(table.sets.keys % base, position, size * repeats, table.sets.sums[0], strict=True)
    for symbol, place, denominator, touches in rows:
        result[table.channels[symbol - 1]][place] += Fraction(int(touches), int(denominator))
    return result
