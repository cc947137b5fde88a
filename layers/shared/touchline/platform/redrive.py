"""Dead letters back to where they came from.

A message is sent before it is deleted, so that none is lost between the two; one that is sent twice
does nothing twice, because deliveries are leased by their row and conversions have one row (I21).
"""

from touchline.kernel.values import dataclass
from touchline.platform.queue import KeptQueue, Queue


@dataclass(frozen=True, slots=True)
class Redriven:
    """How many messages were moved, and about how many are left."""

    moved: int
    left: int


def redrive(dead: KeptQueue, home: Queue, *, most: int = 500) -> Redriven:
    """Move up to `most` messages home. Raises QueueUnavailable; what was moved stays moved."""
    moved = 0
    while moved < most:
        found = dead.receive()
        if not found:
            break
        for message in found:
            home.send(message.body, group=message.group)
            dead.delete(message.handle)
            moved += 1
    return Redriven(moved, dead.waiting())
