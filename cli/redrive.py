"""`touchline redrive`: dead letters back to where they came from."""

from typing import Annotated

import typer

from cli.api import Api
from cli.output import console, failing_clearly, print_json
from cli.target import ApiUrl, AsJson, TokenText, target_of

app = typer.Typer(rich_markup_mode="rich")


@app.command(epilog="Example: [cyan]touchline redrive delivery[/cyan]")
def redrive(
    queue: Annotated[str, typer.Argument(help="delivery, spill or outbox.")],
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Put dead letters back into their queue, when the cause is mended.

    May be run again at any time: a message that is put back twice does nothing twice.
    """
    with failing_clearly():
        api = Api(target_of(api_url, token))
        moved = 0
        while True:
            done = api.call("POST", "/admin/redrive", {"queue": queue})
            moved += done["moved"]
            if done["moved"] == 0 or done["left"] == 0:
                break
        if as_json:
            print_json({"queue": queue, "moved": moved, "left": done["left"]})
        else:
            console.print(f"{moved} moved, {done['left']} left")
