"""`touchline import-spend FILE.csv`: what was spent on advertising, day by day."""

import csv
from pathlib import Path
from typing import Annotated

import typer

from cli.api import Api
from cli.output import console, fail, failing_clearly, print_json
from cli.reading import account_read
from cli.target import AccountName, ApiUrl, AsJson, TokenText, target_of
from touchline.registry.spend import FIELDS, MOST_ROWS, spend_rows

app = typer.Typer(rich_markup_mode="rich")


@app.command(epilog="Example: [cyan]touchline import-spend spend.csv --account shop[/cyan]")
def import_spend(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file.")],
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Send costs from a CSV file with the columns day, channel, cost and, if they differ, campaign
    and currency. Sending a file again replaces what it said before: nothing is counted twice."""
    rows = _rows(file)
    with failing_clearly():
        api = Api(target_of(api_url, token))
        query = {"account": account_read(api, account)}
        for first in range(0, len(rows), MOST_ROWS):
            group = rows[first : first + MOST_ROWS]
            spend_rows(group, "XXX")
        for first in range(0, len(rows), MOST_ROWS):
            group = rows[first : first + MOST_ROWS]
            api.call("POST", "/admin/spend", {"rows": group}, query=query)
        if as_json:
            print_json({"saved": len(rows)})
        else:
            console.print(f"{len(rows)} rows saved")


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.DictReader(text)
        named = set(reader.fieldnames or ())
        if not {"day", "channel", "cost"} <= named:
            fail(f"{file.name} needs the columns day, channel and cost")
        rows = [{name: row[name] or "" for name in sorted(named & FIELDS)} for row in reader]
    if not rows:
        fail(f"{file.name} has no rows")
    return rows
