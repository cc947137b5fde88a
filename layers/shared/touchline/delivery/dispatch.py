"""The worker: a batch of jobs, those of each endpoint apart from those of every other.

At least once: what was sent but not recorded is sent again, with the same ID and body. Never
twice at a time: the lease is a conditional write, and a result whose lease was lost is dropped.

One dead or slow endpoint delays no other (DI-14). Within a batch all endpoints are worked on at
once, each with a few places. Between workers: what is not to be sent now is set aside in bulk,
and no more than a few wait for the answers of a slow endpoint.
"""

import asyncio
from asyncio import to_thread
from collections.abc import Sequence

from touchline.delivery import health as healths
from touchline.delivery.aside import Aside, set_aside
from touchline.delivery.attempting import Attempts
from touchline.delivery.desk import Desk, claim_probe, standing, take_place
from touchline.delivery.health import Health
from touchline.delivery.jobs import Job, send_message
from touchline.delivery.model import FINAL, Delivery, State
from touchline.delivery.outcome import soon
from touchline.delivery.ports import Remaining, Surroundings
from touchline.delivery.seats import Seat, Seats
from touchline.delivery.telling import tell_failed
from touchline.kernel.errors import NotFound, QueueUnavailable, StoreError
from touchline.kernel.ids import EndpointId, Realm, account_of
from touchline.registry.model import Endpoint

LATE_MS = 1_000
"""A reserved place in the rate is lost when its delivery comes later than this: bunched-up
latecomers would exceed the limit."""


class NoTime(Exception):
    """An attempt would not end before the function is stopped."""


class Dispatcher:
    """Works on batches of jobs; one slow endpoint delays no other."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._store = around.store
        self._limits = around.limits
        self._attempts = Attempts(around)
        self._seats = Seats(around)

    async def run(self, jobs: Sequence[Job], remaining: Remaining) -> list[Job]:
        """Work on all of them at once. Returns those to come again (never silently fewer)."""
        grouped: dict[tuple[Realm, EndpointId], list[Job]] = {}
        for job in jobs:
            grouped.setdefault((job.realm, job.endpoint), []).append(job)
        undone = await asyncio.gather(
            *(self._serve(*about, theirs, remaining) for about, theirs in grouped.items())
        )
        again = {job for theirs in undone for job in theirs}
        return [job for job in jobs if job in again]

    async def _serve(
        self, realm: Realm, endpoint: EndpointId, jobs: list[Job], remaining: Remaining
    ) -> list[Job]:
        """Work on the jobs of one endpoint; returns those to come again."""
        try:
            desk = await to_thread(self._open, realm, endpoint, jobs)
        except Exception as error:  # noqa: BLE001 - one endpoint must not end the others
            self._tell(error, endpoint=endpoint)
            return jobs
        if desk is None:
            return []
        works = [asyncio.create_task(self._work(job, desk, remaining)) for job in jobs]
        await self._mind(desk, works)
        done = await asyncio.gather(*works)
        await self._attempts.close(desk)
        return [job for job, ended in zip(jobs, done, strict=True) if not ended]

    def _open(self, realm: Realm, endpoint: EndpointId, jobs: list[Job]) -> Desk | None:
        """The endpoint's desk; None when nothing is sent to it and all its jobs were set aside."""
        health, seats = self._store.endpoint(realm, endpoint)
        aside, seat = self._avoided(realm, endpoint, health), None
        if aside is None and self._seats.needed(seats):
            seat = self._seats.take(realm, endpoint, seats)
            aside = None if seat else Aside(State.PENDING)
        if aside is None:
            cap = asyncio.Semaphore(self._limits.at_once_per_endpoint)
            return Desk(realm, endpoint, health, cap, seats=seats, seat=seat)
        names = [job.delivery for job in jobs]
        set_aside(self._around, self._store.deliveries(realm, names), aside)
        return None

    def _avoided(self, realm: Realm, endpoint: EndpointId, health: Health) -> Aside | None:
        """Why nothing may be sent to the endpoint now; None: it may."""
        found = self._declared(realm, endpoint, health)
        if isinstance(found, Aside):
            return found
        if healths.is_open(health, self._around.clock()):
            return Aside(State.PENDING, until=max(health.open_until or 0, health.probe_until or 0))
        return None

    def _declared(self, realm: Realm, name: EndpointId, health: Health) -> Endpoint | Aside:
        """The endpoint as it is declared now, or why it gets nothing."""
        try:
            registry = self._around.registries.registry(account_of(realm))
            verdict, reason = standing(registry, name, health)
        except NotFound:
            verdict, reason = "cancel", "endpoint_deleted"
        if verdict == "send":
            return registry.endpoints[name]
        return Aside(State.CANCELLED if verdict == "cancel" else State.HELD, reason)

    async def _mind(self, desk: Desk, works: Sequence[asyncio.Task[bool]]) -> None:
        """Wait for the works; if one of them waits long for an answer, in a seat."""
        waiting = set(works)
        while waiting and desk.seat is None:
            _, waiting = await asyncio.wait(waiting, timeout=self._limits.slow_ms / 1000)
            if waiting and desk.under_way:
                desk.seat = await self._seated(desk)
                break
        await asyncio.wait(works)
        if desk.seat is not None:
            await self._leave(desk, desk.seat)

    async def _seated(self, desk: Desk) -> Seat | None:
        try:
            return await to_thread(self._seats.take, desk.realm, desk.endpoint, desk.seats)
        except StoreError as error:  # without a seat more may wait than should; nothing is lost
            self._tell(error, endpoint=desk.endpoint)
            return None

    async def _leave(self, desk: Desk, seat: Seat) -> None:
        try:
            await to_thread(self._seats.leave, desk.realm, desk.endpoint, seat)
        except StoreError as error:  # it is free again once its time is over
            self._tell(error, endpoint=desk.endpoint)

    async def _work(self, job: Job, desk: Desk, remaining: Remaining) -> bool:
        try:
            async with desk.places:
                await self._deliver(job, desk, remaining)
        except NoTime:
            return False
        except Exception as error:  # noqa: BLE001 - one job must not end the others
            self._tell(error, delivery=job.delivery)
            return False
        return True

    def _tell(self, error: Exception, **about: str) -> None:
        if isinstance(error, StoreError | QueueUnavailable):
            tell_failed(self._around.log, error, **about)
        else:
            self._around.log.fault(error, **about)

    async def _deliver(self, job: Job, desk: Desk, remaining: Remaining) -> None:
        delivery = await to_thread(self._store.delivery, job.realm, job.delivery)
        if delivery is None or delivery.state in FINAL or delivery.state is State.HELD:
            return
        found = await to_thread(self._declared, desk.realm, desk.endpoint, desk.health)
        if isinstance(found, Aside):
            await to_thread(set_aside, self._around, [delivery], found)
        else:
            await self._when_due(delivery, found, desk, remaining)

    async def _when_due(
        self, delivery: Delivery, endpoint: Endpoint, desk: Desk, remaining: Remaining
    ) -> None:
        now = self._around.clock()
        if delivery.state is State.SENDING and delivery.lease_until >= now:
            return
        if delivery.state is State.PENDING and delivery.next_at - now > self._limits.wait_ms:
            if soon(delivery.next_at, now):
                await to_thread(send_message, self._around.queue, delivery, now)
            return
        self._need_time(remaining)
        if delivery.state is State.PENDING and delivery.next_at > now:
            await self._around.sleep((delivery.next_at - now) / 1000)
        aside = await self._turn(delivery, endpoint, desk)
        if aside is not None:
            await to_thread(set_aside, self._around, [delivery], aside)
            return
        self._need_time(remaining)
        await self._attempts.make(delivery, endpoint, desk)

    async def _turn(self, delivery: Delivery, endpoint: Endpoint, desk: Desk) -> Aside | None:
        """None: it is this delivery's turn. Otherwise how the breaker or the rate puts it off."""
        async with desk.gate:
            now = self._around.clock()
            if desk.health.open_until is not None:
                return await self._probe(desk, now)
            if desk.silent:  # no worker sits out one deadline after the other
                return Aside(State.PENDING)
            limit = endpoint.rate_limit
            lately = delivery.slot_at is not None and now - delivery.slot_at <= LATE_MS
            if limit is None or lately:
                return None
            at = await to_thread(take_place, self._store, desk, limit, now)
        if at - now > self._limits.wait_ms:
            return Aside(State.PENDING, until=at, paced=True)
        if at > now:
            await self._around.sleep((at - now) / 1000)
        return None

    async def _probe(self, desk: Desk, now: int) -> Aside | None:
        """None for the one probe of a half-open breaker."""
        if healths.is_open(desk.health, now):
            until = max(desk.health.open_until or 0, desk.health.probe_until or 0, now + 1)
            return Aside(State.PENDING, until=until)
        until = now + self._limits.lease_ms
        claimed = await to_thread(claim_probe, self._store, desk, until)
        return None if claimed else Aside(State.PENDING, until=until)

    def _need_time(self, remaining: Remaining) -> None:
        needed = int(self._limits.deadline_seconds * 1000) + self._limits.margin_ms
        if remaining() < needed:
            raise NoTime
