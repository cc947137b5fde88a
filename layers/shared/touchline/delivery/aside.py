"""Deliveries that are not sent now: their endpoint is gone, held, or to be left in peace a while.

All that a worker has for one endpoint is set aside at once, in one thread and with one message
batch: what waits for a dead receiver must not cost the workers what sending to a live one does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from touchline.delivery.jobs import message_of
from touchline.delivery.model import FINAL, Delivery, Hold, State
from touchline.delivery.outcome import soon
from touchline.delivery.ports import Surroundings
from touchline.kernel.clock import MINUTE_MS, SECOND_MS
from touchline.platform.observability import Metric

LEAST_MS = 5 * SECOND_MS
MOST_MS = MINUTE_MS
SPREAD_MS = 10 * SECOND_MS
"""What waits for a breaker does not come back in one moment (D17)."""


@dataclass(frozen=True, slots=True)
class Aside:
    """What the deliveries become instead of being sent: `CANCELLED`, `HELD` or `PENDING`.

    `until`: the instant at which a pending one is looked at again; None: by its age.
    `paced`: until then a place in the endpoint's rate is reserved for it.
    """

    state: State
    reason: str = ""
    until: int | None = None
    paced: bool = False


def set_aside(around: Surroundings, deliveries: Iterable[Delivery], aside: Aside) -> None:
    """Set aside those of one endpoint that no worker is sending. Raises StoreUnavailable."""
    now, store = around.clock(), around.store
    open_ones = [one for one in deliveries if _idle(one, now)]
    if not open_ones:
        return
    if aside.state is State.HELD:
        store.mark_hold(Hold(open_ones[0].realm, open_ones[0].endpoint), now)
    changed = [
        new for one in open_ones if (new := store.change(one, **_changes(around, one, aside, now)))
    ]
    # one that is not sent is found by the sweeper
    around.queue.send_many(
        [message_of(one, now) for one in changed if one.state is State.PENDING and one.queued]
    )
    if aside.state is State.HELD:
        around.log.metrics({Metric.DELIVERY_HELD: len(changed)})


def _idle(delivery: Delivery, now: int) -> bool:
    """Neither settled nor under way: an attempt that has begun ends before anything changes."""
    if delivery.state in FINAL or delivery.state is State.HELD:
        return False
    return delivery.state is not State.SENDING or delivery.lease_until < now


def _changes(
    around: Surroundings, delivery: Delivery, aside: Aside, now: int
) -> Mapping[str, object]:
    changes: dict[str, object] = {"state": aside.state, "lease": "", "lease_until": 0}
    if aside.state is State.CANCELLED:
        return {**changes, "reason": aside.reason, "finished_at": now}
    if aside.state is State.HELD:
        return {**changes, "reason": aside.reason}
    later = _later(around, aside, now, now - delivery.created_at)
    next_at = max(delivery.next_at, later)
    return {
        **changes,
        "next_at": next_at,
        "slot_at": next_at if aside.paced else None,
        "queued": soon(next_at, now),
    }


def _later(around: Surroundings, aside: Aside, now: int, age_ms: int) -> int:
    """When to look again; if nothing says so, after half its age: what waits long is looked at
    rarely."""
    if aside.until is None:
        wait = min(max(age_ms // 2, LEAST_MS), MOST_MS)
        return now + wait + around.randbelow(wait)
    return aside.until if aside.paced else aside.until + around.randbelow(SPREAD_MS)
