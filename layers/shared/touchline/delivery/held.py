"""What is held for an endpoint, and its going out again, oldest first."""

from touchline.delivery.desk import standing
from touchline.delivery.health import Health, released
from touchline.delivery.jobs import message_of
from touchline.delivery.model import Delivery, Hold, State
from touchline.delivery.registries import Registries
from touchline.delivery.store import DeliveryStore
from touchline.kernel.clock import Clock
from touchline.kernel.errors import NotFound, StoreUnavailable
from touchline.kernel.ids import EndpointId, Realm, account_of
from touchline.platform.queue import Queue

PAGE = 100
TRIES = 8


class Holds:
    """Releases held deliveries once their endpoint may be sent to."""

    def __init__(
        self, store: DeliveryStore, registries: Registries, queue: Queue, clock: Clock
    ) -> None:
        self._store = store
        self._registries = registries
        self._queue = queue
        self._clock = clock

    def enable(self, realm: Realm, endpoint: EndpointId) -> Health:
        """Forget failures and disabling of an endpoint; it starts as new."""
        for _ in range(TRIES):
            before = self._store.health(realm, endpoint)
            after = released(before)
            if self._store.save_health(realm, endpoint, before, after):
                return after
        raise StoreUnavailable("the endpoint's health is changed by others")

    def settle(self, hold: Hold, pages: int = 1) -> int:
        """Let out what is held if the endpoint's standing allows; how many went.

        What is held for a deleted endpoint is cancelled.
        """
        verdict, reason = self._standing(hold)
        if verdict == "hold":
            return 0
        moved = 0
        for _ in range(pages):
            held = self._store.held(hold, PAGE)
            if not held:
                self._store.unmark_hold(hold, self._clock())
                break
            changed = self._release(held) if verdict == "send" else self._cancel(held, reason)
            moved += changed
        return moved

    def _standing(self, hold: Hold) -> tuple[str, str]:
        try:
            registry = self._registries.registry(account_of(hold.realm))
        except NotFound:
            return "cancel", "endpoint_deleted"
        health = self._store.health(hold.realm, hold.endpoint)
        return standing(registry, hold.endpoint, health)

    def _release(self, held: list[Delivery]) -> int:
        """In order: each is due a millisecond after the one before it."""
        now = self._clock()
        out = [
            changed
            for at, delivery in enumerate(held, start=now)
            if delivery.state is State.HELD
            and (
                changed := self._store.change(
                    delivery, state=State.PENDING, next_at=at, queued=True, reason=""
                )
            )
        ]
        self._queue.send_many([message_of(delivery, now) for delivery in out])
        return len(out)

    def _cancel(self, held: list[Delivery], reason: str) -> int:
        now = self._clock()
        return sum(
            self._store.change(delivery, state=State.CANCELLED, reason=reason, finished_at=now)
            is not None
            for delivery in held
        )
