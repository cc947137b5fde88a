"""Rows of reports as CSV."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

_FORMULA = ("=", "+", "@", "\t", "\r")
"""What makes a spreadsheet read a text as a formula. A minus may begin a number."""


def as_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """RFC 4180 in UTF-8, with a header. Paths are joined by ` > `, other nested values are JSON.

    Texts that a spreadsheet would run as a formula get an apostrophe in front.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows([_plain(row.get(name)) for name in names] for row in rows)
    return out.getvalue().encode()


def _plain(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return _text(" > ".join(value))
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return _text(value) if isinstance(value, str) else value


def _text(value: str) -> str:
    risky = value.startswith(_FORMULA) or (value.startswith("-") and not _is_number(value))
    return f"'{value}" if risky else value


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
