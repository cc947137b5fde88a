"""docs/reliability.md from docs/promises.tsv and the tests that name a promise in their name or
docstring: `python -m docs.reliability [--check]`."""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from docs.pages import DOCS, ROOT, cell, write_or_check

TESTS = ROOT / "tests"
SHOWN = 6
"""Tests named per promise; more are counted."""

GROUPS = {
    "IN": "Intake: durability and duplicates",
    "SE": "Intake: security",
    "DI": "Delivery",
    "SS": "Delivery: server-side request forgery",
    "BA": "The night",
    "OB": "Observability",
    "LO": "Load",
    "I": "Faults of intake: what fails ⇒ what happens",
    "B": "Faults of the night",
    "D": "Faults of delivery",
}
_IN_TEXT = re.compile(r"\b(?:(?:IN|SE|DI|SS|BA|OB|LO)-\d\d|[IBD]\d{1,2})\b")
_IN_NAME = re.compile(
    r"(?<![a-z0-9])(?:(in|se|di|ss|ba|ob|lo)_(\d\d)|([ibd])(\d{1,2}))(?![a-z0-9])"
)


def promises() -> dict[str, str]:
    """Every promise and fault by its ID."""
    lines = (DOCS / "promises.tsv").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("\t") for line in lines)
    return {promise: statement for promise, _, statement in pairs}


def shown_by(folder: Path = TESTS) -> dict[str, list[str]]:
    """The tests of each promise, as `unit/registry/test_cache.py::test_…`, in order."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
                and node.name[:5] == "test_"
            ):
                for promise in named(node.name, ast.get_docstring(node) or ""):
                    found[promise].append(f"{path.relative_to(folder).as_posix()}::{node.name}")
    return {promise: sorted(tests) for promise, tests in found.items()}


def named(name: str, docstring: str) -> set[str]:
    """The promises that a test's name (`test_in_03_…`, `test_d13_…`) and docstring name."""
    found = set(_IN_TEXT.findall(docstring))
    for group, number, row, row_number in _IN_NAME.findall(name):
        found.add(f"{group.upper()}-{number}" if group else f"{row.upper()}{row_number}")
    return found


def page(rows: Mapping[str, str], tests: Mapping[str, Sequence[str]]) -> str:
    """The page."""
    return "\n".join(_lines(rows, tests)) + "\n"


def _lines(rows: Mapping[str, str], tests: Mapping[str, Sequence[str]]) -> Iterator[str]:
    kept = sum(1 for promise in rows if tests.get(promise))
    yield "# Reliability: what is promised, and the tests that show it"
    yield ""
    yield "A promise is kept when a test shows it. A test belongs to a promise by naming its ID in"
    yield "its name or docstring; this page is made from those by `python -m docs.reliability`."
    yield f"Of {len(rows)} promises and faults {kept} have a test; the others say so."
    for group, title in GROUPS.items():
        yield from ("", f"## {title}", "", "| ID | promise | tests |", "|---|---|---|")
        for promise, statement in rows.items():
            if _group(promise) == group:
                yield f"| {promise} | {cell(statement)} | {_shown(tests.get(promise, ()))} |"


def _shown(tests: Sequence[str]) -> str:
    if not tests:
        return "none yet"
    told = "<br>".join(f"`{test}`" for test in tests[:SHOWN])
    left = len(tests) - SHOWN
    return told + (f"<br>and {left} more" if left > 0 else "")


def _group(promise: str) -> str:
    return re.match(r"[A-Z]+", promise)[0]  # type: ignore[index]


def main(arguments: Sequence[str]) -> int:
    """Write the page or check it."""
    text = page(promises(), shown_by())
    return write_or_check("reliability.md", text, "python -m docs.reliability", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
