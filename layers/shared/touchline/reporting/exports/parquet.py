"""Parquet files, row group after row group, in the memory of one group.

Plain encoding, gzip, one data page a column and group. A library that does more weighs 150 MB,
which no function should carry (docs/decisions/0089). Format: https://parquet.apache.org/docs/
"""

import struct as packing
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, BinaryIO, Final

from touchline.kernel.money import micros_of
from touchline.reporting.exports import thrift
from touchline.reporting.exports.columns import Column, Columns, Kind
from touchline.reporting.exports.thrift import I64

MAGIC: Final = b"PAR1"
INT64, DOUBLE, BYTES, BOOLEAN = 2, 5, 6, 0
OPTIONAL, REPEATED = 1, 2
UTF8, LIST, DECIMAL, TIMESTAMP_MILLIS = 0, 3, 5, 9
PLAIN, RLE, GZIP, DATA_PAGE = 0, 3, 2, 0
MONEY_DIGITS, MONEY_SCALE = 18, 6
DEFINED, PRESENT = 1, 2
"""Definition levels: of a plain column, a value; of a list, an empty list and an element."""


@dataclass(frozen=True, slots=True)
class _Type:
    physical: int
    write: Callable[[Sequence[Any]], bytes]
    read: Callable[[Any], Any]
    converted: int | None = None
    is_list: bool = False


def _texts(values: Sequence[str]) -> bytes:
    encoded = [value.encode("utf-8", "replace") for value in values]
    return b"".join(packing.pack("<I", len(one)) + one for one in encoded)


def _integers(values: Sequence[int]) -> bytes:
    return packing.pack(f"<{len(values)}q", *values)


def _doubles(values: Sequence[float]) -> bytes:
    return packing.pack(f"<{len(values)}d", *values)


def _bits(values: Sequence[bool]) -> bytes:
    packed = sum(1 << at for at, value in enumerate(values) if value)
    return packed.to_bytes((len(values) + 7) // 8, "little")


def _instant(said: str) -> int:
    return round(datetime.fromisoformat(said).timestamp() * 1000)


_TYPES: Final = MappingProxyType(
    {
        Kind.TEXT: _Type(BYTES, _texts, str, UTF8),
        Kind.NUMBER: _Type(DOUBLE, _doubles, float),
        Kind.MONEY: _Type(INT64, _integers, micros_of, DECIMAL),
        Kind.INSTANT: _Type(INT64, _integers, _instant, TIMESTAMP_MILLIS),
        Kind.FLAG: _Type(BOOLEAN, _bits, bool),
        Kind.TEXTS: _Type(BYTES, _texts, str, UTF8, is_list=True),
        Kind.NUMBERS: _Type(DOUBLE, _doubles, float, is_list=True),
        Kind.INSTANTS: _Type(INT64, _integers, _instant, TIMESTAMP_MILLIS, is_list=True),
    }
)


class ParquetFile:
    """Writes groups of rows; the footer with `close`."""

    def __init__(self, out: BinaryIO, columns: Columns) -> None:
        self._out = out
        self._columns = columns
        self._groups: list[thrift.Value] = []
        self._rows = 0
        self._at = 0
        self._put(MAGIC)

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """One row group. No rows make none."""
        if not rows:
            return
        chunks = [self._chunk(column, [column.of(row) for row in rows]) for column in self._columns]
        size = sum(chunk[3][6] for chunk in chunks)
        self._groups.append({1: chunks, 2: I64(size), 3: I64(len(rows))})
        self._rows += len(rows)

    def close(self) -> None:
        """Write the footer. The file below stays open."""
        footer = thrift.struct(
            {
                1: 1,
                2: [*_schema(self._columns)],
                3: I64(self._rows),
                4: self._groups,
                6: "touchline",
            }
        )
        self._put(footer + packing.pack("<I", len(footer)) + MAGIC)

    def _chunk(self, column: Column, values: Sequence[Any]) -> dict[int, Any]:
        kind = _TYPES[column.kind]
        levels, present = _of_lists(values) if kind.is_list else _of_values(values)
        count = len(levels[-1])
        page = b"".join(map(_levels, levels)) + kind.write([kind.read(one) for one in present])
        packed = zlib.compress(page, 6, wbits=31)
        encodings = {1: count, 2: PLAIN, 3: RLE, 4: RLE}
        header = thrift.struct({1: DATA_PAGE, 2: len(page), 3: len(packed), 5: encodings})
        place = self._at
        self._put(header + packed)
        told = {
            1: kind.physical,
            2: [PLAIN, RLE],
            3: [column.name, *(("list", "element") if kind.is_list else ())],
            4: GZIP,
            5: I64(count),
            6: I64(len(header) + len(page)),
            7: I64(len(header) + len(packed)),
            9: I64(place),
        }
        return {2: I64(place), 3: told}

    def _put(self, content: bytes) -> None:
        self._out.write(content)
        self._at += len(content)


def _schema(columns: Columns) -> Iterator[thrift.Value]:
    yield {4: "rows", 5: len(columns)}
    for column in columns:
        kind = _TYPES[column.kind]
        name = column.name
        if kind.is_list:
            yield {3: OPTIONAL, 4: name, 5: 1, 6: LIST}
            yield {3: REPEATED, 4: "list", 5: 1}
            name = "element"
        decimal = kind.converted == DECIMAL
        yield {
            1: kind.physical,
            3: 0 if kind.is_list else OPTIONAL,
            4: name,
            6: kind.converted,
            7: MONEY_SCALE if decimal else None,
            8: MONEY_DIGITS if decimal else None,
        }


def _of_values(values: Sequence[Any]) -> tuple[list[list[int]], list[Any]]:
    """Definition levels (1 for a value, 0 for none), and the values that there are."""
    present = [value for value in values if value is not None]
    return [[0 if value is None else DEFINED for value in values]], present


def _of_lists(values: Sequence[Sequence[Any] | None]) -> tuple[list[list[int]], list[Any]]:
    """Repetition and definition levels, and every element."""
    repeated: list[int] = []
    defined: list[int] = []
    for value in values:
        repeated += [0, *[1] * (len(value) - 1)] if value else [0]
        defined += [PRESENT] * len(value) if value else [0 if value is None else DEFINED]
    return [repeated, defined], [one for value in values if value for one in value]


def _levels(levels: Sequence[int]) -> bytes:
    """Runs of equal levels, behind their length (RLE of the hybrid encoding)."""
    out, run, before = bytearray(), 0, levels[0]
    for level in levels:
        if level == before:
            run += 1
            continue
        out += thrift.varint(run << 1) + bytes([before])
        run, before = 1, level
    out += thrift.varint(run << 1) + bytes([before])
    return packing.pack("<I", len(out)) + bytes(out)
