"""`touchline erase`: forget a person everywhere, with a receipt."""

from typing import Annotated, Any

import typer

from cli.api import Api
from cli.output import failing_clearly, print_json, print_table
from cli.target import AccountName, ApiUrl, AsJson, TokenText, target_of

app = typer.Typer(rich_markup_mode="rich")


@app.command(epilog="Example: [cyan]touchline erase email:jane@example.com --yes[/cyan]")
def erase(
    identity: Annotated[str, typer.Argument(help="domain:value, for example crm:72349876.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only the plan.")] = False,
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Take a person out of every table: touches, links, conversions, decisions, deliveries.

    Money, times and channels stay under pseudonyms, so that reports do not move. Endpoints that
    were sent something about the person are told. This cannot be undone.
    """
    with failing_clearly():
        api = Api(target_of(api_url, token))
        query = {"account": api.account(account)}
        body = {"identity": identity, "dry_run": not yes}
        answer = api.call("POST", "/admin/erase", body, query=query)
        if as_json:
            print_json(answer)
            return
        print_table(_title(answer), ("what", "rows"), _rows(answer))
        for remark in answer["remarks"]:
            typer.echo(f"Not followed further: {remark}")
        for day in answer.get("restate", ()):
            typer.echo(f"A sub-ID named the person: touchline attribute --from {day} --to {day}")
        if not yes:
            typer.echo("Nothing was erased. Say --yes to do it; it cannot be undone.")


def _title(answer: dict[str, Any]) -> str:
    return f"Erased, receipt {answer['receipt']}" if answer["erased"] else "Would be erased"


def _rows(answer: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [(name, str(count)) for name, count in answer["counts"].items()]
    rows += [("told of it", name) for name in answer.get("told", ())]
    return rows + [("cannot be told", name) for name in answer.get("untold", ())]
