"""`touchline report`: every report of the API as a table, a file or a picture."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.api import Api
from cli.output import console, fail, failing_clearly, print_json, print_table
from cli.reading import account_read
from cli.report_bars import SHOWN, bar
from cli.report_file import save
from cli.target import AccountName, ApiUrl, AsJson, TokenText, target_of
from touchline.kernel.clock import system_sleep

app = typer.Typer(rich_markup_mode="rich")

REPORTS = (
    *("attribution", "events", "delays", "cohorts", "goals", "spend", "decisions"),
    *("clicks", "paths", "assists", "fits", "unattributed", "match-rate", "runs"),
)
_LEFT_OUT = frozenset({"fix"})
_OF_RUNS = ("run", "status", "received", "decided", "duplicates", "set_aside", "restated")


@app.command(
    epilog="Example: [cyan]touchline report attribution --from 2026-01-01 --to 2026-01-31"
    " --group-by campaign --model linear,last_touch[/cyan]"
)
def report(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(REPORTS)}.")] = "attribution",
    first: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day, YYYY-MM-DD, included.")] = "",
    model: Annotated[str, typer.Option(help="Models, by commas; all when left out.")] = "",
    group_by: Annotated[
        str, typer.Option(help="channel, campaign, partner, kind, sub1…, with day and event.")
    ] = "",
    event: Annotated[str, typer.Option(help="Only this event.")] = "",
    partner: Annotated[str, typer.Option(help="Only this partner's decisions or clicks.")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Write all rows to a file: .csv, .jsonl or .parquet.", dir_okay=False),
    ] = None,
    png: Annotated[Path | None, typer.Option(help="Draw it as PNG.", dir_okay=False)] = None,
    svg: Annotated[Path | None, typer.Option(help="Draw it as SVG.", dir_okay=False)] = None,
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Show a report by the day on which conversions occurred."""
    if name not in REPORTS:
        raise typer.BadParameter(f"there is no report {name}; there are {', '.join(REPORTS)}")
    with failing_clearly():
        api = Api(target_of(api_url, token))
        query = {
            "from": first,
            "to": last,
            "model": model,
            "group_by": group_by,
            "event": event,
            "partner": partner,
            "account": account_read(api, account),
        }
        if out is not None:
            saved = save(api, name, query, out, system_sleep)
            where = ", ".join(str(file) for file in saved.files)
            console.print(f"{saved.rows} rows in {where}", markup=False)
            return
        if as_csv:
            typer.echo(api.text(f"/reports/{name}", "text/csv", **query), nl=False)
            return
        answer = api.get(f"/reports/{name}", **query)
        for path, kind in ((png, "png"), (svg, "svg")):
            if path is not None:
                _draw(name, answer, path, kind)
        if as_json:
            print_json(answer)
        elif png is None and svg is None:
            _show(name, answer)


def _draw(name: str, answer: Mapping[str, Any], path: Path, kind: str) -> None:
    from cli.report_chart import DRAWN, draw  # noqa: PLC0415 - slow to load, seldom needed

    if name not in DRAWN:
        fail(f"there is no picture of {name}", f"There is one of {', '.join(DRAWN)}.")
    draw(name, answer, path, kind)
    console.print(f"drawn in {path}", markup=False)


def _show(name: str, answer: Mapping[str, Any]) -> None:
    rows = answer.get("rows") or answer.get("events") or answer.get("goals") or []
    title = f"{name}, {answer['from']} to {answer['to']}" if "from" in answer else name
    if name == "attribution":
        _show_credit(title, answer)
    elif name in SHOWN:
        print_table(title, *SHOWN[name](rows))
    elif name == "runs":
        cells = [[_run_cell(row, column) for column in _OF_RUNS] for row in rows]
        print_table(title, _OF_RUNS, cells)
    else:
        columns = [column for column in (rows[0] if rows else {}) if column not in _LEFT_OUT]
        cells = [[_cell(row.get(column)) for column in columns] for row in rows]
        print_table(title, columns, cells)
    published = answer.get("published") or {}
    for days, said in (("restated", "Restated since first published"), ("refitted", "Refitted")):
        if published.get(days):
            console.print(f"[dim]{said}: {', '.join(published[days])}[/dim]")


def _show_credit(title: str, answer: Mapping[str, Any]) -> None:
    """Models side by side: conversions, and their value below."""
    groups, models = answer["group_by"].split(","), answer["models"]
    cells: dict[tuple[str, ...], dict[str, str]] = {}
    most = max((row["conversions"] for row in answer["rows"]), default=0)
    for row in answer["rows"]:
        told = (
            f"{row['conversions']:,.2f} {bar(row['conversions'], most)}\n{float(row['value']):,.2f}"
        )
        place = (*(row[group] or "(none)" for group in groups), row["currency"])
        cells.setdefault(place, {})[row["model"]] = told
    rows = [
        (*place, *(by_model.get(model, "") for model in models))
        for place, by_model in cells.items()
    ]
    headings = [model.replace("_", " ") for model in models]
    print_table(f"{title}: conversions, value", (*groups, "", *headings), rows)


def _run_cell(row: Mapping[str, Any], column: str) -> str:
    if column != "restated":
        return _cell(row.get(column))
    return "\n".join(
        f"{day['day']}: {_cell(day['causes']) or 'nothing decided'}" for day in row["restated"]
    )


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " > ".join(str(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {one}" for name, one in value.items())
    return "" if value is None else str(value)
