"""How many workers at once may wait for the answers of one slow endpoint (DI-14).

An endpoint that answers soon needs no seats and costs no write. A worker that waits for an answer
takes one; from then on, and for a minute after the last has left, the endpoint counts as slow, and
who wants to send to it takes a seat first. So a dead endpoint never keeps all the workers.
"""

from dataclasses import dataclass

from touchline.delivery.ports import Surroundings
from touchline.kernel.clock import MINUTE_MS
from touchline.kernel.ids import EndpointId, Realm

SLOW_FOR_MS = MINUTE_MS

Taken = dict[int, int]
"""The seats of an endpoint: until when each is taken, or when it was left."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat that is ours."""

    number: int
    holder: str


class Seats:
    """Takes and leaves seats. Every method may raise StoreUnavailable."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    def needed(self, taken: Taken) -> bool:
        """Whether the endpoint was slow lately."""
        now = self._around.clock()
        return any(until > now - SLOW_FOR_MS for until in taken.values())

    def take(self, realm: Realm, endpoint: EndpointId, taken: Taken) -> Seat | None:
        """One of those that were free when last looked at; None when others have them all."""
        limits, now = self._around.limits, self._around.clock()
        free = [n for n in range(limits.slow_workers) if taken.get(n, 0) <= now]
        first = self._around.randbelow(len(free)) if free else 0
        holder = self._around.new_id("seat") if free else ""
        for number in [*free[first:], *free[:first]]:
            until = now + limits.lease_ms
            if self._around.store.take_seat(realm, endpoint, number, holder, until, now):
                return Seat(number, holder)
        return None

    def leave(self, realm: Realm, endpoint: EndpointId, seat: Seat) -> None:
        """Let others have it."""
        now = self._around.clock()
        self._around.store.leave_seat(realm, endpoint, seat.number, seat.holder, now)
