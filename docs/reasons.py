"""docs/reasons.md from the catalogue: `python -m docs.reasons [--check]`."""

import sys
from collections.abc import Iterator, Sequence

from docs.pages import cell, write_or_check
from touchline.kernel.reasons import ROOMS
from touchline.kernel.reasons.model import Reason


def page() -> str:
    """The page: each room's codes, in order of their names."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Reasons"
    yield ""
    yield "Every code that Touchline answers, stores or logs: what happened, and what to do."
    yield "The same list as JSON: `GET /reasons`. What follows a colon in a code is detail"
    yield "(`lost_order:acme`). This page is made by `python -m docs.reasons`."
    for room, reasons in ROOMS.items():
        yield from ("", f"## {room}", "", "| code | status | meaning | fix |", "|---|---|---|---|")
        yield from (_row(one) for one in sorted(reasons, key=lambda one: one.code))


def _row(one: Reason) -> str:
    code = f'<a id="{one.code}"></a>`{one.code}`'
    return f"| {code} | {one.status or ''} | {cell(one.meaning)} | {cell(one.fix)} |"


def main(arguments: Sequence[str]) -> int:
    """Write the page or check it."""
    return write_or_check("reasons.md", page(), "python -m docs.reasons", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
