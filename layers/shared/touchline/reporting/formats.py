"""Rows as text: CSV for spreadsheets, JSON lines for programs. The same rows as in the JSON."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

CSV = "text/csv"
LINES = "application/jsonl"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def wanted_format(accept: str) -> str:
    """`text/csv` or `application/jsonl` when the Accept header asks for it, else JSON."""
    said = accept.lower()
    if CSV in said:
        return CSV
    if LINES in said or "application/x-ndjson" in said:
        return LINES
    return "application/json"


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """One line per row under a line of names; columns in the order in which they first appear.

    Nested values become one column for each inner name (`value.EUR`).
    """
    flat = [dict(_flattened(row)) for row in rows]
    names = list(dict.fromkeys(name for row in flat for name in row))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([cell(row.get(name)) for name in names] for row in flat)
    return out.getvalue()


def lines_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """One JSON object per line."""
    return "".join(
        json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows
    )


def _flattened(row: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _flattened(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def cell(value: Any) -> str:
    """A value as a spreadsheet takes it: nothing for None, a list joined by ` > `.

    What a spreadsheet would run as a formula stands behind an apostrophe.
    """
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return cell(" > ".join(str(one) for one in value))
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.isascii() and "n" not in text.lower()
