"""`make bench`: every benchmark, a table on screen and `benchmarks/results/latest.json`.

A benchmark is a module of this package with `measure() -> Iterable[Figure]`, listed in BENCHMARKS.
Name some to run only those: `python -m benchmarks ingest`.
"""

import json
import platform
import sys
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure

BENCHMARKS = ("ingest", "engine", "night", "journeys", "delivery")
RESULTS = Path(__file__).parent / "results" / "latest.json"


def measured(name: str) -> list[Figure]:
    """The figures of one benchmark."""
    return list(import_module(f"benchmarks.{name}").measure())


def main(asked: list[str]) -> int:
    """Run those asked for, or all; 0, or 2 for a name that is none."""
    unknown = [name for name in asked if find_spec(f"benchmarks.{name}") is None]
    if unknown:
        Console(stderr=True).print(f"no such benchmark: {', '.join(unknown)}")
        return 2
    console = Console()
    table = Table("benchmark", "figure", "value", "unit", "against", header_style="bold")
    results: dict[str, list[dict[str, object]]] = {}
    for name in asked or BENCHMARKS:
        with console.status(f"{name} …"):
            figures = measured(name)
        results[name] = [asdict(figure) for figure in figures]
        for figure in figures:
            table.add_row(name, figure.name, f"{figure.value:,.3g}", figure.unit, figure.against)
    console.print(table)
    RESULTS.parent.mkdir(exist_ok=True)
    machine = {"machine": platform.machine(), "python": platform.python_version()}
    RESULTS.write_text(json.dumps({**machine, "results": results}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
