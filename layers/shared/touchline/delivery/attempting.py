"""One attempt: its lease is taken, it is sent, what came of it is recorded."""

from asyncio import to_thread

from touchline.delivery.desk import Desk, save_tally
from touchline.delivery.functions import BadCall
from touchline.delivery.health import Tally
from touchline.delivery.jobs import send_message
from touchline.delivery.model import Delivery, Hold, State
from touchline.delivery.outcome import after_attempt, attempt_of
from touchline.delivery.platforms import verdict_of
from touchline.delivery.ports import Surroundings
from touchline.delivery.request import Prepared, opened, prepare
from touchline.delivery.rows import next_version
from touchline.delivery.sending import send
from touchline.delivery.signing import BadSecret
from touchline.delivery.telling import tell_attempt, tell_disabled, tell_failed
from touchline.delivery.verdict import DELIVERED, GONE, Result
from touchline.kernel.errors import QueueUnavailable, StoreError
from touchline.registry.model import Endpoint


class Attempts:
    """Makes attempts. What blocks runs in threads, so that the other sends go on."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._store = around.store
        self._limits = around.limits

    async def make(self, delivery: Delivery, endpoint: Endpoint, desk: Desk) -> None:
        """Send the delivery once, unless another worker has its lease."""
        at = self._around.clock()
        token, until = self._around.new_id("att"), at + self._limits.lease_ms
        leased = await to_thread(self._store.lease, delivery, token, until, at)
        if leased is None:
            return
        try:
            endpoint = await to_thread(opened, endpoint, self._around.open_secret)
            prepared = prepare(endpoint, leased, at)
        except (BadSecret, BadCall) as error:
            reason = "bad_secret" if isinstance(error, BadSecret) else "bad_template"
            await to_thread(self._store.settle, leased, self._failed(leased, reason))
            return
        desk.under_way += 1
        try:
            result = await send(
                endpoint,
                prepared.request,
                self._around.sender,
                self._around.access_tokens,
                self._limits.deadline_seconds,
                loopback=self._limits.loopback,
            )
        finally:
            desk.under_way -= 1
        await self._record(leased, endpoint, prepared, result, desk)

    async def close(self, desk: Desk) -> None:
        """Write down what was counted; an endpoint that this disables is told of."""
        try:
            async with desk.gate:
                now, tally = self._around.clock(), desk.tally
                if tally == Tally():
                    return
                desk.tally = Tally()
                disabled = await to_thread(save_tally, self._store, desk, tally, now)
            if disabled is not None:
                tell_disabled(self._around.log, desk.endpoint, disabled)
                told = self._around.alerts.disabled
                await to_thread(told, desk.realm, desk.endpoint, disabled.disabled_reason, now)
        except (StoreError, QueueUnavailable) as error:
            tell_failed(self._around.log, error, endpoint=desk.endpoint)

    async def _record(
        self, leased: Delivery, endpoint: Endpoint, prepared: Prepared, result: Result, desk: Desk
    ) -> None:
        now = self._around.clock()
        verdict = verdict_of(endpoint, result, now)
        after = after_attempt(leased, verdict, result.status, now, self._around.randbelow)
        attempt = attempt_of(leased, after, prepared, result, verdict, now)
        await to_thread(self._store.log_attempt, leased, attempt)
        if after.state is State.HELD:
            await to_thread(self._store.mark_hold, Hold(after.realm, after.endpoint), now)
        if not await to_thread(self._store.settle, leased, after):
            return
        tell_attempt(self._around.log, after, verdict, attempt.duration_ms)
        desk.tally = desk.tally.plus(
            good=int(verdict.outcome == DELIVERED),
            bad=int(verdict.charged),
            gone=verdict.outcome == GONE,
        )
        desk.silent = desk.silent or verdict.reason == "timeout"
        if verdict.charged:  # at once, so that other workers know before this batch ends
            await self.close(desk)
        if after.state is State.PENDING and after.queued:
            await to_thread(send_message, self._around.queue, after, self._around.clock())
        elif after.state is State.FAILED:
            await to_thread(self._around.alerts.exhausted, after, now)

    def _failed(self, leased: Delivery, reason: str) -> Delivery:
        return next_version(
            leased,
            state=State.FAILED,
            reason=reason,
            lease="",
            lease_until=0,
            finished_at=self._around.clock(),
            after_resend=None,
        )
