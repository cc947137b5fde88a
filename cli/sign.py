"""`touchline sign URL`: sign a click or postback URL as a partner's system would."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from touchline.intake.signature import EXPIRY, SIGNATURE, TIMESTAMP, Signed, sign
from touchline.kernel.clock import SECOND_MS, Clock, system_clock
from touchline.registry.model import SigningKey

app = typer.Typer(rich_markup_mode="rich")


@app.command(
    epilog="Example: [cyan]touchline sign 'https://api.example/c/spring?pid=acme' "
    '--secret "$SECRET" --expires-in 3600[/cyan]'
)
def sign_url(
    url: Annotated[str, typer.Argument(help="The URL to sign, with all its parameters.")],
    secret: Annotated[
        str, typer.Option(envvar="TOUCHLINE_SIGNING_SECRET", help="The partner's signing secret.")
    ],
    expires_in: Annotated[
        int,
        typer.Option(help="Seconds for which a link holds; 0 signs for sending at once.", min=0),
    ] = 0,
    method: Annotated[str, typer.Option(help="GET or POST.")] = "GET",
    body: Annotated[Path | None, typer.Option(help="The file that is sent as the body.")] = None,
) -> None:
    """Sign a click or postback URL: prints it with `tl_ts` or `tl_exp` and `tl_sig`."""
    content = body.read_bytes() if body else b""
    typer.echo(signed_url(url, secret, system_clock, expires_in, method, content))


def signed_url(
    url: str, secret: str, clock: Clock, expires_in: int = 0, method: str = "GET", body: bytes = b""
) -> str:
    """The URL with its signature. A prefix that the local stack puts before the path stays out.

    Raises typer.BadParameter for what is no http(s) URL, or is signed already.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.fragment:
        raise typer.BadParameter("an http or https URL without a fragment is needed")
    if f"{SIGNATURE}=" in parts.query:
        raise typer.BadParameter("this URL is signed already")
    seconds = clock() // SECOND_MS
    time = f"{EXPIRY}={seconds + expires_in}" if expires_in else f"{TIMESTAMP}={seconds}"
    query = f"{parts.query}&{time}" if parts.query else time
    signature = sign(Signed(method, _path(parts.path), query, body), SigningKey("", secret))
    return parts._replace(query=f"{query}&{SIGNATURE}={signature}").geturl()


def _path(path: str) -> str:
    """The path that intake sees: the emulator's `/_aws/execute-api/{id}` is no part of it."""
    if path.startswith("/_aws/execute-api/"):
        return "/" + "/".join(path.split("/")[4:])
    return path or "/"
