"""Synthetic journeys for the engine's benchmark, the same for the same seed.

Lengths are geometric with mean 1/0.3 = 3.33 touches, at most 40. Channel c (1..C) has a share of
touches that falls as c**-0.8. 2.6 % of journeys convert, with a log-normal value (median 40,
rounded to cents). Touches are exponentially spaced with a mean of a day.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from touchline.attribution.engine import columnar
from touchline.attribution.engine.arrays import Array
from touchline.attribution.engine.paths import Batch, Journeys, stream_of, symbol_type

SEED = 20_260_101
BLOCK = 250_000
CONVERTING = 0.026
DAY_MS = 86_400_000


def channel_names(channels: int) -> tuple[str, ...]:
    """`ch01`, `ch02`, ..."""
    return tuple(f"ch{index:02d}" for index in range(1, channels + 1))


def blocks(journeys: int, channels: int) -> Iterator[Batch]:
    """The journeys, `BLOCK` at a time."""
    random = np.random.default_rng([SEED, journeys, channels])
    shares = np.arange(1, channels + 1) ** -0.8
    shares /= shares.sum()
    for first in range(0, journeys, BLOCK):
        yield _block(random, shares, min(BLOCK, journeys - first))


def _block(random: np.random.Generator, shares: Array, journeys: int) -> Batch:
    lengths = np.minimum(random.geometric(0.3, journeys), 40)
    symbols = random.choice(shares.size, lengths.sum(), p=shares) + 1
    symbols = symbols.astype(symbol_type(shares.size))
    converts = random.random(journeys) < CONVERTING
    touched = np.repeat(converts, lengths)
    won = lengths[converts]
    value = np.rint(random.lognormal(np.log(40), 0.8, won.size) * 100).astype(np.int64) * 10_000
    return Batch(
        channel_names(shares.size),
        Journeys(stream_of(symbols[touched], won), None, value, _ages(random, won)),
        Journeys(stream_of(symbols[~touched], lengths[~converts])),
    )


def _ages(random: np.random.Generator, lengths: Array) -> Array:
    """Milliseconds from each touch to the last one of its journey."""
    gaps = random.exponential(DAY_MS, lengths.sum()).astype(np.int64)
    ends = np.cumsum(lengths)
    gaps[ends - 1] = 0
    after: Array = np.cumsum(gaps[::-1])[::-1]
    next_journeys: Array = np.append(after[ends[:-1]], 0)
    ages: Array = after - np.repeat(next_journeys, lengths)
    return ages


def write_columns(path: Path, journeys: int, channels: int) -> None:
    """The journeys in the engine's own form."""
    columnar.write(path, blocks(journeys, channels))


def write_csv(path: Path, journeys: int, channels: int) -> None:
    """The journeys as path rows, one journey a row, as every peer reads them."""
    names = channel_names(channels)
    with path.open("w", encoding="utf-8") as file:
        file.write("path,total_conversions,total_conversion_value,total_null\n")
        for batch in blocks(journeys, channels):
            value = batch.converting.value_micros
            worth = [] if value is None else (value / 1_000_000).tolist()
            file.writelines(_lines(batch.converting, names, [f",1,{v:.2f},0\n" for v in worth]))
            file.writelines(_lines(batch.ended, names, [",0,0,1\n"] * batch.ended.rows))


def _lines(journeys: Journeys, names: tuple[str, ...], ends: list[str]) -> Iterator[str]:
    text = journeys.stream.tobytes()
    for path, end in zip(text[1:-1].split(b"\0"), ends, strict=True):
        yield " > ".join([names[symbol - 1] for symbol in path]) + end
