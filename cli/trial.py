"""`touchline test-send`: one marked request to an endpoint, and what came back."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.api import Api, segment
from cli.output import console, failing_clearly, print_json
from cli.target import AccountName, ApiUrl, AsJson, TokenText, target_of

app = typer.Typer(rich_markup_mode="rich")


@app.command(epilog="Example: [cyan]touchline test-send crm[/cyan]")
def send(
    endpoint: Annotated[str, typer.Argument(help="The endpoint's ID.")],
    conversion: Annotated[
        str, typer.Option("--conversion", help="A past conversion's ID; sample data without it.")
    ] = "",
    event: Annotated[str, typer.Option("--event", help="The event of that conversion.")] = "",
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Send a signed test and show request and response. It is marked as a test and counts nowhere.

    Ends with exit code 1 when the endpoint did not take it.
    """
    with failing_clearly():
        api = Api(target_of(api_url, token))
        body = {"conversion": conversion, "event": event}
        path = f"/admin/endpoints/{segment(endpoint)}/test"
        told = api.call("POST", path, body, query={"account": api.account(account)})
    if as_json:
        print_json(told)
    else:
        _show(told)
    if told["outcome"] != "delivered":
        raise typer.Exit(1)


def _show(told: dict[str, Any]) -> None:
    request, response = told["request"], told["response"]
    console.print(escape(f"{request['method']} {request['url']}"), soft_wrap=True, style="bold")
    for name, value in request["headers"].items():
        console.print(escape(f"{name}: {value}"), soft_wrap=True, style="dim")
    if request["body"]:
        console.print(escape(f"\n{request['body']}"), soft_wrap=True)
    taken = told["outcome"] == "delivered"
    colour = "green" if taken else "red"
    answer = f"{response['status'] or 'no answer'} in {response['duration_ms']} ms"
    console.print(f"\n[{colour}]{told['outcome']}[/{colour}] {answer} {told['reason'] or ''}")
    if response["body"]:
        console.print(escape(str(response["body"])), soft_wrap=True)
