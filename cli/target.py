"""Which stack a command speaks to: the options, else the environment, else `.local/stack.json`."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from touchline.platform.settings import Operator, load

STACK_FILE = Path(".local") / "stack.json"

ApiUrl = Annotated[
    str, typer.Option("--api-url", help="Base URL of the API (or TOUCHLINE_API_URL).")
]
TokenText = Annotated[
    str, typer.Option("--token", help="The token to act with (or TOUCHLINE_TOKEN).")
]
AccountName = Annotated[
    str, typer.Option("--account", help="The account, when the token may act on several.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


class NoTarget(Exception):
    """No stack was named and none is found; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """A stack. `region`, `endpoint_url` and `outputs` are known of a local one only."""

    api_url: str
    token: str
    region: str = ""
    endpoint_url: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


def target_of(api_url: str = "", token: str = "", *, start: Path | None = None) -> Target:
    """The stack that is meant. Raises NoTarget."""
    operator = load(Operator)
    local = _local(start or Path.cwd())
    url = api_url or operator.touchline_api_url
    text = token or operator.touchline_token
    if not url and local is None:
        raise NoTarget(
            "no stack is named: start one with `make up`, or give --api-url and --token"
            " (or TOUCHLINE_API_URL and TOUCHLINE_TOKEN)"
        )
    if url and not _is_base_url(url):
        raise NoTarget(f"`{url}` is no base URL: it is written https://host or http://host:port")
    if local is None or (url and url.rstrip("/") != str(local["api_url"]).rstrip("/")):
        return Target(url.rstrip("/"), text)
    return Target(
        api_url=str(local["api_url"]).rstrip("/"),
        token=text or str(local["token"]),
        region=str(local.get("region", "")),
        endpoint_url=str(local.get("endpoint_url", "")),
        outputs=dict(local.get("outputs", {})),
    )


def _is_base_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _local(start: Path) -> dict[str, Any] | None:
    """What `make up` left, here or in a folder above."""
    for folder in (start, *start.parents):
        try:
            found = json.loads((folder / STACK_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        return found if isinstance(found, dict) and "api_url" in found else None
    return None
