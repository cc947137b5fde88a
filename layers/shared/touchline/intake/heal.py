"""What was left undone, made whole by the sweeper: links that a crash left out, and refunds that
overtook their sales."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Protocol

from touchline.intake.arrival import Arrival
from touchline.intake.linking import links_between
from touchline.intake.ports import Desk, Ledger
from touchline.intake.replay import Correction, Quarantine, replay
from touchline.kernel.clock import MINUTE_MS, Clock
from touchline.kernel.errors import Conflict, Forbidden
from touchline.kernel.ids import AccountId, Realm, Receipt, realm_of
from touchline.kernel.values import dataclass
from touchline.ledger.model import Conversion, ConversionKey, Envelope, Link, Quarantined, Repeat
from touchline.registry.model import Registry

EVERY_MINUTES = 5
LOOK_BACK_MS = 12 * MINUTE_MS
"""Over two rounds, so that one that is missed loses nothing."""
IN_FLIGHT_MS = MINUTE_MS
"""What changed just now may still be at work on its links."""
AT_ONCE = 500
"""Conversions looked at together, so that a busy quarter of an hour fits into memory."""


class Healing(Ledger, Quarantine, Protocol):
    """What is read and written."""

    def changed_between(
        self, realm: Realm, first_ms: int, last_ms: int
    ) -> Iterable[Conversion | Repeat]:
        """Conversions that changed, and repeats that arrived, in `[first_ms, last_ms]`."""

    def missing_links(self, realm: Realm, links: Sequence[Link]) -> list[Link]:
        """Those that are not there from both ends."""

    def early_refunds(
        self, realm: Realm, keys: Sequence[ConversionKey]
    ) -> Mapping[ConversionKey, tuple[Receipt, ...]]:
        """Refunds that came before the conversions of these keys, by their receipts."""

    def find_quarantined(self, realm: Realm, receipt: Receipt) -> Quarantined | None:
        """A quarantined request."""

    def forget_refunds(self, realm: Realm, key: ConversionKey, known: tuple[Receipt, ...]) -> None:
        """These were taken up; one that came meanwhile is kept."""


@dataclass(frozen=True, slots=True)
class Healed:
    """How many links were made, and how many refunds taken up."""

    links: int = 0
    refunds: int = 0


@dataclass(frozen=True, slots=True)
class Healer:
    """Looks at the conversions of the last minutes.

    A conversion is stored before its identities are linked; a process that dies in between leaves
    it without. A refund may come before its sale, out of the spill queue or from a sender that
    orders nothing; it waits in quarantine.
    """

    ledger: Healing
    registry: Callable[[AccountId], Registry]
    accounts: Callable[[], Iterable[AccountId]]
    clock: Clock

    def sweep(self) -> Healed:
        """Every fifth minute, over every account."""
        now = self.clock()
        if now // MINUTE_MS % EVERY_MINUTES:
            return Healed()
        links = refunds = 0
        for account in self.accounts():
            for test in (False, True):
                realm = realm_of(account, test=test)
                for some in _lately_changed(self.ledger, realm, now):
                    links += relink(self.ledger, realm, some)
                    refunds += self._refund(account, realm, some, now)
        return Healed(links, refunds)

    def _refund(
        self, account: AccountId, realm: Realm, some: Sequence[Conversion], now: int
    ) -> int:
        taken_up = 0
        waiting = self.ledger.early_refunds(realm, [conversion.key for conversion in some])
        for key, receipts in waiting.items():
            for receipt in receipts:
                found = self.ledger.find_quarantined(realm, receipt)
                if found is not None and found.state == "open":
                    taken_up += self._replayed(self.registry(account), found, now)
            self.ledger.forget_refunds(realm, key, receipts)
        return taken_up

    def _replayed(self, registry: Registry, found: Quarantined, now: int) -> bool:
        """Whether it was taken; what is not stays in quarantine with its reason."""
        desk = Desk(self.ledger)
        with suppress(Conflict, Forbidden):
            closed, _ = replay(desk, self.ledger, registry, found, Correction(), now)
            return closed is not found
        return False


def relink(ledger: Healing, realm: Realm, conversions: Iterable[Conversion]) -> int:
    """Make the missing links of conversions; how many were missing."""
    named = [link for conversion in conversions for link in _links(conversion)]
    missing = ledger.missing_links(realm, named)
    ledger.put_links(realm, missing)
    return len(missing)


def _lately_changed(ledger: Healing, realm: Realm, now: int) -> Iterator[list[Conversion]]:
    changed = ledger.changed_between(realm, now - LOOK_BACK_MS, now - IN_FLIGHT_MS)
    conversions = (row for row in changed if isinstance(row, Conversion))
    while some := list(islice(conversions, AT_ONCE)):
        yield some


def _links(conversion: Conversion) -> tuple[Link, ...]:
    changed_at = conversion.changed_at
    arrival = Arrival(conversion.receipt, conversion.received_at, changed_at, "heal", _NOTHING)
    return links_between(conversion.identities, arrival)


_NOTHING = Envelope("", "", "", {}, b"", 0)
