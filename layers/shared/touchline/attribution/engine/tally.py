"""Counting journeys into tables, batch after batch.

Converting journeys feed every model, the others only the grams. Nothing here is rounded, so
neither the order of journeys nor the size of batches can be seen in a table.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from touchline.attribution.engine.arrays import Array, Ints, np
from touchline.attribution.engine.grams import (
    DENSE_KEYS,
    LARGEST_KEY,
    GramCounts,
    Sums,
    digits_needed,
    joined,
    summed,
    whole_sum,
)
from touchline.attribution.engine.models import (
    CREDIT_UNITS,
    REGISTRY,
    HeuristicModel,
    ModelSettings,
    TouchView,
    is_direct,
)
from touchline.attribution.engine.paths import BOUNDARY, Batch, Journeys, lengths_of
from touchline.attribution.engine.tables import POSITIONS, CountTable, Shape, merged

if TYPE_CHECKING:
    from touchline.attribution.engine.compiled import Kernel

EXACT_FLOATS = 2**53
BY_TOUCH = tuple(model for model in REGISTRY.values() if model.by_touch)
LIMB = 16
HALF_UNIT = 20
"""Bits of a gain and of credit units that are multiplied and summed at a time."""


def count(batch: Batch, shape: Shape, kernel: "Kernel | None" = None) -> CountTable:
    """The table of one batch. Raises ValueError for too many channels or too long a journey."""
    tally = Tally(shape, kernel)
    tally.add(batch)
    return tally.table()


class Tally:
    """Counts batches, quickest while their lists of channels are the same."""

    def __init__(self, shape: Shape, kernel: "Kernel | None" = None) -> None:
        self._shape = shape
        self._kernel = kernel
        self._closed: list[CountTable] = []
        self._open(())

    def _open(self, channels: tuple[str, ...]) -> None:
        base = digits_needed(len(channels), self._shape.order)
        self._channels = channels
        self._grams = GramCounts(base, self._shape.order, self._kernel)
        nothing = Sums(np.zeros(0, np.int64), np.zeros((2, 0), np.int64))
        self._places, self._sets, self._by_touch = [nothing], [nothing], [nothing]
        self._journeys = self._conversions = self._value_micros = 0

    def add(self, batch: Batch) -> None:
        """Count a batch. Raises ValueError for too many channels or too long a journey."""
        if batch.channels != self._channels:
            self._close()
            self._open(batch.channels)
        for journeys in (batch.converting, batch.ended):
            self._grams.add(journeys.stream, journeys.times)
            self._journeys += _journeys_in(journeys)
        if batch.converting.stream.size > 1:
            self._add_converting(batch.converting)

    def _add_converting(self, journeys: Journeys) -> None:
        if self._shape.timed and journeys.ages_ms is None:
            raise ValueError("these journeys have no times")
        lengths = lengths_of(journeys.stream)
        times = np.ones(lengths.size, np.int64) if journeys.times is None else journeys.times
        value = journeys.value_micros
        gains = np.stack([times, np.zeros_like(times) if value is None else value])
        self._grams.add_ends(journeys.stream, gains)
        touches = Touches(journeys, lengths, self._channels)
        self._places.append(_places(touches, gains))
        self._sets.append(_sets(touches, gains))
        self._by_touch.append(_by_touch(touches, gains, self._shape))
        self._conversions += int(whole_sum(times))
        self._value_micros += 0 if value is None else int(whole_sum(value))

    def _close(self) -> None:
        if self._journeys:
            self._closed.append(self._table())

    def _table(self) -> CountTable:
        return CountTable(
            self._shape,
            self._channels,
            self._journeys,
            self._conversions,
            self._value_micros,
            joined(self._places),
            joined(self._sets),
            joined(self._by_touch),
            self._grams.sums(),
        )

    def table(self) -> CountTable:
        """All that was counted so far."""
        return merged([*self._closed, self._table()])


def _journeys_in(journeys: Journeys) -> int:
    return journeys.rows if journeys.times is None else int(whole_sum(journeys.times))


class Touches:
    """The touches of converting journeys, one after the other, each with its row and place."""

    def __init__(self, journeys: Journeys, lengths: Ints, channels: Sequence[str]) -> None:
        if lengths.max(initial=0) >= POSITIONS:
            raise ValueError(f"a journey has {lengths.max()} touches, {POSITIONS - 1} are the most")
        self.lengths = lengths
        self.ages_ms = journeys.ages_ms
        self.base = len(channels) + 1
        self.symbol = journeys.stream[journeys.stream != BOUNDARY].astype(np.int64)
        self.row = np.repeat(np.arange(lengths.size), lengths)
        self.length = lengths[self.row]
        starts = np.cumsum(lengths) - lengths
        self.position = np.arange(self.row.size) - starts[self.row]
        self.direct = np.array([0, *map(is_direct, channels)], np.int64)[self.symbol]

    def view(self) -> TouchView:
        """All touches, as the rules of `by_touch` models see one."""
        others = np.bincount(self.row, 1 - self.direct).astype(np.int64)[self.row]
        so_far = np.cumsum(1 - self.direct)
        ends = np.cumsum(self.lengths) - 1
        ages = np.zeros_like(self.row) if self.ages_ms is None else self.ages_ms
        return TouchView(
            is_last=(self.position == self.length - 1).astype(np.int64),
            is_direct=self.direct,
            others_after=so_far[ends][self.row] - so_far,
            others=others,
            age_ms=ages,
            ldexp=np.ldexp,
        )


def _places(touches: Touches, gains: Array) -> Sums:
    digits = [touches.length, touches.position, touches.symbol]
    return _grouped(digits, [POSITIONS, touches.base], gains, touches.row)


def _sets(touches: Touches, gains: Array) -> Sums:
    pairs = touches.row * touches.base + touches.symbol
    distinct, pair, repeats = np.unique(pairs, return_inverse=True, return_counts=True)
    in_set = np.bincount(distinct // touches.base)
    digits = [in_set[touches.row], repeats[pair], touches.position, touches.symbol]
    return _grouped(digits, [POSITIONS, POSITIONS, touches.base], gains, touches.row)


def _grouped(digits: Sequence[Array], radices: Sequence[int], gains: Array, row: Ints) -> Sums:
    """Sum the rows' gains by digits; keys are packed with the radices of the digits after."""
    tight = [int(digit.max()) + 1 for digit in digits]
    packed = digits[0]
    for digit, radix in zip(digits[1:], tight[1:], strict=True):
        packed = packed * radix + digit
    found = _summed_by(packed, gains, row, int(np.prod(tight, dtype=object)))
    rest, unpacked = found.keys, []
    for radix in reversed(tight[1:]):
        unpacked.append(rest % radix)
        rest = rest // radix
    keys = rest
    for digit, radix in zip(reversed(unpacked), radices, strict=True):
        keys = keys * radix + digit
    return Sums(keys, found.sums)


def _summed_by(keys: Ints, gains: Array, row: Ints, possible: int) -> Sums:
    exact = gains.dtype != object and int(gains.max(initial=0)) * row.size < EXACT_FLOATS
    if not exact or possible > max(DENSE_KEYS // 64, keys.size):
        return summed(keys, gains[:, row])
    sums = [np.bincount(keys, gain[row]) for gain in gains]
    present = np.flatnonzero(sums[0])
    return Sums(present, np.stack(sums)[:, present].astype(np.int64))


def _by_touch(touches: Touches, gains: Array, shape: Shape) -> Sums:
    settings = ModelSettings(half_life_seconds=shape.half_life_seconds)
    models = [model for model in BY_TOUCH if shape.timed or not model.needs_times]
    view = touches.view()
    keys, sums = [np.zeros(0, np.int64)], [np.zeros((2, 0), object)]
    for model in models:
        units = _units(model, view, settings, touches)
        keys.append(BY_TOUCH.index(model) * touches.base + np.arange(touches.base))
        sums.append(
            np.array([_products(gain[touches.row], units, touches) for gain in gains], dtype=object)
        )
    return summed(np.concatenate(keys), np.concatenate(sums, axis=1))


def _units(
    model: HeuristicModel, view: TouchView, settings: ModelSettings, touches: Touches
) -> Ints:
    """Credit units of each touch, as `engine.single` defines them."""
    assert model.by_touch is not None  # noqa: S101 (BY_TOUCH has no others)
    weights = np.asarray(model.by_touch(view, settings), np.float64)
    whole = np.bincount(touches.row, weights)[touches.row]
    units = (weights / whole * CREDIT_UNITS).astype(np.int64)
    ends = np.cumsum(touches.lengths) - 1
    units[ends] = 0
    units[ends] = CREDIT_UNITS - np.bincount(touches.row, units).astype(np.int64)
    return units


def _products(gains: Array, units: Ints, touches: Touches) -> list[int]:
    """The sum of gain x units by channel, exactly: a few bits at a time, so that 64 suffice."""
    if gains.dtype == object or gains.size >= LARGEST_KEY >> (LIMB + HALF_UNIT + 1):
        exact = np.zeros(touches.base, object)
        np.add.at(exact, touches.symbol, gains.astype(object) * units.astype(object))
        return [int(total) for total in exact]
    totals = [0] * touches.base
    halves = ((0, units & (1 << HALF_UNIT) - 1), (HALF_UNIT, units >> HALF_UNIT))
    for low in range(0, int(gains.max(initial=0)).bit_length(), LIMB):
        limb = gains >> low & (1 << LIMB) - 1
        for half, part in halves:
            sums = np.zeros(touches.base, np.int64)
            np.add.at(sums, touches.symbol, limb * part)
            totals = [t + (int(more) << low + half) for t, more in zip(totals, sums, strict=True)]
    return totals
