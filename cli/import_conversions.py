"""`touchline import-conversions FILE.csv`: line by line, resumable, with the outcomes of HTTP."""

import http.client
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli.api import Api, Reply, http_sender, segment
from cli.conversions_csv import FIELDS, Line, NotACsv, lines
from cli.import_journal import Fate, Journal, still_to_do
from cli.import_sending import Sender, Stopped
from cli.output import console, errors, fail, failing_clearly, print_json, print_table
from cli.target import AccountName, ApiUrl, AsJson, TokenText, target_of
from touchline.kernel.clock import DAY_MS, iso, system_clock, system_sleep

MOST_SHOWN = 10
app = typer.Typer(rich_markup_mode="rich")


@app.command(
    epilog="Example: [cyan]touchline import-conversions orders.csv --event make_purchase "
    "--map order_no=conversion_id --map total=value --account shop[/cyan]"
)
def import_conversions(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file.")],
    event: Annotated[str, typer.Option(help="The event of lines that name none.")] = "",
    mapped: Annotated[
        list[str] | None,
        typer.Option("--map", help="THEIRS=OURS: what a column is called with us; may repeat."),
    ] = None,
    results: Annotated[
        Path | None, typer.Option(help="Where results go (FILE.csv.results.csv).")
    ] = None,
    batch: Annotated[int, typer.Option(min=1, max=500, help="Lines of one request.")] = 100,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and say what is sent.")] = False,
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Send conversions from a CSV file. Run it again to go on where it stopped: lines that were
    answered are not sent twice, and conversions that are there are not stored twice."""
    renamed = _renamed(mapped or [])
    journal = Journal(results or file.with_name(f"{file.name}.results.csv"))
    with failing_clearly():
        try:
            found = list(lines(file.read_bytes(), renamed, event))
        except NotACsv as error:
            fail(str(error), f"Columns with a meaning: {', '.join(sorted(FIELDS))}")
        to_do = still_to_do(found, journal.read())
        if not as_json:
            _plan(found, to_do, journal)
        stopped = ""
        if to_do and not dry_run:
            api = Api(target_of(api_url, token))
            with _ingest_token(api, account) as ingest:
                sender = Sender(_poster(api.target.api_url, ingest), system_sleep)
                stopped = _send(sender, to_do, batch, journal, quiet=as_json)
        _report(found, journal, stopped, dry_run=dry_run, as_json=as_json)


def _renamed(mapped: Sequence[str]) -> dict[str, str]:
    pairs = [pair.partition("=")[::2] for pair in mapped]
    wrong = [theirs for theirs, ours in pairs if not theirs or ours not in FIELDS]
    if wrong:
        raise typer.BadParameter(f"--map THEIRS=OURS, with OURS one of {', '.join(sorted(FIELDS))}")
    return dict(pairs)


def _plan(found: Sequence[Line], to_do: Sequence[Line], journal: Journal) -> None:
    console.print(f"{len(found)} lines, {len(to_do)} to send; results go to {journal.path}")


@contextmanager
def _ingest_token(api: Api, account: str) -> Iterator[str]:
    """The token that was given if it may send; with an admin's, one for this import alone."""
    scopes = api.get("/admin/whoami")["scopes"]
    if "ingest" in scopes:
        yield api.target.token
        return
    query = {"account": api.account(account)}
    ends = iso(system_clock() + DAY_MS)
    asked = {"name": "import-conversions", "scopes": ["ingest"], "expires_at": ends}
    made = api.call("POST", "/admin/tokens", asked, query=query)
    try:
        yield str(made["token"])
    finally:
        api.call("DELETE", f"/admin/tokens/{segment(made['id'])}", query=query)


def _poster(api_url: str, token: str) -> Callable[[bytes], Reply]:
    send = http_sender(api_url)
    headers = {"authorization": f"ApiKey {token}", "content-type": "application/json"}

    def post(body: bytes) -> Reply:
        try:
            return send("POST", "/batch", headers, body)
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error

    return post


def _send(
    sender: Sender, to_do: Sequence[Line], batch: int, journal: Journal, *, quiet: bool
) -> str:
    """Send and write down; why it stopped, "" when it did not."""
    columns = (TextColumn("Sending"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, disable=quiet) as progress:
        bar = progress.add_task("send", total=len(to_do))
        try:
            for fates in sender.send(to_do, batch):
                journal.add(fates)
                progress.advance(bar, len(fates))
        except Stopped as stop:
            return str(stop)
    return ""


def _report(
    found: Sequence[Line], journal: Journal, stopped: str, *, dry_run: bool, as_json: bool
) -> None:
    fates = _current(found, journal.read())
    outcomes = dict(Counter(fate.outcome for fate in fates))
    refused = [fate for fate in fates if not fate.taken]
    if as_json:
        shown = [_told(fate) for fate in refused]
        left = len(found) - len(fates)
        print_json(
            {"lines": len(found), "outcomes": outcomes, "refused": shown, "left": left}
            | {"results": str(journal.path), "stopped": stopped}
        )
    elif not dry_run:
        print_table("Outcomes", ("outcome", "lines"), sorted(outcomes.items()))
        if refused:
            rows = [(it.line, it.outcome, it.reasons, it.detail) for it in refused[:MOST_SHOWN]]
            title = f"Not taken ({len(refused)}; all of them in {journal.path})"
            print_table(title, ("line", "outcome", "reasons", "detail"), rows)
    if stopped:
        fail(stopped, "What was answered is written down; run the same command to go on.")
    if refused and not dry_run:
        raise typer.Exit(1)


def _current(found: Sequence[Line], known: Mapping[int, Fate]) -> list[Fate]:
    """The fates of the lines as they are now."""
    return [
        fate
        for line in found
        if (fate := known.get(line.number)) is not None and fate.digest == line.digest
    ]


def _told(fate: Fate) -> dict[str, Any]:
    return {
        "line": fate.line,
        "outcome": fate.outcome,
        "conversion_id": fate.conversion_id,
        "receipt": fate.receipt,
        "reasons": fate.reasons.split(),
        "detail": fate.detail,
    }
