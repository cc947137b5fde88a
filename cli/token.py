"""`touchline token`: create, list, rotate and revoke tokens."""

from typing import Annotated, Any

import typer

from cli.api import Api, segment
from cli.output import console, failing_clearly, print_json, print_table
from cli.target import AccountName, ApiUrl, AsJson, TokenText, target_of

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode="rich", help="Create, list, rotate and revoke tokens."
)

TokenName = Annotated[str, typer.Argument(help="The token's ID (tok_…).")]


@app.command(
    epilog="Example: [cyan]touchline token create backend --scope ingest --account shop[/cyan]"
)
def create(
    name: Annotated[str, typer.Argument(help="What the token is for.")],
    scope: Annotated[
        list[str], typer.Option("--scope", help="ingest, site, report or admin; may repeat.")
    ],
    test: Annotated[bool, typer.Option("--test", help="Its events never reach reports.")] = False,
    partner: Annotated[str, typer.Option("--partner", help="Bind it to a partner.")] = "",
    expires: Annotated[str, typer.Option("--expires", help="2026-12-31T00:00:00Z")] = "",
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Create a token. Its text is shown once; only its hash is kept."""
    with failing_clearly():
        api = Api(target_of(api_url, token))
        body = {"name": name, "scopes": scope, "test": test}
        body |= {"partner": partner} if partner else {}
        body |= {"expires_at": expires} if expires else {}
        made = api.call("POST", "/admin/tokens", body, query=_query(api, account))
        _show_new(made, as_json=as_json)


@app.command(name="list", epilog="Example: [cyan]touchline token list --json[/cyan]")
def list_tokens(
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """List an account's tokens with their last use; never their texts."""
    with failing_clearly():
        api = Api(target_of(api_url, token))
        found = list(api.items("/admin/tokens", **_query(api, account)))
        if as_json:
            print_json(found)
            return
        columns = ("id", "name", "scopes", "test", "partner", "last used", "ends")
        rows = [
            (
                one["id"],
                one["name"],
                " ".join(one["scopes"]),
                "test" if one["test"] else "",
                one["partner"],
                one["last_used_at"] or "never",
                one["revoked_at"] or one["expires_at"] or "",
            )
            for one in found
        ]
        print_table("Tokens", columns, rows)


@app.command(epilog="Example: [cyan]touchline token rotate tok_01… --overlap 24h[/cyan]")
def rotate(
    name: TokenName,
    overlap: Annotated[str, typer.Option("--overlap", help="How long both work.")] = "24h",
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Create a token like this one; the old one ends after the overlap."""
    with failing_clearly():
        api = Api(target_of(api_url, token))
        path = f"/admin/tokens/{segment(name)}/rotate"
        made = api.call("POST", path, {"overlap": overlap}, query=_query(api, account))
        _show_new(made, as_json=as_json)


@app.command(epilog="Example: [cyan]touchline token revoke tok_01… --yes[/cyan]")
def revoke(
    name: TokenName,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """End a token: it is refused everywhere within 60 seconds, for good."""
    with failing_clearly():
        api = Api(target_of(api_url, token))
        path, query = f"/admin/tokens/{segment(name)}", _query(api, account)
        found = api.get(path, **query)
        if not yes:
            typer.confirm(f"Revoke {found['name']} ({name}) for good?", abort=True, err=True)
        ended = api.call("DELETE", path, query=query)
        if as_json:
            print_json(ended)
        else:
            console.print(f"[green]revoked[/green] {name}; refused everywhere within 60 s")


def _query(api: Api, account: str) -> dict[str, Any]:
    return {"account": api.account(account)}


def _show_new(made: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(made)
        return
    console.print(made["token"], soft_wrap=True)
    console.print(f"[dim]{made['id']}: shown once, keep it where secrets are kept[/dim]")
