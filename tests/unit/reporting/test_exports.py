"""Writing exports: bounded files, killed and gone on with, nothing twice and nothing lost."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count

import pytest

from tests.memory_bucket import MemoryBucket
from tests.memory_table import MemoryTable
from touchline.kernel.clock import HOUR_MS
from touchline.kernel.errors import Conflict, StoreUnavailable
from touchline.kernel.ids import Realm
from touchline.reporting.ask import Days
from touchline.reporting.exports import work
from touchline.reporting.exports.columns import Column
from touchline.reporting.exports.job import DONE, FAILED, RUNNING, Export, told
from touchline.reporting.exports.sources import Rows, Source
from touchline.reporting.exports.store import ExportStore
from touchline.reporting.exports.work import Worker

COLUMNS = (Column("id"), Column("word"))
NOW = 1_767_268_800_000


def numbered(total: int, group: int, read: list[str] | None = None) -> Source:
    """Rows `0` to `total`, so many a group; `read` notes every cursor."""

    def rows(cursor: str) -> Rows:
        if read is not None:
            read.append(cursor)
        start = int(cursor or 0)
        end = min(start + group, total)
        found = [{"id": str(at), "word": "a,\n=b"} for at in range(start, end)]
        return Rows(found, str(end) if end < total else None, "2026-01-01")

    return Source(COLUMNS, rows)


@dataclass
class Desk:
    """A store, a bucket and a worker over them; `steps` is how often there is time for more."""

    table: MemoryTable = field(default_factory=MemoryTable)
    bucket: MemoryBucket = field(default_factory=MemoryBucket)
    steps: Iterator[bool] = field(default_factory=lambda: iter(()))
    now: int = NOW

    def __post_init__(self) -> None:
        self.store = ExportStore(self.table, lambda: self.now)
        names = count()
        self.worker = Worker(
            self.store, self.bucket, lambda: f"f{next(names)}", lambda: next(self.steps, True)
        )

    def asked(self, form: str = "jsonl") -> Export:
        days = Days("2026-01-01", "2026-01-02")
        return self.store.keep(Export(Realm("shop"), "exp_1", "decisions", form, days, NOW, NOW))

    def now_stored(self) -> Export:
        found = self.store.get(Realm("shop"), "exp_1")
        assert found is not None
        return found

    def ids(self) -> list[str]:
        """What the files of the export hold, in order."""
        lines = b"".join(self.bucket.files[one.key] for one in self.now_stored().files)
        return [json.loads(line)["id"] for line in lines.splitlines()]


def named(rows: int) -> list[str]:
    return [str(at) for at in range(rows)]


def test_an_export_is_one_file_when_it_is_small() -> None:
    desk = Desk()

    done = desk.worker.work(desk.asked(), numbered(25, 10))

    assert (done.state, done.rows, len(done.files)) == (DONE, 25, 1)
    assert desk.ids() == named(25)
    assert desk.now_stored() == done


def test_an_export_of_nothing_is_a_file_without_rows() -> None:
    desk = Desk()

    desk.worker.work(desk.asked("csv"), numbered(0, 10))

    assert list(desk.bucket.files.values()) == [b"id,word\r\n"]


def test_cells_that_a_spreadsheet_would_run_are_disarmed_in_files_too() -> None:
    desk = Desk()

    desk.worker.work(desk.asked("csv"), Source(COLUMNS, lambda _: Rows([{"id": "=1+1"}], None, "")))

    (content,) = desk.bucket.files.values()
    assert [*csv.reader(content.decode().splitlines())][1] == ["'=1+1", ""]


def test_when_time_runs_out_the_next_step_goes_on_behind_the_last_file() -> None:
    read: list[str] = []
    source = numbered(50, 10, read)
    desk = Desk(steps=iter([False] * 4))

    states = [desk.worker.work(desk.asked(), source).state]
    for _ in range(10):
        if states[-1] == RUNNING:
            states.append(desk.worker.work(desk.now_stored(), source).state)

    assert states == [RUNNING, RUNNING, DONE]
    assert desk.ids() == named(50)
    assert read == ["", "10", "20", "30", "40"]


def test_a_bucket_that_fails_costs_a_file_and_no_row() -> None:
    desk = Desk()
    export = desk.asked()
    desk.bucket.fail(StoreUnavailable)

    with pytest.raises(StoreUnavailable):
        desk.worker.work(export, numbered(25, 10))
    desk.worker.work(desk.now_stored(), numbered(25, 10))

    assert desk.ids() == named(25)


@pytest.mark.parametrize("applied", [False, True])
def test_killed_at_any_note_it_ends_with_every_row_once(applied: bool) -> None:
    for fatal in range(1, 5):
        desk = Desk(steps=iter([True, False] * 6))
        export, calls = desk.asked(), 0
        while export.state == RUNNING:
            calls += 1
            if calls == fatal:
                desk.table.fail("put", StoreUnavailable, applied=applied)
            try:
                export = desk.worker.work(export, numbered(60, 10))
            except StoreUnavailable:
                export = desk.now_stored()

        assert desk.ids() == named(60), (fatal, applied)
        assert export.rows == 60


def test_of_two_workers_one_stops() -> None:
    desk = Desk()
    export = desk.asked()
    desk.worker.work(export, numbered(25, 10))

    with pytest.raises(Conflict, match="written elsewhere"):
        desk.worker.work(export, numbered(25, 10))

    assert desk.ids() == named(25)


def test_what_failed_too_often_says_so_and_offers_nothing() -> None:
    desk = Desk()

    given_up = desk.worker.give_up(desk.asked())

    assert told(given_up, NOW)["error"]["code"] == "export_failed"
    assert (given_up.state, given_up.files) == (FAILED, ())
    assert desk.worker.give_up(given_up) == given_up


def test_an_export_that_fell_silent_has_failed() -> None:
    export = Desk().asked()

    assert told(export, NOW + HOUR_MS)["state"] == "running"
    assert told(export, NOW + HOUR_MS + 1)["state"] == "failed"


@pytest.mark.parametrize(
    ("report", "through", "progress"),
    [("decisions", "", 0.0), ("decisions", "2026-01-03", 0.5), ("clicks", "2026-01-04", 0.0)],
)
def test_progress_is_the_share_of_days_that_are_read(
    report: str, through: str, progress: float
) -> None:
    days = Days("2026-01-01", "2026-01-04")
    export = replace(Desk().asked(), report=report, days=days, through=through)

    assert told(export, NOW)["progress"] == progress


def test_files_are_bounded() -> None:
    """A file is full at a size, a number of rows or when time runs out, whichever is first."""
    worker = Desk().worker

    assert worker.is_full(work.FILE_BYTES, 0)
    assert worker.is_full(0, work.FILE_ROWS)
    assert not worker.is_full(work.FILE_BYTES - 1, work.FILE_ROWS - 1)


def test_parts_of_an_export_are_numbered() -> None:
    desk = Desk(steps=iter([False] * 4))
    export = desk.asked("csv")
    while export.state == RUNNING:
        export = desk.worker.work(export, numbered(30, 10))

    assert export.name_of(1) == "decisions 2026-01-01 2026-01-02 part 2.csv"
