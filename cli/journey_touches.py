"""Touch rows: `journey,ts,channel[,converted,value]`, in any order, one row per touch.

`ts` is ISO 8601 (UTC unless it says otherwise) or UNIX time, in milliseconds from 1e11 on and in
seconds below. A converted row ends a journey: what the same person does later begins the next.
When every row of a journey of several rows says converted, with no two different values, that is
one conversion, told on every row. Without the column `converted` each journey converted once.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cli.journey_paths import ROUNDS_WELL, encoded, micros
from cli.journey_source import BadRow, Block, OddRow, whole_text
from cli.journey_spool import Piece, Spool
from touchline.attribution.engine.arrays import Array, Floats, Ints
from touchline.attribution.engine.paths import Batch, Journeys, stream_of
from touchline.kernel.money import MICROS

MILLISECONDS_FROM = 10**11
YES = frozenset({"1", "true", "yes", "y", "t"})
NO = frozenset({"0", "false", "no", "n", "f", ""})
BATCH_TOUCHES = 1_000_000


@dataclass(frozen=True, slots=True)
class TouchRows:
    """Collects the touches of all blocks in a spool."""

    spool: Spool
    by: str = "channel"
    says_converted: bool = True
    bad: list[BadRow] = field(default_factory=list)

    def add_all(self, blocks: Iterable[Block]) -> None:
        """Take in blocks, as long as there are any."""
        for block in blocks:
            self._add(block)

    def _add(self, block: Block) -> None:
        try:
            self.spool.put(self._quick(block.table()))
        except (pa.ArrowInvalid, OddRow):
            self.spool.put(self._careful(block))

    def _quick(self, table: Any) -> Piece:
        journey, channel = (table[name].combine_chunks() for name in ("journey", self.by))
        channel = pc.utf8_trim_whitespace(channel)
        if pc.any(pc.equal(channel, "")).as_py() or pc.any(pc.equal(journey, "")).as_py():
            raise OddRow("a name is missing")
        rows = table.num_rows
        converted, value = np.ones(rows, np.bool_), np.zeros(rows, np.int64)
        if self.says_converted:
            converted = _quick_flags(table["converted"].combine_chunks())
        if "value" in table.column_names:
            value = _quick_micros(table["value"].combine_chunks())
        at_ms = _quick_times(table["ts"].combine_chunks())
        return Piece(journey, channel, at_ms, converted, value)

    def _careful(self, block: Block) -> Piece:
        rows = []
        for line, row in block.rows():
            try:
                rows.append(self._touch(whole_text(row)))
            except ValueError as error:
                self.bad.append(BadRow(line, str(error)))
        columns = list(zip(*rows, strict=True)) or [()] * 5
        return Piece(
            pa.array(columns[0], pa.string()),
            pa.array(columns[1], pa.string()),
            np.array(columns[2], np.int64),
            np.array(columns[3], np.bool_),
            np.array(columns[4], np.int64),
        )

    def _touch(self, row: Mapping[str, str]) -> tuple[str, str, int, bool, int]:
        journey, channel = row["journey"], row[self.by].strip()
        if not journey or not channel:
            raise OddRow(f"journey or {self.by} is missing")
        flag = row["converted"].strip().lower() if self.says_converted else "1"
        if flag not in YES | NO:
            raise OddRow(f"converted is {row['converted']!r}, neither 1 nor 0")
        value = row.get("value", "").strip()
        return journey, channel, time_ms(row["ts"]), flag in YES, micros(value or "0", "value")

    def batches(self) -> Iterator[Batch]:
        """All journeys, a million touches at a time."""
        for pieces in self.spool.take():
            yield from self._grouped([piece for piece in pieces if len(piece.journey)])

    def _grouped(self, pieces: list[Piece]) -> Iterator[Batch]:
        if not pieces:
            return
        journey = pa.chunked_array([piece.journey for piece in pieces]).combine_chunks()
        symbol, names = encoded(pa.chunked_array([p.channel for p in pieces]).combine_chunks())
        person = journey.dictionary_encode().indices.to_numpy()
        at_ms = np.concatenate([piece.at_ms for piece in pieces])
        converted = np.concatenate([piece.converted for piece in pieces])
        value = np.concatenate([piece.value_micros for piece in pieces])
        order = np.lexsort((value, converted, symbol, at_ms, person))
        person, symbol, at_ms = person[order], symbol[order], at_ms[order]
        ends, gained = _ends(person, converted[order], value[order], not self.says_converted)
        yield from _cut(names, symbol, at_ms, ends, gained)


def time_ms(text: str) -> int:
    """An instant in UNIX milliseconds. Raises OddRow."""
    text = text.strip()
    try:
        if text.replace(".", "", 1).isdigit() and text.isascii():
            whole = float(text) if "." in text else int(text)
            return round(whole if whole >= MILLISECONDS_FROM else whole * 1000)
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise OddRow(f"ts is {text!r}: neither ISO 8601 nor UNIX time") from error
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _quick_times(texts: Any) -> Ints:
    for kind in (pa.int64(), pa.timestamp("ms"), pa.timestamp("ms", "UTC")):
        try:
            times = pc.cast(texts, kind)
        except pa.ArrowInvalid:
            continue
        at: Ints = pc.cast(times, pa.int64()).to_numpy()
        if not pa.types.is_integer(kind):
            return at
        if at.min(initial=0) >= 0:
            return np.where(at >= MILLISECONDS_FROM, at, at * 1000)
    raise OddRow("ts")


def _quick_flags(texts: Any) -> Array:
    dictionary = texts.dictionary_encode()
    words = [word.strip().lower() for word in dictionary.dictionary.to_pylist()]
    if not set(words) <= YES | NO:
        raise OddRow("converted")
    indices: Ints = dictionary.indices.to_numpy()
    return np.array([word in YES for word in words], np.bool_)[indices]


def _quick_micros(texts: Any) -> Ints:
    given = pc.if_else(pc.equal(texts, ""), "0", texts)
    value: Floats = pc.cast(given, pa.float64()).to_numpy()
    if not ((value >= 0) & (value < ROUNDS_WELL)).all():
        raise OddRow("value")
    return np.rint(value * MICROS).astype(np.int64)


def _ends(person: Ints, converted: Array, value: Ints, once_each: bool) -> tuple[Array, Array]:
    """Where journeys end, and what each row gains: -1 for no conversion, else the value."""
    last = np.append(person[1:] != person[:-1], True)
    group = np.cumsum(last) - last
    rows = np.bincount(group)
    told = np.bincount(group, converted)
    highest = np.zeros(rows.size, np.int64)
    np.maximum.at(highest, group, value)
    differing = np.bincount(group, (value != 0) & (value != highest[group])) > 0
    whole = (told == rows) & ~differing & (rows > 1) if not once_each else rows > 0
    gained = np.where(converted, value, -1)
    gained[whole[group]] = -1
    gained[whole[group] & last] = highest[whole]
    return last | (gained >= 0), gained


def _cut(
    names: tuple[str, ...], symbol: Array, at_ms: Ints, ends: Array, gained: Ints
) -> Iterator[Batch]:
    stops: Ints = np.flatnonzero(ends) + 1
    first = 0
    while first < symbol.size:
        cut = int(stops[min(int(np.searchsorted(stops, first + BATCH_TOUCHES)), stops.size - 1)])
        part = slice(first, cut)
        mine = stops[(stops > first) & (stops <= cut)] - first
        lengths = np.diff(np.append(0, mine))
        gain = gained[part][mine - 1]
        newest = np.repeat(at_ms[part][mine - 1], lengths)
        won = np.repeat(gain >= 0, lengths)
        yield Batch(
            names,
            Journeys(
                stream_of(symbol[part][won], lengths[gain >= 0]),
                None,
                gain[gain >= 0],
                (newest - at_ms[part])[won],
            ),
            Journeys(stream_of(symbol[part][~won], lengths[gain < 0])),
        )
        first = cut
