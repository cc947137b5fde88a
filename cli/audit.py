"""`touchline audit`: who changed what, when."""

from typing import Annotated, Any

import typer

from cli.api import Api
from cli.output import failing_clearly, print_json, print_table
from cli.target import AccountName, ApiUrl, AsJson, TokenText, target_of
from touchline.registry.plan import differences

app = typer.Typer(rich_markup_mode="rich")


@app.command(
    epilog="Example: [cyan]touchline audit --from 2026-01-01T00:00:00Z --json > audit.json[/cyan]"
)
def audit(
    first: Annotated[str, typer.Option("--from", help="2026-01-01T00:00:00Z, included.")] = "",
    last: Annotated[str, typer.Option("--to", help="2026-01-31T23:59:59Z, included.")] = "",
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Show or export the audit trail, newest first. Secrets are never in it."""
    with failing_clearly():
        api = Api(target_of(api_url, token))
        query = {"account": api.account(account), "from": first, "to": last}
        found = list(api.items("/admin/audit", **query))
        if as_json:
            print_json(found)
            return
        rows = [
            (one["at"], one["who"], one["action"], f"{one['kind']} {one['thing']}", _changes(one))
            for one in found
        ]
        print_table("Audit trail", ("at", "who", "action", "what", "changes"), rows)


def _changes(entry: dict[str, Any]) -> str:
    if not (entry["before"] and entry["after"]):
        return ""
    found = differences(entry["before"], entry["after"])
    return "\n".join(f"{one.path}: {one.before!r} → {one.after!r}" for one in found)
