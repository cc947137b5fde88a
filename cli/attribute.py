"""`touchline attribute`: run nights again, or see first what other rules would change."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from cli.nights import Nights, NotInvoked, nights_of
from cli.output import console, errors, fail, failing_clearly, print_json, print_table
from cli.target import AccountName, ApiUrl, AsJson, TokenText, target_of

app = typer.Typer(rich_markup_mode="rich")

MODEL_SHOWN = "linear"


@app.command(
    epilog="Example: [cyan]touchline attribute --from 2026-01-01 --to 2026-01-31 --account shop"
    " --rules rules.yaml --dry-run[/cyan]"
)
def attribute(
    first: Annotated[str, typer.Option("--from", help="First night, YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", help="Last night, YYYY-MM-DD, included.")],
    rules: Annotated[
        Path | None, typer.Option(help="YAML with rules that differ from the account's.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Publish without asking.")] = False,
    test: Annotated[bool, typer.Option("--test", help="The account's test side.")] = False,
    model: Annotated[str, typer.Option(help="The model whose credit is shown.")] = MODEL_SHOWN,
    account: AccountName = "",
    function: Annotated[str, typer.Option(help="Name of the attribution function.")] = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Decide again what was received or decided for these days, and publish what changed.

    Shows first what would change, unless --yes is given.
    """
    with failing_clearly():
        asked = _asked(first, last, account, rules, test=test)
        nights = nights_of(target_of(api_url, token), function)
        if dry_run or not yes:
            tried = _run(nights, {**asked, "dry_run": True})
            _show_trial(tried, model, as_json=as_json and dry_run)
            if dry_run:
                return
            if not typer.confirm("Publish this?"):
                raise typer.Exit(1)
        done = _run(nights, asked)
        _show_done(done, as_json=as_json)
        if done["status"] not in {"published", "started"}:
            raise typer.Exit(1)


def _asked(
    first: str, last: str, account: str, rules: Path | None, *, test: bool
) -> dict[str, Any]:
    asked: dict[str, Any] = {"from": first, "to": last}
    if account:
        asked["account"] = account
    if test:
        asked["test"] = True
    if rules is not None:
        if not account:
            fail("--rules are those of one account", "Name it with --account.")
        asked["rules"] = _rules_in(rules)
    return asked


def _rules_in(file: Path) -> dict[str, Any]:
    try:
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        fail(f"{file} cannot be read: {error}")
    if isinstance(said, dict) and isinstance(said.get("rules"), dict):
        said = said["rules"]
    if not isinstance(said, dict):
        fail(f"{file} is not a map of rules", "For example: `windows: {click: 604800}`.")
    return dict(said)


def _run(nights: Nights, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Invoke until it is done: a night that ran out of time goes on where it stopped."""
    with errors.status("The night runs…"):
        try:
            answer = nights(asked)
            while answer["status"] == "unfinished":
                answer = nights(asked)
        except NotInvoked as error:
            fail(str(error), error.hint)
    if answer["status"] == "refused":
        fail(f"{answer['error']['code']}: {answer['error']['message']}", answer["error"]["hint"])
    return answer


def _show_trial(tried: Mapping[str, Any], model: str, *, as_json: bool) -> None:
    if as_json:
        print_json(tried)
        return
    changed = ", ".join(f"{count} {word}" for word, count in tried["changed"].items())
    console.print(f"{_counted(tried['decided'], 'decision')} tried: {changed or 'none'}")
    _show_difference(tried["difference"], model)


def _show_difference(rows: list[Mapping[str, Any]], model: str) -> None:
    shown = [
        (
            row["dimension"],
            row["value"] or "(none)",
            row["event"],
            f"{row['conversions_before']:g} → {row['conversions_after']:g}",
            f"{_money(row['value_micros_before'])} → {_money(row['value_micros_after'])}",
            f"{_money(row['payout_micros_before'])} → {_money(row['payout_micros_after'])}",
            row["currency"],
        )
        for row in rows
        if row["model"] == model
    ]
    columns = ("by", "", "event", "conversions", "value", "payout", "currency")
    print_table(f"What moves ({model})", columns, shown)


def _show_done(done: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(done)
        return
    rows = [
        (
            run["realm"],
            run["day"],
            run["status"],
            run.get("received"),
            run.get("decided"),
            ", ".join(day["day"] for day in run.get("restated", ())),
        )
        for run in done["runs"]
    ]
    columns = ("account", "night", "status", "received", "decided", "restated")
    print_table("Nights", columns, rows)


def _money(micros: int) -> str:
    return f"{micros / 1_000_000:,.2f}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
