"""`touchline explain`: why a conversion was credited as it was."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from cli.api import Api, segment
from cli.output import console, failing_clearly, print_json
from cli.reading import account_read
from cli.target import AccountName, ApiUrl, AsJson, TokenText, target_of

app = typer.Typer(rich_markup_mode="rich")

SHORT = {
    "first_touch": "First",
    "last_touch": "Last",
    "linear": "Linear",
    "position_based": "Position",
    "time_decay": "Decay",
    "last_non_direct": "Non-direct",
    "shapley": "Shapley",
}
"""Names that fit over a column of percentages, in the order in which they are shown."""

_BESIDE = 46  # columns of the screen that the other columns take
_EACH = 11


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


def _show(told: Mapping[str, Any], models: Sequence[str]) -> None:
    decision = told["decision"]
    sender = f" by {told['scope']}" if told["scope"] else ""
    console.print(
        f"[bold]{escape(told['event'])} {escape(told['id'])}[/bold]{escape(sender)},"
        f" {told['value']} {told['currency']}, {told['status']}, {told['occurred_at'][:16]}Z"
    )
    if decision is None:
        console.print("Not decided yet: the night after it came decides it.")
        return
    console.print(f"[bold]{escape(decision['summary'])}[/bold]")
    if decision["reason"]:
        console.print(f"[dim]{escape(decision['reason']['fix'])}[/dim]")
    counted = [one for one in decision["candidates"] if one["counts"]]
    if counted:
        console.print(_credit(counted, models or _that_fit(decision["models"])))
    _struck([one for one in decision["candidates"] if not one["counts"]], decision["left_out"])
    _money(decision)
    for remark in decision["remarks"]:
        console.print(f"[yellow]{escape(remark['meaning'])}[/yellow] [dim]{remark['code']}[/dim]")
    console.print(
        f"[dim]Known by {escape(_known(told['identities']) or 'nothing')}; rules"
        f" {decision['rules_version']}, run {decision['run']} ({decision['cause']}).[/dim]"
    )


def _that_fit(models: Sequence[str]) -> list[str]:
    order = list(SHORT)
    shown = sorted(models, key=lambda one: order.index(one) if one in SHORT else len(order))
    return shown[: max(2, (console.width - _BESIDE) // _EACH)]


def _credit(counted: Sequence[Mapping[str, Any]], models: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    table.add_column("before")
    table.add_column("touch", overflow="fold")
    for model in models:
        table.add_column(SHORT.get(model, model), justify="right", no_wrap=True)
    for one in counted:
        shares = [_share(one["credits"].get(model)) for model in models]
        table.add_row(one["before"], escape(_touch(one)), *shares)
    return table


def _struck(struck: Sequence[Mapping[str, Any]], left_out: Mapping[str, int]) -> None:
    if struck or left_out:
        console.print("Did not count:")
    for one in struck:
        verdict = one["verdict"]
        console.print(
            f"  {escape(_touch(one))}, {escape(_when(one['before']))}:"
            f" {escape(verdict['meaning'])} [dim]{escape(verdict['code'])}[/dim]"
        )
    for code, count in left_out.items():
        console.print(f"  {count} earlier ones [dim]{escape(code)}[/dim]")


def _money(decision: Mapping[str, Any]) -> None:
    for one in decision["payouts"]:
        amount = f"{one['payout']} {one['currency']}"
        console.print(f"Paid: [bold]{escape(one['partner'])}[/bold] {amount}")
    for one in decision["losers"]:
        reason = one["reason"]
        console.print(
            f"Not paid: [bold]{escape(one['partner'])}[/bold]. {escape(reason['meaning'])}"
            f" [dim]{escape(reason['code'])}[/dim]"
        )


def _known(identities: Sequence[str]) -> str:
    """The identities; of hashes the beginning."""
    parts = (one.partition(":") for one in identities)
    return ", ".join(
        f"{domain}:{value if len(value) < 40 else value[:8] + '…'}" for domain, _, value in parts
    )


def _touch(one: Mapping[str, Any]) -> str:
    """`affiliate click · spring · acme`."""
    about = [one["campaign"], one["partner"], one["name"]]
    return " · ".join([f"{one['channel']} {one['kind']}", *(part for part in about if part)])


def _when(before: str) -> str:
    return before if before.endswith("after") else f"{before} before"


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}" if share in {0, 1} else f"{share:.1%}"
