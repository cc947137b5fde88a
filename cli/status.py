"""`touchline status`: is all well?"""

import typer
from rich.markup import escape

from cli.api import Api
from cli.output import console, failing_clearly, print_json
from cli.target import AccountName, ApiUrl, AsJson, TokenText, target_of

app = typer.Typer(rich_markup_mode="rich")

_MARKS = {"well": "[green]✓[/green]", "note": "[yellow]![/yellow]", "bad": "[red]✗[/red]"}

_SUMMARIES = {
    "well": "[green]All is well.[/green]",
    "note": "[yellow]Nothing is wrong; look at what is marked.[/yellow]",
    "bad": "[bold red]Somebody should look now.[/bold red]",
}


@app.command(epilog="Example: [cyan]touchline status || echo somebody should look[/cyan]")
def status(
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Tell in one screen whether all is well; exit 1 when something is bad.

    Looks at the last night, at deliveries (announced = delivered + held + failed + cancelled +
    pending) and, with an operator's token, at what waits in the queues, since when, and at the
    alarms.
    """
    with failing_clearly():
        found = Api(target_of(api_url, token)).get("/admin/status", account=account)
        if as_json:
            print_json(found)
        else:
            for one in found["findings"]:
                line = f"{_MARKS[one['level']]} {escape(one['name'])}: {escape(one['said'])}"
                see = f"  [dim]{escape(one['see'])}[/dim]" if one["level"] != "well" else ""
                console.print(line + see, soft_wrap=True)
            console.print(_SUMMARIES[found["status"]])
        if found["status"] == "bad":
            raise typer.Exit(1)
