"""Conversions in a CSV file: which column means what, and which lines make one request."""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

FIELDS = frozenset(
    {
        *("event", "conversion_id", "value", "payout", "currency", "payout_currency", "status"),
        *("occurred_at", "click_id", "click_ref", "click_time", "user_domain", "user_id"),
        *("visitor", "email", "phone", "partner", "campaign", "coupon", "reason"),
        *("refund_value", "refund_id", "source", "skip_hook", "consent"),
        *(f"sub{number}" for number in range(1, 21)),
    }
)
"""Columns with a meaning of their own; any other column travels as metadata."""

_TRUE = frozenset({"1", "true", "yes", "y"})
_FALSE = frozenset({"0", "false", "no", "n"})
_DELIMITERS = ",;\t|"


class NotACsv(Exception):
    """The file cannot be read as a CSV file with a header; the text says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One record: the number of the line on which it begins, its digest, the item to send.

    `problem` is why it cannot be sent ("" when it can).
    """

    number: int
    digest: str
    item: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


def lines(raw: bytes, renamed: Mapping[str, str], default_event: str = "") -> Iterator[Line]:
    """The records of a file. `renamed` maps its columns to ours, as `{"order": "conversion_id"}`.

    Raises NotACsv for bytes that are not UTF-8, no header, or a header that names a column twice.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotACsv(f"not UTF-8 at byte {error.start}: save the file as UTF-8") from error
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    header = _header(reader, renamed)
    last = reader.line_num
    try:
        for cells in reader:
            number, last = last + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                yield _line(number, cells, header, default_event)
    except csv.Error as error:
        raise NotACsv(f"line {reader.line_num}: {error}") from error


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(_DELIMITERS, key=lambda mark: (first.count(mark), -_DELIMITERS.index(mark)))


def _header(reader: Iterator[list[str]], renamed: Mapping[str, str]) -> list[str]:
    names = [cell.strip() for cell in next(reader, [])]
    if not any(names):
        raise NotACsv("the first line must name the columns")
    missing = sorted(set(renamed) - set(names))
    if missing:
        raise NotACsv(f"no column is called {', '.join(missing)}")
    ours = [renamed.get(name, name.lower() if name.lower() in FIELDS else name) for name in names]
    twice = sorted({name for name in ours if name and ours.count(name) > 1})
    if twice:
        raise NotACsv(f"two columns mean {', '.join(twice)}")
    return ours


def _line(number: int, cells: Sequence[str], header: Sequence[str], default_event: str) -> Line:
    digest = hashlib.sha256("\x1f".join([default_event, *header, *cells]).encode()).hexdigest()[:16]
    if len(cells) > len(header):
        return Line(number, digest, problem=f"{len(cells)} cells under {len(header)} columns")
    item: dict[str, Any] = {"type": "conversion"}
    metadata: dict[str, str] = {}
    for name, cell in zip(header, cells, strict=False):
        value = cell.strip()
        if not name or not value:
            continue
        if name in FIELDS:
            item[name] = value
        else:
            metadata[name] = value
    if default_event:
        item.setdefault("event", default_event)
    if metadata:
        item["metadata"] = metadata
    if "consent" in item:
        item["consent"] = [word.strip() for word in item["consent"].split("|") if word.strip()]
    return Line(number, digest, item, _read_flag(item))


def _read_flag(item: dict[str, Any]) -> str:
    """Turn `skip_hook` into a truth value; the problem when it is none."""
    said = item.get("skip_hook")
    if said is None:
        return ""
    if said.lower() not in _TRUE | _FALSE:
        return f"skip_hook is true or false, not {said[:20]!r}"
    item["skip_hook"] = said.lower() in _TRUE
    return ""


@dataclass(slots=True)
class Batches:
    """Cuts items into requests of at most `most` items and `most_bytes` bytes each."""

    most: int
    most_bytes: int = 200 * 1024  # under the 256 KiB that intake takes, with room for the frame

    def cut(self, sized: Iterable[tuple[Line, int]]) -> Iterator[list[Line]]:
        """Batches in order, of lines with their sizes in bytes; none is empty."""
        batch: list[Line] = []
        filled = 0
        for line, size in sized:
            if batch and (len(batch) == self.most or filled + size > self.most_bytes):
                yield batch
                batch, filled = [], 0
            batch.append(line)
            filled += size
        if batch:
            yield batch
