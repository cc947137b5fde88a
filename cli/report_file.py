"""A report in a file: what one answer holds as it is answered, more by an export of the stack."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from cli.api import Api, ApiRefused, NotReachable, Reply, segment
from cli.output import errors, fail
from touchline.kernel.clock import Sleep
from touchline.reporting.exports.columns import columns_in
from touchline.reporting.exports.files import FORMATS
from touchline.reporting.exports.job import FILTERS

LINES = {"accept": "application/jsonl"}
NEXT = "x-touchline-next"
MOST_ROWS = 500
LOOK_EVERY_SECONDS = 1.0
LINK_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written."""

    files: Sequence[Path]
    rows: int


def all_rows(api: Api, path: str, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every row of a report, page after page. Raises ApiRefused, NotReachable."""
    cursor = ""
    while True:
        reply = _page(api, path, {**query, "cursor": cursor})
        yield from _rows_in(reply)
        cursor = reply.headers.get(NEXT, "")
        if not cursor:
            return


def save(api: Api, report: str, query: Mapping[str, Any], path: Path, sleep: Sleep) -> Saved:
    """Write all rows of a report in the format of the file's ending.

    What is more than one answer is exported by the stack and fetched; should it be several files,
    they are numbered. Raises ApiRefused, NotReachable.
    """
    form = path.suffix.lower().removeprefix(".")
    if form not in FORMATS:
        fail(f"{path.name} ends in none of {', '.join(f'.{one}' for one in FORMATS)}")
    limit = {"limit": MOST_ROWS} if report in FILTERS else {}
    reply = _page(api, f"/reports/{report}", {**query, **limit})
    if NEXT in reply.headers:
        return _exported(api, {**query, "report": report, "format": form}, path, sleep)
    rows = _rows_in(reply)
    with path.open("wb") as out:
        file = FORMATS[form](out, columns_in(rows))
        file.write(rows)
        file.close()
    return Saved([path], len(rows))


def _page(api: Api, path: str, query: Mapping[str, Any]) -> Reply:
    reply = api.send("GET", path, query=query, headers=LINES)
    if reply.status >= 400:
        raise ApiRefused(reply.status, json.loads(reply.body).get("error", {}))
    return reply


def _rows_in(reply: Reply) -> list[dict[str, Any]]:
    return [json.loads(line) for line in reply.body.splitlines()]


def _exported(api: Api, asked: Mapping[str, Any], path: Path, sleep: Sleep) -> Saved:
    told = api.call("POST", "/reports/exports", query=asked)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task("the stack writes the rows", total=1.0)
        while told["state"] == "running":
            sleep(LOOK_EVERY_SECONDS)
            account = asked.get("account", "")
            told = api.get(f"/reports/exports/{segment(told['id'])}", account=account)
            said = f"{told['rows']:,} rows written by the stack"
            progress.update(task, completed=told["progress"], description=said)
    if told["state"] == "failed":
        fail(f"{told['error']['code']}: {told['error']['message']}", told["error"]["hint"])
    several = len(told["files"]) > 1
    files = []
    for number, file in enumerate(told["files"], 1):
        files.append(path.with_stem(f"{path.stem}-{number:04d}") if several else path)
        _fetch(file["url"], files[-1])
    return Saved(files, told["rows"])


def _fetch(url: str, path: Path) -> None:
    """Into a file beside it first, so that what bears the name is whole."""
    part = path.with_name(f"{path.name}.part")
    try:
        # The link is the stack's own: http or https.
        with urlopen(url, timeout=LINK_TIMEOUT_SECONDS) as answer, part.open("wb") as out:  # noqa: S310 # nosec B310
            shutil.copyfileobj(answer, out)
    except (URLError, OSError) as error:
        part.unlink(missing_ok=True)
        raise NotReachable(f"the file could not be fetched: {error}") from error
    part.replace(path)
