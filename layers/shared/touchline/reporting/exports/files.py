"""Rows into a file, group after group: CSV for spreadsheets, JSON lines for programs, Parquet."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, BinaryIO, Final, Protocol

from touchline.reporting.exports.columns import Columns
from touchline.reporting.exports.parquet import ParquetFile
from touchline.reporting.formats import cell, lines_text

Row = Mapping[str, Any]


class RowFile(Protocol):
    """A file that takes rows."""

    def write(self, rows: Sequence[Row]) -> None:
        """The next rows."""
        ...

    def close(self) -> None:
        """What stands behind the last row. The file below stays open."""
        ...


class CsvFile:
    """One line a row under a line of names, with the same cells as the API's CSV."""

    def __init__(self, out: BinaryIO, columns: Columns) -> None:
        self._out = out
        self._columns = columns
        self._put([[column.name for column in columns]])

    def write(self, rows: Sequence[Row]) -> None:
        """The next rows."""
        self._put([[cell(column.of(row)) for column in self._columns] for row in rows])

    def close(self) -> None:
        """Nothing follows."""

    def _put(self, lines: Sequence[Sequence[str]]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(lines)
        self._out.write(text.getvalue().encode())


class LinesFile:
    """One JSON object a line, as the API has it."""

    def __init__(self, out: BinaryIO, _columns: Columns) -> None:
        self._out = out

    def write(self, rows: Sequence[Row]) -> None:
        """The next rows."""
        self._out.write(lines_text(rows).encode())

    def close(self) -> None:
        """Nothing follows."""


FORMATS: Final[Mapping[str, Callable[[BinaryIO, Columns], RowFile]]] = MappingProxyType(
    {"csv": CsvFile, "jsonl": LinesFile, "parquet": ParquetFile}
)
"""Each format by the ending of its files."""
