"""Sending again what an operator asks for: one delivery, or all that a filter finds (DI-18).

A resend has the same ID and body, is never an attempt of the schedule, and when it fails the
delivery is again what it was. A bulk resend is named after its filter, so that asking twice sends
once; it goes on where it stopped and says who asked.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from touchline.delivery.jobs import message_of
from touchline.delivery.model import Delivery, Replay, State
from touchline.delivery.rows import READ_MS
from touchline.delivery.store import DeliveryStore
from touchline.kernel.clock import DAY_MS, Clock, day_of, start_of
from touchline.kernel.errors import Conflict, NotFound, Refused
from touchline.kernel.ids import EndpointId, Realm
from touchline.platform.dynamo import Cursor
from touchline.platform.queue import Queue

CAP = 10_000
LONGEST_MS = 31 * DAY_MS
LOOKED_AT_ONCE = 400
"""Rows of the log that one call looks through, so that it ends in time."""
PAGE = 100
MOST_RESENDS = 20
UNDELIVERED = (State.FAILED, State.CANCELLED)


class Resends:
    """Sends again."""

    def __init__(
        self,
        store: DeliveryStore,
        queue: Queue,
        clock: Clock,
        *,
        looked_at_once: int = LOOKED_AT_ONCE,
    ) -> None:
        self._store = store
        self._looked_at_once = looked_at_once
        self._queue = queue
        self._clock = clock

    def resend(self, realm: Realm, name: str, token: str) -> Delivery:
        """Make one more attempt now. The same `token` again changes nothing.

        Raises NotFound, Conflict `delivery_busy` (it is being sent) or `delivery_held`.
        """
        delivery = self._store.delivery(realm, name)
        if delivery is None or delivery.created_at <= self._clock() - READ_MS:
            raise NotFound("not_found", f"no delivery {name}")
        if token in delivery.resends:
            return delivery
        if delivery.state is State.HELD:
            raise Conflict("delivery_held", "its endpoint is paused or disabled: release it")
        changed = None
        if delivery.state is not State.SENDING:
            changed = self._store.change(
                delivery,
                state=State.PENDING,
                next_at=self._clock(),
                queued=True,
                slot_at=None,
                after_resend=delivery.after_resend or delivery.state,
                resends=(*delivery.resends, token)[-MOST_RESENDS:],
            )
        if changed is None:
            raise Conflict("delivery_busy", "it is being sent just now")
        message = message_of(changed, self._clock())
        self._queue.send(message.body, group=message.group)
        return changed

    def open_replay(
        self,
        realm: Realm,
        endpoint: EndpointId,
        span: tuple[int, int],
        states: Sequence[State],
        who: str,
        again: str = "",
    ) -> Replay:
        """The bulk resend of a filter: the one under way or done, else a new one.

        `again` tells a deliberate repetition from an accidental one. Raises Refused `bad_range`.
        """
        from_at, to_at = span
        if not 0 <= from_at < to_at or to_at - from_at > LONGEST_MS:
            raise Refused("bad_range", "from before to, at most 31 days", field="from")
        chosen = tuple(sorted(set(states))) or UNDELIVERED
        name = replay_name(realm, endpoint, span, chosen, again)
        found = self._store.replay(realm, name)
        if found is not None:
            return found
        fresh = Replay(
            realm, name, endpoint, from_at, to_at, chosen, who, self._clock(), CAP, version=0
        )
        return self._store.save_replay(fresh)

    def go_on(self, replay: Replay) -> Replay:
        """Queue the next part of a bulk resend; call it until `done`.

        Raises Conflict `stale_version` when somebody else goes on with it at the same time.
        """
        if replay.done:
            return replay
        looked = 0
        queued, cursor = replay.queued, replay.cursor
        while looked < self._looked_at_once and queued < replay.cap and cursor != END:
            found, cursor = self._page(replay, cursor)
            looked += max(1, len(found))
            queued += sum(self._again(replay, delivery) for delivery in found)
        done = cursor == END or queued >= replay.cap
        return self._store.save_replay(replace(replay, queued=queued, cursor=cursor, done=done))

    def _page(self, replay: Replay, cursor: str) -> tuple[list[Delivery], str]:
        """The next deliveries of the log, and where to go on: `<day's start>|<cursor>`."""
        day_text, _, start = cursor.partition("|")
        day_at = int(day_text) if day_text else start_of(day_of(replay.from_at))
        found, following = self._store.logged(
            replay.realm,
            day_at,
            limit=min(PAGE, self._looked_at_once),
            start=Cursor(start) if start else None,
        )
        if following is not None:
            return found, f"{day_at}|{following}"
        next_day_at = day_at + DAY_MS
        return found, f"{next_day_at}|" if next_day_at < replay.to_at else END

    def _again(self, replay: Replay, delivery: Delivery) -> bool:
        wanted = (
            delivery.endpoint == replay.endpoint
            and delivery.state in replay.states
            and replay.from_at <= delivery.created_at < replay.to_at
            and replay.id not in delivery.resends
        )
        if not wanted:
            return False
        try:
            self.resend(replay.realm, delivery.id, replay.id)
        except (Conflict, NotFound):
            return False
        return True


END = "end"


def replay_name(
    realm: Realm,
    endpoint: EndpointId,
    span: tuple[int, int],
    states: Sequence[State],
    again: str,
) -> str:
    """`rpl_` and 20 digits that the same filter gives again."""
    text = "\x1f".join((realm, endpoint, f"{span[0]}-{span[1]}", ",".join(states), again))
    return "rpl_" + hashlib.sha256(text.encode()).hexdigest()[:20]
