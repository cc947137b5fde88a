"""What one endpoint that times out, at 100 times the volume, does to another: the real worker over
tables in memory, sockets of this machine, and a queue as fair between groups as SQS is.

All workers share one interpreter here, as functions do not: their computing adds to the quiet
endpoint's time. With and without the noise are measured in turn, so that a busy machine is busy
for both.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.delivery_traffic import Traffic
from touchline.delivery.ports import Limits
from touchline.delivery.sender import HttpSender

WORKERS = 16
QUIET = 20
EVERY_SECONDS = 0.3
WARM_UP = 5
"""Turns before it is measured: the endpoint has been down for a while, not since just now."""
DEADLINE_SECONDS = 1.0
ROUNDS = 5


def p95_seconds(quiet_url: str, noisy_url: str, times: int) -> tuple[float, float]:
    """The quiet endpoint's 95th percentile of time from message to answer: alone, and beside the
    noise."""
    alone, beside = [], []
    for _ in range(ROUNDS):
        alone += asyncio.run(_waits(quiet_url, noisy_url, 0))
        beside += asyncio.run(_waits(quiet_url, noisy_url, times))
    return _p95(alone), _p95(beside)


def _p95(waits: Sequence[float]) -> float:
    return statistics.quantiles(waits, n=20)[-1]


async def _waits(quiet_url: str, noisy_url: str, times: int) -> list[float]:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(4 * WORKERS))
    limits = Limits(deadline_seconds=DEADLINE_SECONDS, loopback=True)
    async with HttpSender(monotonic=time.monotonic, loopback=True) as sender:
        traffic = Traffic(sender, workers=WORKERS, quiet=quiet_url, noisy=noisy_url, limits=limits)
        return await traffic.waits(QUIET, EVERY_SECONDS, times, warm_up=WARM_UP)
