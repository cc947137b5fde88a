"""What a night costs: conversions per second and core, with journeys of 5 touches, 2 identities,
against the same work through plain boto3 resource calls in the same run.

The store is a stub behind real sockets, in a process of its own, so that the CPU counted is ours.
boto3's side does fewer conversions, since it takes as long for them. Number of conversions:
`python -m benchmarks.night 100000`.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure

ROOT = Path(__file__).resolve().parent.parent
USUAL = 20_000
RIVALS_SHARE = 10


def measure(count: int = USUAL) -> Iterable[Figure]:
    """The figures of `make bench`."""
    ours = _night("wire", count)
    rival = _night("boto3", count // RIVALS_SHARE)
    our_rate, rival_rate = ours["decided"] / ours["cpu"], rival["decided"] / rival["cpu"]
    against = f"boto3 resource {rival_rate:,.0f}/s"
    yield Figure("conversions decided", ours["decided"], "conversions")
    yield Figure("decided and published", our_rate, "conversions/s/core", against)
    yield Figure("decided and published", our_rate / rival_rate, "× boto3 resource")
    yield Figure("CPU of one conversion", 1e3 * ours["cpu"] / ours["decided"], "ms", against)
    yield Figure("peak memory", ours["peak_mb"], "MB", f"{ours['import_mb']:.0f} MB imported")


def _night(side: str, count: int) -> dict[str, Any]:
    with _stub(count) as port:
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "benchmarks.night_process", side, port],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    told: dict[str, Any] = json.loads(done.stdout)
    if told["status"] != "published" or told["decided"] != count:
        raise RuntimeError(f"the night went wrong: {told}")
    return told


@contextmanager
def _stub(count: int) -> Any:
    with subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "benchmarks.night_stub", str(count)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        yield process.stdout.readline().strip()
        process.stdin.close()


if __name__ == "__main__":
    for figure in measure(int(sys.argv[1]) if len(sys.argv) > 1 else USUAL):
        sys.stdout.write(f"{figure.name}: {figure.value:,.3f} {figure.unit}  {figure.against}\n")
