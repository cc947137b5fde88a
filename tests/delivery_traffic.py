"""Workers at one queue, a quiet endpoint and a noisy one: how long the quiet one's deliveries
take. In virtual time for the tests, in real time for the benchmark."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from tests.delivery_world import SHOP, World, an_endpoint
from tests.factories import NOON
from tests.fair_queue import FairQueue
from touchline.delivery.dispatch import Dispatcher
from touchline.delivery.jobs import Job, message_of
from touchline.delivery.model import Delivery
from touchline.delivery.ports import Limits
from touchline.delivery.registries import Sender
from touchline.delivery.rows import delivery_item
from touchline.delivery.verdict import Outgoing, Result
from touchline.kernel.ids import ConversionId, EndpointId, EventName
from touchline.ledger.model import ConversionKey

QUIET = "https://quiet.example.net/"
NOISY = "https://noisy.example.net/"
POLL_SECONDS = 0.002


class Timed:
    """A sender that notes when what was answered."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self.answered: dict[str, float] = {}

    async def send(self, request: Outgoing, deadline_seconds: float) -> Result:
        result = await self._sender.send(request, deadline_seconds)
        name = request.headers["webhook-id"]
        self.answered[name] = asyncio.get_running_loop().time()
        return result


class Traffic:
    """Made inside a running loop."""

    def __init__(
        self,
        sender: Sender,
        *,
        workers: int,
        quiet: str = QUIET,
        noisy: str = NOISY,
        limits: Limits | None = None,
    ) -> None:
        self._timed = Timed(sender)
        self._workers = workers
        self._seconds = asyncio.get_running_loop().time
        endpoints = [
            an_endpoint(id=name, url=at) for name, at in (("quiet", quiet), ("noisy", noisy))
        ]
        self.world = World(*endpoints, sender=self._timed, limits=limits)
        self.queue = FairQueue(self._seconds)
        self._around = replace(
            self.world.surroundings(), queue=self.queue, clock=self.now, sleep=asyncio.sleep
        )

    def now(self) -> int:
        return NOON + int(self._seconds() * 1000)

    async def waits(
        self, count: int, every_seconds: float, times: int, *, warm_up: int = 0
    ) -> list[float]:
        """Seconds from the message to the answer of each of `count` quiet deliveries, with
        `times` noisy ones spread over the time between two of them."""
        poller = asyncio.create_task(self._poll())
        sent: dict[str, float] = {}
        for number in range(-warm_up, count):
            for one in range(times):
                self._queue("noisy", f"{number}.{one}")
                await asyncio.sleep(every_seconds / times)
            if number >= 0:
                sent[self._queue("quiet", str(number))] = self._seconds()
            await asyncio.sleep(0 if times else every_seconds)
        await asyncio.sleep(self.world.limits.deadline_seconds + 1)  # longer than any attempt
        poller.cancel()
        with suppress(asyncio.CancelledError):
            await poller
        return [self._timed.answered[name] - at for name, at in sent.items()]

    def _queue(self, endpoint: str, name: str) -> str:
        now = self.now()
        delivery = Delivery(
            realm=SHOP,
            id=f"dlv_{endpoint}{name}",
            endpoint=EndpointId(endpoint),
            type="conversion.accepted",
            key=ConversionKey(EventName("purchase"), ConversionId(f"{endpoint}{name}")),
            created_at=now,
            next_at=now,
            body="{}",
            content_type="application/json",
        )
        self.world.table.put(delivery_item(delivery))
        self.queue.send_many([message_of(delivery, now)])
        return delivery.id

    async def _poll(self) -> None:
        """As Lambda does: whichever worker is free gets the next batch."""
        free = asyncio.Semaphore(self._workers)

        async def work(batch: list[Job]) -> None:
            try:
                assert await Dispatcher(self._around).run(batch, lambda: 60_000) == []
            finally:
                free.release()

        async with asyncio.TaskGroup() as workers:
            while True:
                await free.acquire()
                while not (batch := self.queue.take()):
                    await asyncio.sleep(POLL_SECONDS)
                workers.create_task(work(batch))
