"""Writing an export: file after file, each whole in the bucket before the next is begun.

Killed anywhere, the work goes on behind the last file that is noted; a file that nobody noted is
not offered and goes with the bucket's clean-up. Memory holds one group of rows, the disk one file.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from touchline.platform.objects import Bucket
from touchline.reporting.exports.files import FORMATS
from touchline.reporting.exports.job import DONE, FAILED, RUNNING, Export, File
from touchline.reporting.exports.sources import Source
from touchline.reporting.exports.store import ExportStore

FILE_BYTES = 256 * 1024 * 1024
"""Half of the disk that a function has."""
FILE_ROWS = 1_000_000
"""What one sheet of a spreadsheet can hold."""
NOTED_EVERY = 10
"""Groups of rows between two notes of how far it is."""
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
}


@dataclass(frozen=True, slots=True)
class Worker:
    """Writes exports. `unique` names a file as no other attempt does."""

    store: ExportStore
    bucket: Bucket
    unique: Callable[[], str]
    enough_time: Callable[[], bool]

    def work(self, export: Export, source: Source) -> Export:
        """Write files until all rows are there or time runs out; the export as it stands then.

        At least one group of rows is written. Raises Conflict when somebody else works on it,
        StoreUnavailable.
        """
        while export.state == RUNNING:
            export = self._file(export, source)
            if not self.enough_time():
                break
        return export

    def give_up(self, export: Export) -> Export:
        """It failed too often."""
        if export.state != RUNNING:
            return export
        return self.store.keep(replace(export, state=FAILED, files=(), cursor=""))

    def _file(self, export: Export, source: Source) -> Export:
        """One more file."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"rows.{export.format}"
            export, cursor = self._fill(path, export, source)
            number = len(export.files)
            key = f"{export.folder}/{number:04d}-{self.unique()}.{export.format}"
            self.bucket.upload(path, key, TYPES[export.format])
            made = File(key, export.writing, path.stat().st_size)
        return self.store.keep(
            replace(
                export,
                files=(*export.files, made),
                writing=0,
                cursor=cursor or "",
                state=DONE if cursor is None else RUNNING,
            )
        )

    def _fill(self, path: Path, export: Export, source: Source) -> tuple[Export, str | None]:
        """Rows into a file until it is full; how far that is, and where the next one begins."""
        cursor: str | None = export.cursor
        export, groups = replace(export, writing=0), 0
        with path.open("wb") as out:
            file = FORMATS[export.format](out, source.columns)
            while cursor is not None and not (groups and self.is_full(out.tell(), export.writing)):
                rows, cursor, day = source.read(cursor)
                file.write(rows)
                export = replace(export, writing=export.writing + len(rows), through=day)
                groups += 1
                if groups % NOTED_EVERY == 0:
                    export = self.store.keep(export)
            file.close()
        return export, cursor

    def is_full(self, size: int, rows: int) -> bool:
        """Whether a file takes no further group of rows."""
        return size >= FILE_BYTES or rows >= FILE_ROWS or not self.enough_time()
