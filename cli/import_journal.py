"""What became of each line of an import: written line by line beside the file, read on resuming."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.conversions_csv import Line

COLUMNS = ("line", "digest", "outcome", "conversion_id", "receipt", "reasons", "detail")
NOT_SENT = "not_sent"


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one line; `outcome` as HTTP tells it, or `not_sent` for one that cannot be."""

    line: int
    digest: str
    outcome: str
    conversion_id: str = ""
    receipt: str = ""
    reasons: str = ""
    detail: str = ""

    @property
    def taken(self) -> bool:
        """Whether the conversion is in the books, or will be once the spill queue drains."""
        return self.outcome in {"stored", "duplicate", "updated", "spilled"}


class Journal:
    """The file of results. A line that was answered and is unchanged is not sent again."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Mapping[int, Fate]:
        """The last fate of each line; a torn last record (a crash) is left out."""
        if not self.path.exists():
            return {}
        with self.path.open(encoding="utf-8", newline="") as file:
            records = [record for record in csv.DictReader(file) if None not in record.values()]
        return {
            int(record["line"]): Fate(
                int(record["line"]), **{name: record[name] for name in COLUMNS[1:]}
            )
            for record in records
            if (record.get("line") or "").isdigit()
        }

    def add(self, fates: Iterable[Fate]) -> None:
        """Write fates down at once, so that a crash loses none."""
        torn = self.path.exists() and not self.path.read_bytes().endswith(b"\n")
        is_new = not self.path.exists()
        with self.path.open("a", encoding="utf-8", newline="") as file:
            if torn:
                file.write("\n")
            writer = csv.writer(file, lineterminator="\n")
            if is_new:
                writer.writerow(COLUMNS)
            for fate in fates:
                writer.writerow([getattr(fate, name) for name in COLUMNS])


def still_to_do(lines: Iterable[Line], done: Mapping[int, Fate]) -> list[Line]:
    """The lines without a fate of their own content."""
    return [
        line
        for line in lines
        if (fate := done.get(line.number)) is None or fate.digest != line.digest
    ]
