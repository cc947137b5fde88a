"""Path rows: `path,total_conversions[,total_conversion_value,total_null]`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cli.journey_source import BadRow, Block, OddRow, whole_text
from touchline.attribution.engine.arrays import Array, Ints
from touchline.attribution.engine.paths import (
    Batch,
    Journeys,
    PathCount,
    batch_of,
    spaced_ages,
    stream_of,
    symbol_type,
)
from touchline.kernel.money import MAX_MICROS, MICROS

SEPARATOR = ">"
ROUNDS_WELL = 1e9
"""Below this a float holds six decimals to spare, so rounding it to micros is exact."""
COLUMNS = ("total_conversions", "total_conversion_value", "total_null")


@dataclass(frozen=True, slots=True)
class PathRows:
    """Makes batches of path rows; what is wrong with rows is kept in `bad`."""

    spacing_ms: int
    bad: list[BadRow] = field(default_factory=list)

    def batch(self, block: Block) -> Batch:
        """The journeys of a block."""
        try:
            return _quick(block.table(), self.spacing_ms)
        except (pa.ArrowInvalid, OddRow):
            return batch_of(self._careful(block), self.spacing_ms)

    def _careful(self, block: Block) -> Iterable[PathCount]:
        for line, row in block.rows():
            try:
                yield path_count(whole_text(row))
            except ValueError as error:
                self.bad.append(BadRow(line, str(error)))


def path_count(row: Mapping[str, str]) -> PathCount:
    """One row, read with care. Raises OddRow, or ValueError for counts that cannot be."""
    names = tuple(name.strip() for name in row["path"].split(SEPARATOR))
    if not all(names):
        raise OddRow(f"path {row['path']!r} has a channel without a name")
    return PathCount(
        names,
        _count(row, "total_conversions", 0),
        micros(row.get("total_conversion_value", "0"), "total_conversion_value"),
        _count(row, "total_null", 0),
    )


def _count(row: Mapping[str, str], column: str, default: int) -> int:
    text = row.get(column, str(default)).strip()
    if not text.isascii() or not text.isdigit():
        raise OddRow(f"{column} is {text!r}, not a whole number")
    return int(text)


def micros(text: str, column: str) -> int:
    """An amount as whole micros; more than six decimals are rounded. Raises OddRow."""
    try:
        amount = Decimal(text.strip())
    except InvalidOperation as error:
        raise OddRow(f"{column} is {text!r}, not a number") from error
    if not amount.is_finite() or amount < 0 or amount * MICROS > MAX_MICROS:
        raise OddRow(f"{column} is {text!r}: it must be from 0 to {MAX_MICROS // MICROS}")
    return round(amount * MICROS)


def _quick(table: Any, spacing_ms: int) -> Batch:
    symbols, lengths, names = encoded_lists(table["path"].combine_chunks())
    conversions, value, nulls = (_numbers(table, column) for column in COLUMNS)
    if min(x.min(initial=0) for x in (conversions, value, nulls)) < 0:
        raise OddRow("negative")
    if not (value < ROUNDS_WELL).all() or (value[conversions == 0] > 0).any():
        raise OddRow("value")
    micros_each = np.rint(value * MICROS).astype(np.int64)
    won = _chosen(symbols, lengths, conversions)
    ages = spaced_ages(lengths[conversions > 0], spacing_ms)
    return Batch(
        names,
        Journeys(won.stream, won.times, micros_each[conversions > 0], ages),
        _chosen(symbols, lengths, nulls),
    )


def _numbers(table: Any, column: str) -> Array:
    if column not in table.column_names:
        return np.zeros(table.num_rows, np.int64)
    array: Array = table[column].combine_chunks().to_numpy(zero_copy_only=False)
    return array


def _chosen(symbols: Array, lengths: Ints, times: Ints) -> Journeys:
    kept = times > 0
    stream = stream_of(symbols[np.repeat(kept, lengths)], lengths[kept])
    times = times[kept]
    return Journeys(stream, None if (times == 1).all() else times)


def encoded_lists(texts: Any) -> tuple[Array, Ints, tuple[str, ...]]:
    """Paths as symbols of their sorted channel names. Raises OddRow for an empty name."""
    lists = pc.split_pattern(texts, SEPARATOR)
    symbols, names = encoded(pc.utf8_trim_whitespace(lists.flatten()))
    return symbols, np.diff(lists.offsets.to_numpy()).astype(np.int64), names


def encoded(texts: Any) -> tuple[Array, tuple[str, ...]]:
    """Texts as symbols 1..n of their sorted distinct values. Raises OddRow for an empty one."""
    dictionary = texts.dictionary_encode()
    found: Sequence[str] = dictionary.dictionary.to_pylist()
    if "" in found:
        raise OddRow("a channel without a name")
    order = sorted(range(len(found)), key=found.__getitem__)
    symbol = np.empty(len(found), symbol_type(len(found)))
    symbol[order] = np.arange(1, len(found) + 1)
    return symbol[dictionary.indices.to_numpy()], tuple(found[place] for place in order)
