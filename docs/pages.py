"""Pages that are made from the code: written, or checked to be what the code says."""

import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def write_or_check(name: str, text: str, command: str, arguments: Sequence[str]) -> int:
    """Write docs/<name>; with `--check` only compare: 1 when it is not what the code says."""
    page = DOCS / name
    if "--check" not in arguments:
        page.write_text(text, encoding="utf-8")
        return 0
    if page.exists() and page.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"docs/{name} is not what the code says: run {command}\n")
    return 1


def cell(text: str) -> str:
    """Text as a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")
