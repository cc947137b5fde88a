"""`touchline person`: who is one person, how that is known, and taking a link back."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from cli.api import Api, segment
from cli.output import console, failing_clearly, print_json, print_table
from cli.target import AccountName, ApiUrl, AsJson, TokenText, target_of

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Who is one person, how that is known, and taking a link back.",
)

AnIdentity = Annotated[str, typer.Argument(help="domain:value, for example crm:72349876.")]


@app.command(epilog="Example: [cyan]touchline person show crm:72349876[/cyan]")
def show(
    identity: AnIdentity,
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Show every identity of the person, and every link with its source."""
    with failing_clearly():
        api = Api(target_of(api_url, token))
        found = api.get(f"/admin/people/{segment(identity)}", account=api.account(account))
        if as_json:
            print_json(found)
            return
        count = len(found["identities"])
        known = f"{count} identity" if count == 1 else f"{count} identities"
        touches = "1 touch" if found["touches"] == 1 else f"{found['touches']} touches"
        console.print(f"[bold]{known}[/bold], {touches}: {', '.join(found['identities'])}")
        for remark in found["remarks"]:
            console.print(f"[yellow]Not followed further: {remark}[/yellow]")
        _links(found["links"])


@app.command(epilog="Example: [cyan]touchline person log --day 2026-01-31[/cyan]")
def log(
    day: Annotated[str, typer.Option(help="UTC day, YYYY-MM-DD; today when left out.")] = "",
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """List the links that were made or undone on a day."""
    with failing_clearly():
        api = Api(target_of(api_url, token))
        found = api.get("/admin/links", day=day, account=api.account(account))
        if as_json:
            print_json(found)
        else:
            _links(found["items"])


@app.command(epilog="Example: [cyan]touchline person unlink crm:7 visitor:9f2c --yes[/cyan]")
def unlink(
    one: AnIdentity,
    other: AnIdentity,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Take a link back. The next night decides anew about everybody concerned."""
    with failing_clearly():
        if not yes:
            typer.confirm(f"Take back that {one} and {other} are one person?", abort=True)
        api = Api(target_of(api_url, token))
        query = {"account": api.account(account)}
        done = api.call("POST", "/admin/links/undo", {"one": one, "other": other}, query=query)
        if as_json:
            print_json(done)
            return
        console.print(f"Undone. The night of {done['decided_again_in_the_night_of']} decides anew.")


def _links(links: Sequence[Mapping[str, Any]]) -> None:
    rows = [
        (link["at"], link["one"], link["other"], link["source"], link["undone_at"])
        for link in links
    ]
    print_table("Links", ("since", "one", "other", "source", "undone"), rows)
