"""What a crash may have left between two writes of intake, made whole again by the sweeper."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from touchline.intake.arrival import Arrival
from touchline.intake.linking import links_between
from touchline.kernel.clock import MINUTE_MS, Clock
from touchline.kernel.ids import AccountId, Realm, realm_of
from touchline.kernel.values import dataclass
from touchline.ledger.model import Conversion, Envelope, Link, Repeat

EVERY_MINUTES = 5
LOOK_BACK_MS = 12 * MINUTE_MS
"""Over two rounds, so that one that is missed loses nothing."""
IN_FLIGHT_MS = MINUTE_MS
"""What changed just now may still be at work on its links."""


class Healing(Protocol):
    """What is read and written."""

    def changed_between(
        self, realm: Realm, first_ms: int, last_ms: int
    ) -> Iterable[Conversion | Repeat]:
        """Conversions that changed, and repeats that arrived, in `[first_ms, last_ms]`."""

    def missing_links(self, realm: Realm, links: Sequence[Link]) -> list[Link]:
        """Those that are not there from both ends."""

    def put_links(self, realm: Realm, links: Sequence[Link]) -> None:
        """What is linked stays as it is."""


@dataclass(frozen=True, slots=True)
class Relinker:
    """Makes the links of recent conversions that are missing.

    A conversion is stored before its identities are linked; a process that dies in between leaves
    it without. The conversion itself is announced by the table's stream, whatever dies.
    """

    ledger: Healing
    accounts: Callable[[], Iterable[AccountId]]
    clock: Clock

    def sweep(self) -> int:
        """Every fifth minute, over every account: how many links were made."""
        now = self.clock()
        if now // MINUTE_MS % EVERY_MINUTES:
            return 0
        return sum(
            relink(
                self.ledger, realm_of(account, test=test), now - LOOK_BACK_MS, now - IN_FLIGHT_MS
            )
            for account in self.accounts()
            for test in (False, True)
        )


def relink(ledger: Healing, realm: Realm, first_ms: int, last_ms: int) -> int:
    """Make the missing links of the conversions that changed in a span; how many were missing."""
    named = [
        link
        for row in ledger.changed_between(realm, first_ms, last_ms)
        if isinstance(row, Conversion)
        for link in _links(row)
    ]
    missing = ledger.missing_links(realm, named)
    ledger.put_links(realm, missing)
    return len(missing)


def _links(conversion: Conversion) -> tuple[Link, ...]:
    changed_at = conversion.changed_at
    arrival = Arrival(conversion.receipt, conversion.received_at, changed_at, "heal", _NOTHING)
    return links_between(conversion.identities, arrival)


_NOTHING = Envelope("", "", "", {}, b"", 0)
