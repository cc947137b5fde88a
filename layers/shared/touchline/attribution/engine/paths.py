"""Journeys as columns: many paths in a few arrays, and how counted paths become such columns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from touchline.attribution.engine.arrays import Array, Ints, np

BOUNDARY = 0
"""The symbol before, between and after journeys in a stream; channels are 1..C."""


@dataclass(frozen=True, slots=True)
class PathCount:
    """A path of channels, oldest first, with how often it converted and how often it did not."""

    path: tuple[str, ...]
    conversions: int = 0
    value_micros: int = 0
    nulls: int = 0

    def __post_init__(self) -> None:
        """Raises ValueError for an empty path, a negative count, or value without conversion."""
        if not self.path:
            raise ValueError("a path has a touch at least")
        if min(self.conversions, self.nulls, self.value_micros) < 0:
            raise ValueError("counts and value must not be negative")
        if self.value_micros and not self.conversions:
            raise ValueError("value without a conversion")


@dataclass(frozen=True, slots=True)
class Journeys:
    """Journeys of one outcome. A row is a journey, or a path that several journeys took."""

    stream: Array
    """Unsigned symbols: `0 a b 0 c 0` is the journeys ab and c."""
    times: Ints | None = None
    """Journeys per row; None means one each."""
    value_micros: Ints | None = None
    """Value per row, of all its journeys; None means none."""
    ages_ms: Ints | None = None
    """Per touch: milliseconds before the last touch of its journey; None means not known."""

    @property
    def rows(self) -> int:
        """How many rows."""
        return int(np.count_nonzero(self.stream == BOUNDARY)) - 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Journeys over one list of channels: symbol s of the streams is `channels[s - 1]`."""

    channels: tuple[str, ...]
    converting: Journeys
    ended: Journeys


def symbol_type(channels: int) -> type["np.unsignedinteger"]:
    """The narrowest unsigned type for the symbols 0..channels."""
    if channels < 2**8:
        return np.uint8
    return np.uint16 if channels < 2**16 else np.uint32


def stream_of(symbols: Array, lengths: Ints) -> Array:
    """Put boundaries around journeys whose symbols stand one after the other."""
    stream = np.zeros(symbols.size + lengths.size + 1, symbols.dtype)
    places = np.arange(symbols.size) + np.repeat(np.arange(lengths.size), lengths) + 1
    stream[places] = symbols
    return stream


def lengths_of(stream: Array) -> Ints:
    """The length of each journey of a stream."""
    return np.diff(np.flatnonzero(stream == BOUNDARY)) - 1


def spaced_ages(lengths: Ints, spacing_ms: int) -> Ints:
    """Ages of touches that stand evenly `spacing_ms` apart."""
    ends = np.repeat(np.cumsum(lengths), lengths)
    return (ends - 1 - np.arange(ends.size)) * np.int64(spacing_ms)


def batch_of(paths: Iterable[PathCount], spacing_ms: int | None = None) -> Batch:
    """Counted paths as columns. `spacing_ms` gives their touches times, evenly apart."""
    counted = list(paths)
    names = tuple(sorted(set(chain.from_iterable(row.path for row in counted))))
    symbol = {name: index for index, name in enumerate(names, start=1)}
    converting = [row for row in counted if row.conversions]
    ended = [row for row in counted if row.nulls]
    won = _journeys(converting, symbol, [row.conversions for row in converting])
    ages = None if spacing_ms is None else spaced_ages(lengths_of(won.stream), spacing_ms)
    value = exact_integers([row.value_micros for row in converting])
    return Batch(
        names,
        Journeys(won.stream, won.times, value, ages),
        _journeys(ended, symbol, [row.nulls for row in ended]),
    )


def exact_integers(numbers: Sequence[int]) -> Array:
    """Whole numbers of any size: 64 bits where they fit, else Python's own."""
    fits = all(abs(number) < 2**62 for number in numbers)
    return np.array(numbers, np.int64 if fits else object)


def _journeys(
    rows: Sequence[PathCount], symbol: Mapping[str, int], times: Sequence[int]
) -> Journeys:
    lengths = np.array([len(row.path) for row in rows], np.int64)
    symbols = (symbol[name] for row in rows for name in row.path)
    flat = np.fromiter(symbols, symbol_type(len(symbol)), int(lengths.sum()))
    return Journeys(stream_of(flat, lengths), exact_integers(times))
