"""Reading a person's file of journeys block by block: CSV or Parquet, with row numbers.

A block is offered twice: as a typed table, which is quick and refuses the block as a whole when
anything in it is odd, and as plain rows, which is slow and tells which row is odd and why.
"""

import csv
import gzip
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, cast

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

BLOCK_BYTES = 8 << 20
BLOCK_ROWS = 250_000
NUMBERS = {
    "total_conversions": pa.int64(),
    "total_null": pa.int64(),
    "total_conversion_value": pa.float64(),
}
"""Columns that a typed table has as numbers; all others are text."""

Rows: TypeAlias = Iterator[tuple[int, Mapping[str, str]]]


class UnreadableFile(Exception):
    """The file as a whole cannot be read; says why."""


class OddRow(ValueError):
    """What is wrong with one row."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out. `line` counts from 1 (in Parquet: the row)."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a file. `table` raises pa.ArrowInvalid when a row of it is odd."""

    size: int
    table: Callable[[], Any]
    rows: Callable[[], Rows]


@dataclass(frozen=True, slots=True)
class Source:
    """An open file: the names of its columns, its size and its blocks."""

    columns: tuple[str, ...]
    size: int | None
    """In the blocks' unit; None when it is not known beforehand."""
    blocks: Iterator[Block]


def open_source(path: Path) -> Source:
    """Open a CSV file (`.gz` or not), or one that ends in `.parquet`. Raises UnreadableFile."""
    try:
        return _parquet(path) if path.suffix == ".parquet" else _csv(path)
    except (OSError, pa.ArrowException) as error:
        raise UnreadableFile(str(error)) from error


def _csv(path: Path) -> Source:
    try:
        with _opened(path) as file:
            header = file.readline().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile("the first line is not UTF-8 text") from error
    if not header.strip():
        raise UnreadableFile("the file is empty")
    columns = tuple(name.strip().lower() for name in next(csv.reader([header])))
    size = None if path.suffix == ".gz" else path.stat().st_size
    return Source(columns, size, _csv_blocks(path, columns))


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.GzipFile(path)) if path.suffix == ".gz" else path.open("rb")


def _csv_blocks(path: Path, columns: Sequence[str]) -> Iterator[Block]:
    line = 2
    with _opened(path) as file:
        file.readline()
        while data := file.read(BLOCK_BYTES):
            data += file.readline()
            while data.count(b'"') % 2 and (more := file.readline()):
                data += more
            yield _csv_block(data, line, columns)
            line += data.count(b"\n")


def _csv_block(data: bytes, line: int, columns: Sequence[str]) -> Block:
    return Block(
        len(data),
        lambda: _typed_csv(data, columns),
        lambda: _csv_rows(data, line, columns),
    )


def _typed_csv(data: bytes, columns: Sequence[str]) -> Any:
    return pyarrow.csv.read_csv(
        pa.BufferReader(data),
        pyarrow.csv.ReadOptions(
            use_threads=False, block_size=len(data) + 1, column_names=list(columns)
        ),
        pyarrow.csv.ParseOptions(newlines_in_values=b'"' in data),
        pyarrow.csv.ConvertOptions(
            column_types={name: NUMBERS.get(name, pa.string()) for name in columns},
            null_values=[],
            strings_can_be_null=False,
        ),
    )


def _csv_rows(data: bytes, line: int, columns: Sequence[str]) -> Rows:
    text = io.StringIO(data.decode("utf-8", errors="surrogateescape"), newline="")
    reader = csv.reader(text)
    before = 0
    for fields in reader:
        number, before = line + before, reader.line_num
        if not fields:
            continue
        if len(fields) != len(columns):
            yield number, {"": f"{len(fields)} fields, {len(columns)} columns"}
        else:
            yield number, dict(zip(columns, fields, strict=True))


def _parquet(path: Path) -> Source:
    file = pyarrow.parquet.ParquetFile(path)
    columns = tuple(name.lower() for name in file.schema_arrow.names)
    return Source(columns, file.metadata.num_rows, _parquet_blocks(file, columns))


def _parquet_blocks(file: Any, columns: Sequence[str]) -> Iterator[Block]:
    row = 1
    for batch in file.iter_batches(BLOCK_ROWS):
        table = pa.Table.from_batches([batch]).rename_columns(list(columns))
        yield _parquet_block(table, row)
        row += table.num_rows


def _parquet_block(table: Any, first: int) -> Block:
    def typed() -> Any:
        kinds = [NUMBERS.get(name, pa.string()) for name in table.column_names]
        cast = table.cast(pa.schema(list(zip(table.column_names, kinds, strict=True))))
        if any(column.null_count for column in cast.columns):
            raise pa.ArrowInvalid("a value is missing")
        return cast

    def rows() -> Rows:
        for number, row in enumerate(table.to_pylist(), start=first):
            yield number, {name: "" if x is None else str(x) for name, x in row.items()}

    return Block(table.num_rows, typed, rows)


def whole_text(row: Mapping[str, str]) -> Mapping[str, str]:
    """The row, if it has all its fields and is UTF-8 text. Raises OddRow."""
    if "" in row:
        raise OddRow(row[""])
    if any(not text.isascii() and _has_surrogate(text) for text in row.values()):
        raise OddRow("not UTF-8 text")
    return row


def _has_surrogate(text: str) -> bool:
    return any("\udc80" <= letter <= "\udcff" for letter in text)
