"""The files of events/: which function takes each, and with which token."""

from pathlib import Path

from local.places import ROOT

EVENTS = sorted((ROOT / "events").glob("*/*.json"))
PLACEHOLDER = "tl_live_" + "0" * 37
"""The token in the files: no stack knows it."""


def function_of(file: Path) -> str:
    """`events/ingest/postback.json` is an event of IngestFunction."""
    return f"{file.parent.name.capitalize()}Function"


def event_of(file: Path, token: str) -> bytes:
    """The event with a token that the stack knows. Raises OSError."""
    return file.read_bytes().replace(PLACEHOLDER.encode(), token.encode())
