"""`touchline deliveries`: what was sent to whom; sending again."""

from collections import Counter
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.api import Api, segment
from cli.output import console, failing_clearly, print_json, print_table
from cli.target import AccountName, ApiUrl, AsJson, TokenText, target_of
from touchline.kernel.reasons import CATALOGUE

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="What was sent to whom; resend one, replay many, release what is held.",
)

DeliveryName = Annotated[str, typer.Argument(help="The delivery's ID (dlv_…).")]
EndpointName = Annotated[str, typer.Argument(help="The endpoint's ID.")]
From = Annotated[str, typer.Option("--from", help="First day (UTC), such as 2026-01-31.")]
To = Annotated[str, typer.Option("--to", help="Last day (UTC).")]


@app.command(name="list", epilog="Example: [cyan]touchline deliveries list --state failed[/cyan]")
def list_deliveries(
    endpoint: Annotated[str, typer.Option("--endpoint", help="Only to this endpoint.")] = "",
    state: Annotated[
        str,
        typer.Option("--state", help="pending, sending, held, delivered, failed or cancelled."),
    ] = "",
    event: Annotated[str, typer.Option("--event", help="Only of this event.")] = "",
    conversion: Annotated[str, typer.Option("--conversion", help="Only of this ID.")] = "",
    first: From = "",
    last: To = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=500)] = 50,
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """List deliveries, oldest first; the undelivered ones with --state failed."""
    with failing_clearly():
        api = Api(target_of(api_url, token))
        query = {
            "account": api.account(account),
            "endpoint": endpoint,
            "state": state,
            "event": event,
            "conversion": conversion,
            "from": first,
            "to": last,
            "limit": limit,
        }
        found = _pages(api, query, limit)
        if as_json:
            print_json(found)
            return
        columns = ("delivery", "type", "conversion", "endpoint", "state", "attempts", "reason")
        names = ("id", "type", "conversion", "endpoint", "state", "attempts", "reason")
        print_table("Deliveries", columns, [[one[name] for name in names] for one in found])
        states = Counter(one["state"] for one in found)
        console.print(", ".join(f"{count} {state}" for state, count in states.most_common()))


@app.command(epilog="Example: [cyan]touchline deliveries show dlv_4ml6…[/cyan]")
def show(
    name: DeliveryName,
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Show one delivery with every attempt: request, response, time, what comes next."""
    with failing_clearly():
        api = Api(target_of(api_url, token))
        found = api.get(f"/reports/deliveries/{segment(name)}", account=api.account(account))
        if as_json:
            print_json(found)
            return
        console.print(
            f"[bold]{escape(found['type'])}[/bold] of {escape(found['conversion'])} to"
            f" {escape(found['endpoint'])}: [bold]{found['state']}[/bold]"
        )
        if found["reason"]:
            console.print(f"{escape(found['reason'])}: {_meaning(found['reason'])}")
        for attempt in found["attempts"]:
            _show_attempt(attempt)
        _show_next(found)


@app.command(epilog="Example: [cyan]touchline deliveries resend dlv_4ml6…[/cyan]")
def resend(
    name: DeliveryName,
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Make one more attempt now: the same ID, the same body, none of the schedule's attempts."""
    with failing_clearly():
        api = Api(target_of(api_url, token))
        path = f"/admin/deliveries/{segment(name)}/resend"
        told = api.call("POST", path, {}, query={"account": api.account(account)})
        if as_json:
            print_json(told)
        else:
            console.print(f"[green]queued[/green] {name}; see `touchline deliveries show {name}`")


@app.command(
    epilog="Example: [cyan]touchline deliveries replay crm --from 2026-01-01 --to 2026-01-02[/cyan]"
)
def replay(
    endpoint: EndpointName,
    first: Annotated[str, typer.Option("--from", help="From this instant or day on.")],
    last: Annotated[str, typer.Option("--to", help="Up to this instant or day, without it.")],
    state: Annotated[
        list[str] | None, typer.Option("--state", help="failed and cancelled unless stated.")
    ] = None,
    again: Annotated[
        str, typer.Option("--again", help="Any text: repeat a replay that was done already.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Send again what an endpoint did not get in a time range, at most 10,000 deliveries.

    The same range twice sends once; a replay that was interrupted goes on where it stopped.
    """
    states = state or ["failed", "cancelled"]
    with failing_clearly():
        api = Api(target_of(api_url, token))
        query = {"account": api.account(account)}
        if not yes:
            console.print(f"{', '.join(states)} to {escape(endpoint)}, {first} up to {last}")
            typer.confirm("Send these again?", abort=True)
        body = {"from": _instant(first), "to": _instant(last), "states": states, "again": again}
        path = f"/admin/endpoints/{segment(endpoint)}/replay"
        with console.status("Queueing") as status:
            told = api.call("POST", path, body, query=query)
            while not told["done"]:
                status.update(f"Queueing: {told['queued']}")
                told = api.call("POST", path, body, query=query)
        if as_json:
            print_json(told)
        else:
            console.print(f"[green]queued[/green] {told['queued']} ({told['replay']})")


@app.command(epilog="Example: [cyan]touchline deliveries release crm[/cyan]")
def release(
    endpoint: EndpointName,
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Let an endpoint's held deliveries go out, oldest first; lift its being disabled."""
    with failing_clearly():
        api = Api(target_of(api_url, token))
        query = {"account": api.account(account)}
        path = f"/admin/endpoints/{segment(endpoint)}/release"
        released = 0
        while True:
            told = api.call("POST", path, {}, query=query)
            released += told["released"]
            if not told["more"] or not told["released"]:
                break
        if as_json:
            print_json({**told, "released": released})
            return
        console.print(f"[green]released[/green] {released}")
        if told["more"]:
            console.print(f"The endpoint is {told['state']}: more stays held until it is active.")


def _pages(api: Api, query: dict[str, Any], limit: int) -> list[Any]:
    found: list[Any] = []
    cursor = ""
    while True:
        page = api.get("/reports/deliveries", **query, cursor=cursor)
        found += page["deliveries"]
        cursor = page["next"] or ""
        if not cursor or len(found) >= limit:
            return found[:limit]


def _meaning(code: str) -> str:
    """What the reason says; of `attempts_exhausted:timeout` also what the last attempt met."""
    meanings = [CATALOGUE[part].meaning for part in code.split(":") if part in CATALOGUE]
    return escape(" ".join(meanings))


def _show_next(found: Any) -> None:
    match found["state"]:
        case "pending":
            console.print(f"\nNext attempt {found['next_at']}")
        case "sending":
            console.print("\nAn attempt is under way.")
        case "held":
            release = f"touchline deliveries release {found['endpoint']}"
            console.print(f"\nHeld until its endpoint is active: [cyan]{escape(release)}[/cyan]")
        case "failed":
            console.print(f"\nOnce more: [cyan]touchline deliveries resend {found['id']}[/cyan]")


def _show_attempt(attempt: Any) -> None:
    request, response = attempt["request"], attempt["response"]
    by_hand = " (by hand)" if attempt["manual"] else ""
    outcome = " ".join(filter(None, (attempt["outcome"], attempt["reason"])))
    console.print(
        f"\n[bold]{attempt['number']}.[/bold]{by_hand} {attempt['at']} {escape(outcome)}:"
        f" {response['status'] or 'no answer'} in {attempt['duration_ms']} ms"
    )
    console.print(escape(f"   {request['method']} {request['url']}"), soft_wrap=True)
    if request["body"]:
        console.print(escape(f"   {request['body']}"), soft_wrap=True, style="dim")
    if response["body"]:
        console.print(escape(f"   ← {response['body'][:500]}"), soft_wrap=True)


def _instant(text: str) -> str:
    return f"{text}T00:00:00Z" if len(text) == len("2026-01-31") else text
