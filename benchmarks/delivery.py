"""Deliveries a second of one process, 100 at once, against receivers on this machine that take
10 ms, 200 ms and 5 s: ours, httpx's asynchronous client, a plain loop with requests, in one run."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from benchmarks.delivery_fairness import p95_seconds
from benchmarks.figures import Figure

AT_ONCE = 100
CASES = (
    # receiver's seconds, deliveries by us, by httpx, by a loop with requests
    (0.01, 6_000, 400, 200),
    (0.2, 1_500, 300, 15),
    (5.0, 200, 100, 1),
)
NOISE = 100


def measure() -> Iterable[Figure]:
    """The figures."""
    resident = 0.0
    for seconds, own, httpx, loop in CASES:
        with receiver(seconds) as url:
            mine = ran("ours", url, own)
            rival = ran("httpx", url, httpx)
            plain = ran("requests", url, loop)
        resident = max(resident, mine["resident_mb"])
        named = f"{seconds * 1000:.0f} ms receiver, {AT_ONCE} at once"
        against = f"httpx {rival['rate']:,.0f}/s, requests loop {plain['rate']:,.1f}/s"
        yield Figure(named, mine["rate"], "deliveries/s", against)
        if seconds == CASES[0][0]:
            against = f"httpx {rival['cpu_ms']:.2f}, requests {plain['cpu_ms']:.2f}, start included"
            yield Figure("CPU of one delivery", mine["cpu_ms"], "ms", against)
    yield Figure("resident memory while sending", resident, "MB")
    yield from fairness()


def fairness() -> Iterator[Figure]:
    """The quiet endpoint's p95 alone, and beside one that times out at 100 times the volume."""
    with receiver(0.1) as quiet, receiver(-1) as silent:
        alone, beside = p95_seconds(quiet, silent, NOISE)
    yield Figure(
        f"p95 beside an endpoint that times out at {NOISE}x the volume",
        beside / alone * 100 - 100,
        "% over alone",
        f"{alone * 1000:.0f} ms alone, {beside * 1000:.0f} ms beside",
    )


def ran(way: str, url: str, count: int) -> dict[str, float]:
    """Deliveries a second, CPU of each and the most resident memory, of one way of sending."""
    command = [sys.executable, "-m", "benchmarks.delivery_client", way, url, str(count)]
    done = subprocess.run(  # noqa: S603 - our own module
        [*command, str(AT_ONCE)], check=True, capture_output=True, text=True
    )
    told: dict[str, float] = json.loads(done.stdout)
    return {**told, "rate": count / told["seconds"]}


@contextmanager
def receiver(seconds: float) -> Iterator[str]:
    """The URL of a receiver in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.delivery_receiver", str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/hook"
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
