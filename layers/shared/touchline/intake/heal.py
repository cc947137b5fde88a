"""What a crash may have left between two writes of intake, made whole again by the sweeper."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from touchline.intake.arrival import Arrival
from touchline.intake.linking import links_between
from touchline.kernel.ids import Realm
from touchline.ledger.model import Conversion, Envelope, Link, Repeat


class Healing(Protocol):
    """What the sweeper reads and writes."""

    def changed_between(
        self, realm: Realm, first_ms: int, last_ms: int
    ) -> Iterable[Conversion | Repeat]:
        """Conversions that changed, and repeats that arrived, in `[first_ms, last_ms]`."""

    def put_links(self, realm: Realm, links: Sequence[Link]) -> None:
        """What is linked stays as it is."""


def relink(ledger: Healing, realm: Realm, first_ms: int, last_ms: int) -> int:
    """Make the links of the conversions that changed in a span; how many conversions have any.

    A conversion is stored before its identities are linked; a process that dies in between leaves
    it without. The conversion itself is announced by the table's stream, whatever dies.
    """
    healed = 0
    for row in ledger.changed_between(realm, first_ms, last_ms):
        if isinstance(row, Repeat) or len(row.identities) < 2:
            continue
        arrival = Arrival(row.receipt, row.received_at, row.changed_at, "heal", _NOTHING)
        ledger.put_links(realm, links_between(row.identities, arrival))
        healed += 1
    return healed


_NOTHING = Envelope("", "", "", {}, b"", 0)
