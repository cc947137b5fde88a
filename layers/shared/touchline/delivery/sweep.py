"""Every minute: queues what is due, heals what got stuck, lets out what was held, checks the sum.

Nothing here is needed while all goes well; everything that a crash, a lost message or a long wait
leaves behind is found by it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from touchline.delivery import keys
from touchline.delivery.balance import Balance, balance_of
from touchline.delivery.held import Holds
from touchline.delivery.jobs import message_of
from touchline.delivery.model import Delivery
from touchline.delivery.rows import GRACE_MS
from touchline.delivery.store import DeliveryStore
from touchline.kernel.clock import MINUTE_MS, Clock
from touchline.kernel.ids import AccountId, realm_of
from touchline.platform.dynamo import Cursor
from touchline.platform.queue import Queue

PAGE = 100
PAGES_PER_SHARD = 20
LOOK_AGAIN_MS = 5 * MINUTE_MS
SETTLED_MS = 2 * MINUTE_MS
"""Announcements older than this must have all their deliveries, in one state each."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    queued: int
    late: int  # of those: overdue by more than a minute
    released: int
    balance: Balance


class Sweeper:
    """One sweep a minute; two at once do no harm."""

    def __init__(
        self,
        store: DeliveryStore,
        holds: Holds,
        queue: Queue,
        clock: Clock,
        accounts: Callable[[], Iterable[AccountId]],
    ) -> None:
        self._store = store
        self._holds = holds
        self._queue = queue
        self._clock = clock
        self._accounts = accounts

    def sweep(self) -> Swept:
        """Do all of it. Raises StoreUnavailable; the next minute goes on."""
        queued = late = 0
        for shard in keys.due_shards():
            found, overdue = self._queue_due(shard)
            queued += found
            late += overdue
        released = sum(self._holds.settle(hold, pages=10) for hold in self._store.holds())
        return Swept(queued, late, released, self._check())

    def _queue_due(self, shard: str) -> tuple[int, int]:
        queued = late = 0
        start: Cursor | None = None
        for _ in range(PAGES_PER_SHARD):
            now = self._clock()
            found, start = self._store.overdue(shard, now, PAGE, start)
            mine = [one for one in found if self._take(one, now)]
            self._queue.send_many([message_of(delivery, now) for delivery in mine])
            queued += len(mine)
            late += sum(now - delivery.next_at > GRACE_MS + MINUTE_MS for delivery in mine)
            if start is None:
                break
        return queued, late

    def _take(self, delivery: Delivery, now: int) -> bool:
        again = max(now, delivery.next_at) + LOOK_AGAIN_MS
        return self._store.look_again(delivery, again)

    def _check(self) -> Balance:
        """Every delivery that was announced since the last check must be there (OB-02)."""
        until = self._clock() - SETTLED_MS
        since = self._store.checked_until()
        total = Balance()
        if since and since < until:
            for account in self._accounts():
                total = total.plus(balance_of(self._store, realm_of(account), since, until))
        self._store.save_checked_until(until)
        return total
