"""`touchline explain`: why a conversion was credited as it was."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import typer
from rich.markup import escape
from rich.table import Table

from cli.api import Api, segment
from cli.output import console, failing_clearly, print_json
from cli.reading import account_read
from cli.target import AccountName, ApiUrl, AsJson, TokenText, target_of

app = typer.Typer(rich_markup_mode="rich")

SHOWN_MODELS = 4
BEFORE = ("before", "channel", "kind", "campaign", "partner")
"""What is told of each touch before its credit."""


@app.command(epilog="Example: [cyan]touchline explain A-1001[/cyan]")
def explain(
    conversion: Annotated[str, typer.Argument(help="The conversion's ID, as its sender named it.")],
    event: Annotated[str, typer.Option(help="Its event, where several share the ID.")] = "",
    model: Annotated[str, typer.Option(help="Models to show, by commas.")] = "",
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Show who was credited for a conversion, every touch that was not, and why."""
    with failing_clearly():
        api = Api(target_of(api_url, token))
        path = f"/reports/conversions/{segment(conversion)}"
        answer = api.get(path, event=event, account=account_read(api, account))
        if as_json:
            print_json(answer)
            return
        for told in answer["conversions"]:
            _show(told, [one.strip() for one in model.split(",") if one.strip()])


def _show(told: Mapping[str, Any], models: list[str]) -> None:
    decision = told["decision"]
    sender = f" by {told['scope']}" if told["scope"] else ""
    console.print(
        f"[bold]{escape(told['event'])} {escape(told['id'])}[/bold]{escape(sender)}"
        f"  {told['occurred_at']}  {told['value']} {told['currency']}  {told['status']}"
    )
    if decision is None:
        console.print("Not decided yet: the night after it came decides it.")
        return
    console.print(f"[bold]{escape(decision['summary'])}[/bold]")
    if decision["reason"]:
        console.print(f"[dim]{escape(decision['reason']['fix'])}[/dim]")
    if decision["candidates"]:
        console.print(_touches(decision, models))
    for verdict, count in decision["left_out"].items():
        console.print(f"[dim]and {count} more: {escape(verdict)}[/dim]")
    _money(decision)
    console.print(
        f"[dim]Known by {', '.join(told['identities']) or 'nothing'}"
        f" · rules {decision['rules_version']} · run {decision['run']} ({decision['cause']})[/dim]"
    )


def _touches(decision: Mapping[str, Any], models: list[str]) -> Table:
    """One row per candidate; a column that nothing stands in is left out."""
    shown = models or decision["models"][:SHOWN_MODELS]
    headings = [*BEFORE, *(model.replace("_", " ") for model in shown), "why not"]
    rows = [_row(one, shown) for one in decision["candidates"]]
    kept = [at for at in range(len(headings)) if any(row[at] for row in rows)]
    table = Table(header_style="bold")
    for at in kept:
        justify: Literal["left", "right"] = (
            "right" if 0 <= at - len(BEFORE) < len(shown) else "left"
        )
        table.add_column(headings[at], justify=justify)
    for one, row in zip(decision["candidates"], rows, strict=True):
        style = None if one["counts"] else "dim"
        table.add_row(*(escape(row[at]) for at in kept), style=style)
    return table


def _row(one: Mapping[str, Any], shown: list[str]) -> list[str]:
    verdict = one["verdict"]
    why = f"{verdict['code']}: {verdict['meaning']}" if verdict else ""
    shares = [_share(one["credits"].get(model)) for model in shown]
    return [*(str(one[name] or "") for name in BEFORE), *shares, why]


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def _money(decision: Mapping[str, Any]) -> None:
    for one in decision["payouts"]:
        console.print(
            f"Paid: [bold]{escape(one['partner'])}[/bold] {one['payout']} {one['currency']}"
        )
    for one in decision["losers"]:
        reason = one["reason"]
        evidence = f" ({one['evidence']})" if one["evidence"] else ""
        console.print(
            f"Not paid: {escape(one['partner'])}{evidence}:"
            f" {escape(reason['code'])}, {escape(reason['meaning'])}"
        )
