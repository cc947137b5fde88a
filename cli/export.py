"""`touchline export`: what is declared, as the file that `apply` takes."""

from collections.abc import Mapping
from typing import Any

import typer
import yaml

from cli.api import Api
from cli.applying import present_of
from cli.output import fail, failing_clearly, print_json
from cli.target import AccountName, ApiUrl, AsJson, TokenText, target_of
from touchline.registry.contracts import parse
from touchline.registry.declare import with_all_windows
from touchline.registry.external import declarable, outside
from touchline.registry.kinds import ACCOUNT, BY_NAME, THINGS, Kind
from touchline.registry.plan import Present

app = typer.Typer(rich_markup_mode="rich")


@app.command(epilog="Example: [cyan]touchline export --account shop > shop.yaml[/cyan]")
def export(
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Print what is declared for an account, without what has its default.

    Secrets stand as fingerprints: applied to the same stack they stay as they are; for another
    stack put the secrets themselves in their place. Tokens are not exported.
    """
    with failing_clearly():
        api = Api(target_of(api_url, token))
        named = api.account(account)
        present = present_of(api, named)
        if not present.things:
            fail(f"no account {named} is declared")
        document = document_of(present)
        if as_json:
            print_json(document)
        else:
            typer.echo(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), nl=False)


def document_of(present: Present) -> dict[str, Any]:
    """One document of the file."""
    document: dict[str, Any] = {}
    for kind_name in (ACCOUNT.name, *(kind.name for kind in THINGS)):
        kind = BY_NAME[kind_name]
        found = [
            stated(kind, said) for (name, _), said in present.things.items() if name == kind_name
        ]
        if kind is ACCOUNT:
            document[ACCOUNT.name] = found[0]
        elif found:
            document[kind.plural] = found
    return document


def stated(kind: Kind, said: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from the defaults, the ID first."""
    default = parse(kind, {kind.key: said[kind.key]})
    if kind is ACCOUNT:
        default = with_all_windows(default)
    shown = outside(default)
    told = declarable(kind.model, {n: v for n, v in said.items() if n in shown})
    differing = {
        name: value
        if name == kind.key or not isinstance(value, dict)
        else _apart(value, shown[name])
        for name, value in told.items()
        if name == kind.key or value != shown[name]
    }
    return {name: value for name, value in differing.items() if value != {}}


def _apart(value: dict[str, Any], default: Any) -> dict[str, Any]:
    if not isinstance(default, dict):
        return value
    return {name: inner for name, inner in value.items() if inner != default.get(name)}
