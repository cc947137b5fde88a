"""The worker: takes the lease of a due delivery, sends it, records what came of it.

At least once: what was sent but not recorded is sent again, with the same ID and body. Never
twice at a time: the lease is a conditional write, and a result whose lease was lost is dropped.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from touchline.delivery import health as healths
from touchline.delivery.desk import Desk, claim_probe, save_tally, standing, take_place
from touchline.delivery.functions import BadCall
from touchline.delivery.guard import url_problem
from touchline.delivery.health import Tally
from touchline.delivery.jobs import Job, message_of
from touchline.delivery.model import FINAL, Delivery, Hold, State
from touchline.delivery.outcome import after_attempt, attempt_of, soon
from touchline.delivery.platforms import PLATFORMS, verdict_of
from touchline.delivery.ports import Remaining, Surroundings
from touchline.delivery.request import Prepared, opened, prepare
from touchline.delivery.rows import next_version
from touchline.delivery.signing import BadSecret
from touchline.delivery.telling import tell_attempt, tell_disabled, tell_failed
from touchline.delivery.verdict import DELIVERED, GONE, NoAnswer, Outgoing, Result, Verdict
from touchline.kernel.errors import NotFound, QueueUnavailable, StoreError
from touchline.kernel.ids import account_of
from touchline.platform.observability import Metric
from touchline.registry.model import Endpoint

Answered = TypeVar("Answered")
SILENT_MS = 5_000
"""Once an attempt timed out, the rest of its batch waits: no worker sits out one deadline after
the other, while others' deliveries wait for a worker."""
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

    async def run(self, jobs: Sequence[Job], remaining: Remaining) -> list[Job]:
        """Work on all of them at once. Returns those to come again (never silently fewer)."""
        one_each = {(job.realm, job.endpoint): job for job in jobs}
        opened_desks = await asyncio.gather(*(self._desk(job) for job in one_each.values()))
        desks = dict(zip(one_each, opened_desks, strict=True))
        done = await asyncio.gather(
            *(self._work(job, desks[job.realm, job.endpoint], remaining) for job in jobs)
        )
        await asyncio.gather(*(self._close(desk) for desk in desks.values()))
        return [job for job, ended in zip(jobs, done, strict=True) if not ended]

    async def _desk(self, job: Job) -> Desk:
        health = await self._off_loop(lambda: self._store.health(job.realm, job.endpoint))
        cap = asyncio.Semaphore(self._limits.at_once_per_endpoint)
        return Desk(job.realm, job.endpoint, health, cap)

    async def _work(self, job: Job, desk: Desk, remaining: Remaining) -> bool:
        try:
            async with desk.places:
                await self._deliver(job, desk, remaining)
        except NoTime:
            return False
        except (StoreError, QueueUnavailable) as error:
            tell_failed(self._around.log, error, delivery=job.delivery)
            return False
        except Exception as error:  # noqa: BLE001 - one job must not end the others
            self._around.log.fault(error, delivery=job.delivery)
            return False
        return True

    async def _deliver(self, job: Job, desk: Desk, remaining: Remaining) -> None:
        delivery = await self._off_loop(lambda: self._store.delivery(job.realm, job.delivery))
        if delivery is None or delivery.state in FINAL or delivery.state is State.HELD:
            return
        try:
            account = account_of(delivery.realm)
            registry = await self._off_loop(lambda: self._around.registries.registry(account))
            verdict, reason = standing(registry, delivery.endpoint, desk.health)
        except NotFound:
            verdict, reason = "cancel", "endpoint_deleted"
        if verdict == "cancel":
            await self._change(
                delivery, state=State.CANCELLED, reason=reason, finished_at=self._around.clock()
            )
        elif verdict == "hold":
            await self._hold(delivery, reason)
        else:
            endpoint = registry.endpoints[delivery.endpoint]
            await self._when_due(delivery, endpoint, desk, remaining)

    async def _when_due(
        self, delivery: Delivery, endpoint: Endpoint, desk: Desk, remaining: Remaining
    ) -> None:
        now = self._around.clock()
        if delivery.state is State.SENDING and delivery.lease_until >= now:
            return
        if delivery.state is State.PENDING and delivery.next_at - now > self._limits.wait_ms:
            if soon(delivery.next_at, now):
                await self._off_loop(lambda: self._send_message(delivery))
            return
        if not self._enough_time(remaining):
            raise NoTime
        if delivery.state is State.PENDING and delivery.next_at > now:
            await self._around.sleep((delivery.next_at - now) / 1000)
        later = await self._not_before(delivery, endpoint, desk)
        if later is None:
            await self._attempt(delivery, endpoint, desk, remaining)
        else:
            paced = desk.health.open_until is None and not desk.silent
            await self._put_off(delivery, later, paced=paced and endpoint.rate_limit is not None)

    async def _not_before(self, delivery: Delivery, endpoint: Endpoint, desk: Desk) -> int | None:
        """None: now. Otherwise the instant until which the breaker or the rate puts it off."""
        async with desk.gate:
            now = self._around.clock()
            if desk.health.open_until is not None:
                return await self._breaker(desk, now)
            if desk.silent:
                return now + SILENT_MS
            limit = endpoint.rate_limit
            lately = delivery.slot_at is not None and now - delivery.slot_at <= LATE_MS
            if limit is None or lately:
                return None
            at = await self._off_loop(lambda: take_place(self._store, desk, limit, now))
        if at - now > self._limits.wait_ms:
            return at
        if at > now:
            await self._around.sleep((at - now) / 1000)
        return None

    async def _breaker(self, desk: Desk, now: int) -> int | None:
        """None for the one probe of a half-open breaker, else until when to wait."""
        if healths.is_open(desk.health, now):
            return max(desk.health.open_until or 0, desk.health.probe_until or 0, now + 1)
        until = now + self._limits.lease_ms
        claimed = await self._off_loop(lambda: claim_probe(self._store, desk, until))
        return None if claimed else until

    async def _attempt(
        self, delivery: Delivery, endpoint: Endpoint, desk: Desk, remaining: Remaining
    ) -> None:
        if not self._enough_time(remaining):
            raise NoTime
        at = self._around.clock()
        token = self._around.new_id("att")
        until = at + self._limits.lease_ms
        leased = await self._off_loop(lambda: self._store.lease(delivery, token, until, at))
        if leased is None:
            return
        try:
            endpoint = await self._off_loop(lambda: opened(endpoint, self._around.open_secret))
            prepared = prepare(endpoint, leased, at)
        except (BadSecret, BadCall) as error:
            await self._fail(
                leased, "bad_secret" if isinstance(error, BadSecret) else "bad_template"
            )
            return
        result = await self._send(endpoint, prepared)
        verdict = verdict_of(endpoint, result, self._around.clock())
        await self._record(leased, prepared, result, verdict, desk)

    async def _send(self, endpoint: Endpoint, prepared: Prepared) -> Result:
        loopback = self._limits.loopback
        problem = url_problem(
            prepared.request.url,
            allow_http=endpoint.allow_http,
            ports=endpoint.ports,
            loopback=loopback,
        )
        if problem is not None:
            return NoAnswer("blocked_address")
        request = await self._authorized(endpoint, prepared)
        if isinstance(request, NoAnswer):
            return request
        return await self._around.sender.send(request, self._limits.deadline_seconds)

    async def _authorized(self, endpoint: Endpoint, prepared: Prepared) -> Outgoing | NoAnswer:
        """The request with an access token, where the platform asks for one."""
        platform = PLATFORMS.get(endpoint.format)
        if platform is None or not platform.oauth:
            return prepared.request
        token = await self._around.access_tokens.token(endpoint)
        if isinstance(token, NoAnswer):
            return token
        request = prepared.request
        headers = {**request.headers, "authorization": f"Bearer {token}"}
        return replace(request, headers=headers)

    async def _record(
        self,
        leased: Delivery,
        prepared: Prepared,
        result: Result,
        verdict: Verdict,
        desk: Desk,
    ) -> None:
        now = self._around.clock()
        after = after_attempt(leased, verdict, result.status, now, self._around.randbelow)
        attempt = attempt_of(leased, after, prepared, result, verdict, now)
        await self._off_loop(lambda: self._store.log_attempt(leased, attempt))
        if after.state is State.HELD:
            await self._mark_hold(after)
        if not await self._off_loop(lambda: self._store.settle(leased, after)):
            return
        tell_attempt(self._around.log, after, verdict, attempt.duration_ms)
        desk.tally = desk.tally.plus(
            good=int(verdict.outcome == DELIVERED),
            bad=int(verdict.charged),
            gone=verdict.outcome == GONE,
        )
        desk.silent = desk.silent or verdict.reason == "timeout"
        if verdict.charged:  # at once, so that other workers know before this batch ends
            await self._close(desk)
        if after.state is State.PENDING and after.queued:
            await self._off_loop(lambda: self._send_message(after))
        elif after.state is State.FAILED:
            await self._off_loop(lambda: self._around.alerts.exhausted(after, now))

    async def _close(self, desk: Desk) -> None:
        """Write down what was counted; an endpoint that this disables is told of."""
        try:
            async with desk.gate:
                now, tally = self._around.clock(), desk.tally
                if tally == Tally():
                    return
                desk.tally = Tally()
                disabled = await self._off_loop(lambda: save_tally(self._store, desk, tally, now))
            if disabled is not None:
                tell_disabled(self._around.log, desk.endpoint, disabled)
                reason = disabled.disabled_reason
                await self._off_loop(
                    lambda: self._around.alerts.disabled(desk.realm, desk.endpoint, reason, now)
                )
        except (StoreError, QueueUnavailable) as error:
            tell_failed(self._around.log, error, endpoint=desk.endpoint)

    async def _hold(self, delivery: Delivery, reason: str) -> None:
        await self._mark_hold(delivery)
        await self._change(delivery, state=State.HELD, reason=reason, lease="", lease_until=0)
        self._around.log.metrics({Metric.DELIVERY_HELD: 1})

    async def _mark_hold(self, delivery: Delivery) -> None:
        hold, now = Hold(delivery.realm, delivery.endpoint), self._around.clock()
        await self._off_loop(lambda: self._store.mark_hold(hold, now))

    async def _fail(self, leased: Delivery, reason: str) -> None:
        failed = next_version(
            leased,
            state=State.FAILED,
            reason=reason,
            lease="",
            lease_until=0,
            finished_at=self._around.clock(),
            after_resend=None,
        )
        await self._off_loop(lambda: self._store.settle(leased, failed))

    async def _put_off(self, delivery: Delivery, until: int, *, paced: bool) -> None:
        """Wait without an attempt: for the breaker, or for a place in the endpoint's rate."""
        now = self._around.clock()
        changed = await self._change(
            delivery,
            next_at=until,
            slot_at=until if paced else None,
            queued=soon(until, now),
            state=State.PENDING,
        )
        if changed is not None and changed.queued:
            await self._off_loop(lambda: self._send_message(changed))

    async def _change(self, delivery: Delivery, **changes: object) -> Delivery | None:
        return await self._off_loop(lambda: self._store.change(delivery, **changes))

    def _send_message(self, delivery: Delivery) -> None:
        message = message_of(delivery, self._around.clock())
        self._around.queue.send(
            message.body, delay_seconds=message.delay_seconds, group=message.group
        )

    def _enough_time(self, remaining: Remaining) -> bool:
        needed = int(self._limits.deadline_seconds * 1000) + self._limits.margin_ms
        return remaining() >= needed

    async def _off_loop(self, work: Callable[[], Answered]) -> Answered:
        """Blocking calls to tables and queues, in threads, so that the other sends go on."""
        return await asyncio.to_thread(work)
