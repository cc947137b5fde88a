"""What one endpoint that times out, at 100 times the volume, does to another: the real worker over
tables in memory, sockets of this machine, and a queue as fair between groups as SQS is."""

import asyncio
import statistics
import time
from collections import deque
from collections.abc import Sequence
from itertools import islice

from benchmarks.delivery_client import SECRET
from tests.delivery_world import World, an_endpoint
from touchline.delivery.dispatch import Dispatcher
from touchline.delivery.jobs import Job
from touchline.delivery.model import Delivery
from touchline.delivery.ports import Limits
from touchline.delivery.rows import delivery_item
from touchline.delivery.sender import HttpSender
from touchline.delivery.verdict import Outgoing, Result
from touchline.kernel.ids import ConversionId, EndpointId, EventName, Realm
from touchline.ledger.model import ConversionKey
from touchline.registry.model import Secret

WORKERS = 16
BATCH = 10
QUIET = 25
WARM_UP = 8
"""Turns before it is measured: the endpoint has been down for a while, not since just now."""
EVERY_SECONDS = 0.4
DEADLINE_SECONDS = 1.0


class FairQueue:
    """Groups take turns, as in SQS's fair queues (quiet tenants are not behind a noisy one)."""

    def __init__(self) -> None:
        self._groups: dict[str, deque[Job]] = {}
        self._turns: deque[str] = deque()

    def put(self, job: Job) -> None:
        """Add a message."""
        if job.endpoint not in self._groups:
            self._groups[job.endpoint] = deque()
            self._turns.append(job.endpoint)
        self._groups[job.endpoint].append(job)

    def take(self) -> list[Job]:
        """Up to a batch: one message of each group in turn; a noisy group does not fill it."""
        batch: list[Job] = []
        for _ in range(BATCH):
            waiting = [name for name in self._turns if self._groups[name]]
            if not waiting:
                break
            name = waiting[0]
            self._turns.remove(name)
            self._turns.append(name)
            batch.append(self._groups[name].popleft())
        return batch


class Timed:
    """The real sender; notes when what was answered."""

    def __init__(self, sender: HttpSender) -> None:
        self._sender = sender
        self.answered: dict[str, float] = {}

    async def send(self, request: Outgoing, deadline_seconds: float) -> Result:
        """Send and note."""
        result = await self._sender.send(request, deadline_seconds)
        self.answered[request.headers["webhook-id"]] = time.monotonic()
        return result


def p95_seconds(quiet_url: str, noisy_url: str, noise: int) -> float:
    """The quiet endpoint's 95th percentile of time from message to answer."""
    return asyncio.run(_run(quiet_url, noisy_url, noise))


async def _run(quiet_url: str, noisy_url: str, noise: int) -> float:
    endpoints = [
        an_endpoint(id=name, url=url, secrets=(Secret(SECRET),))
        for name, url in (("quiet", quiet_url), ("noisy", noisy_url))
    ]
    async with HttpSender(monotonic=time.monotonic, loopback=True) as sender:
        timed = Timed(sender)
        limits = Limits(deadline_seconds=DEADLINE_SECONDS, loopback=True)
        world = World(*endpoints, sender=timed, limits=limits)
        queue = FairQueue()
        sent: dict[str, float] = {}
        stop = asyncio.Event()
        workers = [asyncio.create_task(_work(world, queue, stop)) for _ in range(WORKERS)]
        noises = iter(range((QUIET + WARM_UP) * noise))
        for number in range(-WARM_UP, QUIET):
            for each in islice(noises, noise):
                queue.put(_stored(world, "noisy", each))
            if number >= 0:
                job = _stored(world, "quiet", number)
                sent[job.delivery] = time.monotonic()
                queue.put(job)
            await asyncio.sleep(EVERY_SECONDS)
        while any(name not in timed.answered for name in sent):
            await asyncio.sleep(0.01)
        stop.set()
        await asyncio.gather(*workers)
    waits = [timed.answered[name] - at for name, at in sent.items()]
    return statistics.quantiles(waits, n=20)[-1]


def _stored(world: World, endpoint: str, number: int) -> Job:
    delivery = Delivery(
        realm=Realm("shop"),
        id=f"dlv_{endpoint}{number}",
        endpoint=EndpointId(endpoint),
        type="conversion.accepted",
        key=ConversionKey(EventName("purchase"), ConversionId(f"A-{number}")),
        created_at=world.now,
        next_at=world.now,
        body="{}",
        content_type="application/json",
    )
    world.table.put(delivery_item(delivery))
    return Job(delivery.realm, delivery.id, delivery.endpoint)


async def _work(world: World, queue: FairQueue, stop: asyncio.Event) -> None:
    dispatcher = Dispatcher(world.surroundings())
    while not stop.is_set():
        batch: Sequence[Job] = queue.take()
        if not batch:
            await asyncio.sleep(0.002)
            continue
        await dispatcher.run(batch, lambda: 60_000)
