"""One export: what was asked, how far it is, which files are there."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from touchline.kernel.clock import DAY_MS, HOUR_MS, iso, start_of
from touchline.kernel.errors import Refused
from touchline.kernel.ids import PartnerId, Realm
from touchline.kernel.reasons import reason
from touchline.reporting.ask import Days
from touchline.reporting.exports.files import FORMATS

RUNNING, DONE, FAILED = "running", "done", "failed"
FAILURE = "export_failed"
STALLED_MS = HOUR_MS
"""Longer than any step with all its tries: who was silent for so long has died."""
KEPT_DAYS = 7
"""The bucket deletes files after so many days (template.yaml); the row goes a day later."""
FILTERS: Mapping[str, tuple[str, ...]] = {
    "decisions": ("event", "currency"),
    "deliveries": ("event", "endpoint", "state", "type"),
    "clicks": ("campaign", *(f"sub{number}" for number in range(1, 21))),
}
"""Reports whose rows are exported, each with what narrows it."""


@dataclass(frozen=True, slots=True)
class File:
    """One finished file in the bucket."""

    key: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Export:
    """`partner` is whose rows they are; `viewer` the partner that asked, who alone may see it.

    `cursor` is where the next file begins; `writing` counts the rows of the file under way, and
    `through` is the day that is being read: both only tell how far it is.
    """

    realm: Realm
    id: str
    report: str
    format: str
    days: Days
    asked_at: int
    changed_at: int
    partner: PartnerId | None = None
    viewer: PartnerId | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    state: str = RUNNING
    files: tuple[File, ...] = ()
    cursor: str = ""
    writing: int = 0
    through: str = ""
    version: int = 0

    def standing(self, now: int) -> str:
        """`running`, `done` or `failed`; one that was silent for too long has failed."""
        stalled = self.state == RUNNING and now - self.changed_at > STALLED_MS
        return FAILED if stalled else self.state

    @property
    def expires_at(self) -> int:
        """When its files are deleted, in milliseconds."""
        return self.asked_at + KEPT_DAYS * DAY_MS

    @property
    def rows(self) -> int:
        """Rows written so far."""
        return sum(one.rows for one in self.files) + self.writing

    @property
    def folder(self) -> str:
        """Where its files lie in the bucket."""
        return f"{self.realm}/{self.id}"

    def name_of(self, number: int) -> str:
        """What a file is called when it is saved: `decisions 2026-01-01 2026-01-31.csv`."""
        part = f" part {number + 1}" if len(self.files) > 1 else ""
        return f"{self.report} {self.days.first} {self.days.last}{part}.{self.format}"


def check_kind(report: str, form: str) -> None:
    """Raises Refused `unknown_report`, `unknown_format`."""
    if report not in FILTERS:
        raise Refused("unknown_report", f"{report[:40]!r}", field="report")
    if form not in FORMATS:
        raise Refused("unknown_format", f"{form[:40]!r}", field="format")


def told(export: Export, now: int) -> dict[str, Any]:
    """An export as the API tells it, without links. `progress` is the share of days read."""
    state = export.standing(now)
    return {
        "id": export.id,
        "report": export.report,
        "format": export.format,
        "from": export.days.first,
        "to": export.days.last,
        "partner": export.partner,
        "filters": dict(export.filters),
        "state": state,
        "error": _error() if state == FAILED else None,
        "progress": 1.0 if state == DONE else _share(export),
        "rows": export.rows,
        "bytes": sum(one.bytes for one in export.files),
        "asked_at": iso(export.asked_at),
        "changed_at": iso(export.changed_at),
        "expires_at": iso(export.expires_at),
        "files": [{"rows": one.rows, "bytes": one.bytes} for one in export.files],
    }


def plain(export: Export) -> dict[str, Any]:
    """As data that `export_in` reads back."""
    return asdict(export)


def export_in(said: Mapping[str, Any]) -> Export:
    """The export that `plain` told."""
    return Export(
        **{
            **said,
            "days": Days(**said["days"]),
            "files": tuple(File(**one) for one in said["files"]),
        }
    )


def _share(export: Export) -> float:
    if not export.through:
        return 0.0
    first, last = start_of(export.days.first), start_of(export.days.last)
    days = (last - first) // DAY_MS + 1
    read = (start_of(export.through) - first) // DAY_MS
    if export.report == "clicks":  # newest first
        read = days - 1 - read
    return round(min(max(read / days, 0.0), 1.0), 4)


def _error() -> dict[str, str]:
    listed = reason(FAILURE)
    return {"code": FAILURE, "message": listed.meaning, "hint": listed.fix}
