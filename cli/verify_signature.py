"""`touchline verify-signature`: check a received webhook, as its receiver should."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.output import console, fail
from touchline.delivery.signing import BadSecret, verifies
from touchline.kernel.clock import system_clock

app = typer.Typer(rich_markup_mode="rich")


@app.command(
    epilog="Example: [cyan]touchline verify-signature --secret whsec_… --id dlv_… "
    "--timestamp 1767268800 --signature v1,… body.json[/cyan]"
)
def verify_signature(
    body: Annotated[Path, typer.Argument(help="The body as it came, byte by byte; - for input.")],
    secret: Annotated[
        str, typer.Option("--secret", help="whsec_… (HMAC), or whpk_… (ed25519, the public key).")
    ],
    message_id: Annotated[str, typer.Option("--id", help="The header webhook-id.")],
    timestamp: Annotated[str, typer.Option("--timestamp", help="The header webhook-timestamp.")],
    signature: Annotated[str, typer.Option("--signature", help="The header webhook-signature.")],
    any_age: Annotated[
        bool, typer.Option("--any-age", help="Do not ask for a timestamp of the last 5 minutes.")
    ] = False,
) -> None:
    """Say whether the signature is the secret's, and the timestamp within five minutes."""
    try:
        content = sys.stdin.buffer.read() if str(body) == "-" else body.read_bytes()
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature,
        }
        stated = int(timestamp) * 1000 if timestamp.isascii() and timestamp.isdigit() else 0
        good = verifies(secret, headers, content, stated if any_age else system_clock())
    except (OSError, BadSecret) as error:
        fail(str(error))
        return
    if not good:
        fail("the signature does not fit", "Is it the body as it came, and this endpoint's secret?")
    console.print("[green]good[/green]")
