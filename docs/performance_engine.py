"""The tables of docs/performance-engine.md, from benchmarks/results/engine.json:
`python -m docs.performance_engine [--check]`.

The page is written by hand but for what stands between `<!-- journeys channels -->` and
`<!-- end -->`, so that no figure in it can differ from what was measured.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from docs.pages import DOCS, ROOT, write_or_check

NAME = "performance-engine.md"
RESULTS = ROOT / "benchmarks" / "results" / "engine.json"
OURS = {
    "touchline": "touchline, own form",
    "touchline-numpy": "touchline, own form, NumPy alone",
    "touchline-csv": "touchline, from CSV",
}
TASKS = {"all": "8 models", "linear": "linear", "markov": "Markov 1", "shapley": "Shapley"}
_TABLE = re.compile(r"(<!-- (\d+) (\d+) -->\n).*?(<!-- end -->)", re.DOTALL)
_TIMES = re.compile(r"(<!-- times -->\n).*?(<!-- end -->)", re.DOTALL)


def page() -> str:
    """The page with its tables as they were last measured."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    text = (DOCS / NAME).read_text(encoding="utf-8")

    def table(found: re.Match[str]) -> str:
        size = (int(found[2]), int(found[3]))
        some = [one for one in results if (one["journeys"], one["channels"]) == size]
        return found[1] + "\n".join(_rows(some)) + "\n" + found[4]

    text = _TABLE.sub(table, text)
    return _TIMES.sub(lambda found: found[1] + "\n".join(_times(results)) + "\n" + found[2], text)


def _rows(results: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield "| runner | task | CPU seconds | clock | journeys per CPU second | furthest from exact |"
    yield "|---|---|---:|---:|---:|---:|"
    for one in results:
        name, task = OURS.get(one["runner"], one["runner"]), _task(one["task"])
        if one["seconds"] is None:
            yield f"| {name} | {task} | {one['why']} | | | |"
            continue
        speed = one["journeys"] / one["cpu_seconds"]
        off_by = "" if not one["off_by"] else f"{one['off_by']:.0e}"
        yield (
            f"| {name} | {task} | {one['cpu_seconds']:.3f} | {one['seconds']:.3f} s "
            f"| {_short(speed)} | {off_by} |"
        )


def _times(results: Sequence[dict[str, Any]]) -> Iterator[str]:
    """How often our CPU seconds for all models go into those of a peer's quickest task."""
    yield "| journeys | channels | quickest task of a peer | with the kernel | NumPy alone | CSV |"
    yield "|---:|---:|---|---:|---:|---:|"
    for size in sorted({(one["journeys"], one["channels"]) for one in results}):
        done = [
            one
            for one in results
            if (one["journeys"], one["channels"]) == size and one["seconds"] is not None
        ]
        ours = {one["runner"]: one["cpu_seconds"] for one in done if one["task"] == "all"}
        peers = [one for one in done if one["runner"] not in OURS]
        best = min(peers, key=lambda one: float(one["cpu_seconds"]))
        times = " | ".join(f"{best['cpu_seconds'] / ours[name]:.1f} ×" for name in OURS)
        yield f"| {size[0]:,} | {size[1]} | {best['runner']}, {_task(best['task'])} | {times} |"


def _task(name: str) -> str:
    return TASKS.get(name, name.replace("markov_", "Markov "))


def _short(number: float) -> str:
    return f"{number / 1e6:.1f} M" if number >= 1e5 else f"{number / 1e3:.1f} k"


def main(arguments: Sequence[str]) -> int:
    """Write the page, or check that it is current."""
    return write_or_check(NAME, page(), "make docs", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
