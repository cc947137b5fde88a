"""From a person's file to fitted models: which form it has, and what had to be assumed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from cli.journey_paths import PathRows
from cli.journey_source import BadRow, Block, Source, UnreadableFile, open_source
from cli.journey_spool import Spool
from cli.journey_touches import TouchRows
from touchline.attribution.engine import columnar, compiled
from touchline.attribution.engine.fit import Fitted, fit_table, order_needed
from touchline.attribution.engine.models import DAY_SECONDS, MARKOV_MODELS, ModelSettings
from touchline.attribution.engine.paths import Batch
from touchline.attribution.engine.scan import Shared, count_all
from touchline.attribution.engine.tables import Shape

__all__ = ["Found", "Request", "UnreadableFile", "run"]

WORKERS = 2
Makers: TypeAlias = Iterable[Callable[[], Batch]]


@dataclass(frozen=True, slots=True)
class Request:
    """What to fit, and how."""

    file: Path
    models: Sequence[str]
    settings: ModelSettings
    by: str
    spacing_ms: int
    save: Path | None = None
    part_bytes: int = 256 << 20
    """Touch rows of a larger file are sorted in parts of this size, in temporary files."""


@dataclass(frozen=True, slots=True)
class Found:
    """The fitted models, the rows that were left out (by line), and what was assumed."""

    fitted: Fitted
    bad: Sequence[BadRow]
    notes: Sequence[str]


def run(request: Request, console: Console) -> Found:
    """Read, count and fit, with progress on the console where that is a terminal.

    Raises UnreadableFile, or ValueError for what the engine cannot take.
    """
    if request.by not in {"channel", "campaign"}:
        raise UnreadableFile("--by takes channel or campaign")
    with Progress(
        TextColumn("reading {task.fields[name]}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        return _run(request, progress)


def _run(request: Request, progress: Progress) -> Found:
    parts = 1 + request.file.stat().st_size // request.part_bytes
    with Spool(parts) as spool:
        return _counted(request, progress, spool)


def _counted(request: Request, progress: Progress, spool: Spool) -> Found:
    bad: list[BadRow] = []
    if request.file.suffix == ".tlj":
        makers, notes = _of_columns(request.file, progress)
    else:
        source = open_source(request.file)
        task = progress.add_task("", total=source.size, name=request.file.name)
        blocks = Shared(_watched(source, lambda size: progress.advance(task, size)))
        makers, notes = _of_rows(request, source, blocks, TouchRows(spool, bad=bad))
    if request.save is not None:
        columnar.write(request.save, (make() for make in makers))
        makers, _ = _of_columns(request.save, progress)
    shape = Shape(order_needed(request.models), request.settings.half_life_seconds)
    kernel = compiled.load()
    table = count_all(makers, shape, kernel, WORKERS)
    fitted = fit_table(table, request.models, request.settings, kernel)
    return Found(fitted, sorted(bad, key=lambda row: row.line), notes)


def _watched(source: Source, advance: Callable[[int], object]) -> Iterator[Block]:
    for block in source.blocks:
        yield block
        advance(block.size)


def _of_columns(file: Path, progress: Progress) -> tuple[Makers, list[str]]:
    blocks = columnar.read(file).blocks
    task = progress.add_task("", total=len(blocks), name=file.name)

    def watched() -> Iterator[Callable[[], Batch]]:
        for block in blocks:
            yield partial(_itself, block)
            progress.advance(task)

    return watched(), []


def _of_rows(
    request: Request, source: Source, blocks: Shared[Block], touches: TouchRows
) -> tuple[Makers, list[str]]:
    columns = set(source.columns)
    if {"path", "total_conversions"} <= columns:
        if request.by != "channel":
            raise UnreadableFile("path rows name channels only: --by campaign needs touch rows")
        rows = PathRows(request.spacing_ms, touches.bad)
        return (partial(rows.batch, block) for block in blocks), _notes_on_paths(request, columns)
    if {"journey", "ts", request.by} <= columns:
        says_converted = "converted" in columns
        touches = replace(touches, by=request.by, says_converted=says_converted)
        return _of_touches(touches, blocks)
    raise UnreadableFile(
        f"columns {', '.join(source.columns)}: neither touch rows (journey, ts, {request.by}) "
        "nor path rows (path, total_conversions)"
    )


def _of_touches(touches: TouchRows, blocks: Shared[Block]) -> tuple[Makers, list[str]]:
    with ThreadPoolExecutor(WORKERS) as pool:
        for worker in [pool.submit(touches.add_all, blocks) for _ in range(WORKERS)]:
            worker.result()
    notes = [] if touches.says_converted else ["no column converted: every journey counts as one"]
    return (partial(_itself, batch) for batch in touches.batches()), notes


def _itself(batch: Batch) -> Batch:
    return batch


def _notes_on_paths(request: Request, columns: set[str]) -> list[str]:
    notes = []
    if "time_decay" in request.models:
        days = request.spacing_ms / 1000 / DAY_SECONDS
        notes.append(
            f"path rows have no times: time_decay takes touches {days:g} d apart (--touch-spacing)"
        )
    if "total_null" not in columns and set(request.models) & set(MARKOV_MODELS):
        notes.append("no column total_null: Markov sees no journey that did not convert")
    return notes
