"""All rows of a report in a file: CSV, JSON lines or Parquet, whatever their number."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from cli.api import Api, ApiRefused
from cli.output import fail
from touchline.reporting.formats import csv_text

LINES = {"accept": "application/jsonl"}
PARQUET_ROWS = 5_000
KINDS = (".csv", ".jsonl", ".parquet")


def all_rows(api: Api, path: str, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every row of a report, page after page. Raises ApiRefused, NotReachable."""
    cursor = ""
    while True:
        reply = api.send("GET", path, query={**query, "cursor": cursor}, headers=LINES)
        if reply.status >= 400:
            raise ApiRefused(reply.status, json.loads(reply.body).get("error", {}))
        yield from (json.loads(line) for line in reply.body.splitlines())
        cursor = reply.headers.get("x-touchline-next", "")
        if not cursor:
            return


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write the rows in the format of the file's ending; how many they were.

    Lines are written as they come; Parquet in groups, so that memory stays bounded.
    """
    kind = path.suffix.lower()
    if kind == ".jsonl":
        return _write_lines(path, rows)
    if kind == ".csv":
        return _write_csv(path, rows)
    if kind == ".parquet":
        return _write_parquet(path, rows)
    fail(f"{path.name} ends in none of {', '.join(KINDS)}")
    return 0


def _write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
            count += 1
    return count


def _write_csv(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Columns are those of the first rows; a later row's other fields join the last column."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as out:
        names: list[str] = []
        writer = csv.writer(out)
        for group in grouped(rows, PARQUET_ROWS):
            table = list(csv.reader(csv_text(group).splitlines(keepends=True)))
            if not names:
                names = table[0]
                writer.writerow(names)
            place = {name: index for index, name in enumerate(table[0])}
            for cells in table[1:]:
                writer.writerow([cells[place[name]] if name in place else "" for name in names])
                count += 1
    return count


def _write_parquet(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    import pyarrow as pa  # noqa: PLC0415 - slow to load, and only this needs it
    from pyarrow import parquet  # noqa: PLC0415

    count, writer = 0, None
    try:
        for group in grouped(rows, PARQUET_ROWS):
            texts = [{name: _parquet_cell(value) for name, value in row.items()} for row in group]
            if writer is None:
                table = pa.Table.from_pylist(texts)
                writer = parquet.ParquetWriter(path, table.schema)
            writer.write_table(pa.Table.from_pylist(texts, schema=writer.schema))
            count += len(group)
        if writer is None:
            parquet.write_table(pa.table({}), path)
    finally:
        if writer is not None:
            writer.close()
    return count


def _parquet_cell(value: Any) -> Any:
    """Numbers and texts as they are; whole numbers as decimals too, so that one type serves all
    rows of a column; what is nested as JSON."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def grouped(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """The rows in lists of at most `size`."""
    waiting = iter(rows)
    for first in waiting:
        group = [first]
        for row in chain(waiting):
            group.append(row)
            if len(group) == size:
                break
        yield group
