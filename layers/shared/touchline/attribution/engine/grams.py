"""Counts of the k+1 channels that follow one another: all that a Markov chain of order k knows.

A gram is packed into one integer of k+1 digits, oldest channel first; digit 0 is the boundary of
a journey (before it: START, after it: its end) and digits 1..C are the channels.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from touchline.attribution.engine.arrays import Array, Ints, np

if TYPE_CHECKING:
    from touchline.attribution.engine.compiled import Kernel

LARGEST_KEY = 2**62
DENSE_KEYS = 2**23
"""Up to this many possible keys a table of all of them (64 MB) beats sorting."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Sorted keys, each once, with a column of whole sums per row of `sums` (columns x keys)."""

    keys: Ints
    sums: Array

    def __neg__(self) -> "Sums":
        return Sums(self.keys, -self.sums)


def whole_sum(numbers: Array, axis: int | None = None) -> Any:
    """The exact sum of whole numbers: in 64 bits where it must fit, else in Python's integers."""
    largest = int(np.abs(numbers).max(initial=0)) * max(numbers.size, 1)
    return (
        numbers.sum(axis=axis) if largest < LARGEST_KEY else numbers.astype(object).sum(axis=axis)
    )


def summed(keys: Ints, sums: Iterable[Array]) -> Sums:
    """Add up columns by key, exactly; keys whose columns are all 0 are left out.

    Columns are taken one after the other, so that only one of them is ever held twice.
    """
    order = None if (keys[1:] >= keys[:-1]).all() else np.argsort(keys, kind="stable")
    keys = keys if order is None else keys[order]
    starts = run_starts(keys)
    columns = [_by_run(column if order is None else column[order], starts) for column in sums]
    del order
    keys = keys[starts] if starts.size < keys.size else keys
    totals = np.stack(columns)
    del columns
    kept = (totals != 0).any(axis=0)
    return Sums(keys, totals) if kept.all() else Sums(keys[kept], totals[:, kept])


def _by_run(column: Array, starts: Ints) -> Array:
    if starts.size == column.size:
        return column
    largest = max(int(column.max()), -int(column.min())) * column.size
    summable = column if largest < LARGEST_KEY else column.astype(object)
    total: Array = np.add.reduceat(summable, starts)
    return total


def run_starts(keys: Ints) -> Ints:
    """Where each run of equal keys begins."""
    return np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: keys.size])


def digits_needed(channels: int, order: int) -> int:
    """The base of the keys. Raises ValueError when keys of this order would not fit 62 bits."""
    base = channels + 1
    if base ** (order + 1) >= LARGEST_KEY:
        raise ValueError(f"{channels} channels are too many for order {order}")
    return base


def per_symbol(stream: Array, times: Array) -> Array:
    """The number of each journey, for every symbol of a stream after its first."""
    ends = np.flatnonzero(stream == 0)
    return np.repeat(times, np.diff(ends))


def gram_keys(stream: Array, base: int, order: int) -> Ints:
    """The gram that ends at each symbol of a stream after its first (which is a boundary).

    A stream is journeys one after the other with a boundary 0 before, between and after them.
    """
    padded = np.concatenate([np.zeros(order - 1, stream.dtype), stream])
    n = stream.size - 1
    keys = padded[order:].astype(np.int64)
    inside = np.ones(n, np.bool_)
    factor = 1
    for back in range(1, order + 1):
        factor *= base
        symbol = padded[order - back : order - back + n] * inside
        keys += symbol * np.int64(factor)
        inside = symbol != 0
    return keys


class GramCounts:
    """Counts grams: in a table of all possible ones while those are few, else sorted."""

    def __init__(self, base: int, order: int, kernel: "Kernel | None" = None) -> None:
        self._base, self._order, self._kernel = base, order, kernel
        dense = base ** (order + 1) if base ** (order + 1) <= DENSE_KEYS else 0
        self._times = np.zeros(dense, np.int64)
        self._sparse: list[Sums] = []

    def add(self, stream: Array, times: Array | None) -> None:
        """Count the grams of a stream, `times` per journey (None: once)."""
        if times is None and self._times.size and self._kernel and stream.dtype == np.uint8:
            self._kernel.count_grams(stream, self._base, self._order, self._times)
            return
        keys = gram_keys(stream, self._base, self._order)
        if times is None and self._times.size:
            np.add.at(self._times, keys, 1)
            return
        counts = np.ones(keys.size, np.int64) if times is None else per_symbol(stream, times)
        self._keep(keys, np.stack([counts, np.zeros_like(counts), np.zeros_like(counts)]))

    def add_ends(self, stream: Array, gains: Array) -> None:
        """Add the conversions and the value (2 x journeys) to the grams that end journeys."""
        ends = gram_keys(stream, self._base, self._order)[stream[1:] == 0]
        self._keep(ends, np.concatenate([np.zeros_like(gains[:1]), gains]))

    def _keep(self, keys: Ints, sums: Array) -> None:
        self._sparse.append(summed(keys, sums))

    def sums(self) -> Sums:
        """Times, conversions and value of all grams counted."""
        present = np.flatnonzero(self._times)
        counted = np.zeros((3, present.size), np.int64)
        counted[0] = self._times[present]
        if not self._sparse:
            return Sums(present, counted)
        rest = joined(self._sparse)
        places = np.searchsorted(present, rest.keys)
        known = np.append(present, LARGEST_KEY)[places] == rest.keys
        if rest.sums.dtype == object or not known.all():
            return joined([Sums(present, counted), rest])
        counted[:, places] += rest.sums
        return Sums(present, counted)


def joined(parts: Sequence[Sums]) -> Sums:
    """Add up tables of the same columns."""
    if len(parts) == 1:
        return summed(parts[0].keys, parts[0].sums)
    columns = zip(*(part.sums for part in parts), strict=True)
    keys = np.concatenate([part.keys for part in parts])
    return summed(keys, (np.concatenate(column) for column in columns))


def shorten(grams: Sums, base: int, order: int) -> Sums:
    """The grams of a lower order, from those of a higher one: older channels are forgotten."""
    if int(grams.keys.max(initial=0)) < base ** (order + 1):
        return grams
    return summed(grams.keys % base ** (order + 1), grams.sums)


def recode(keys: Ints, old_base: int, new_base: int, digits: Array) -> Ints:
    """Rewrite packed keys digit by digit: digit d of the old base becomes `digits[d]`."""
    result = np.zeros_like(keys)
    factor = 1
    while keys.any():
        result += digits[keys % old_base] * factor
        keys = keys // old_base
        factor *= new_base
    return result
