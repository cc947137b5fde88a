"""Keeping what a visit left: in the ledger, else in the spill queue, else nowhere, and said so."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from touchline.intake.arrival import late
from touchline.kernel.errors import QueueUnavailable, StoreUnavailable
from touchline.kernel.ids import Realm, Receipt
from touchline.kernel.values import dataclass
from touchline.ledger.identity import Identity
from touchline.ledger.model import Link, Touch
from touchline.ledger.rows import touch_item, touch_of

VISIT: Final = "visit"
"""The `kind` of a spilled message with the rows of a visit."""

STORED: Final = "stored"
SPILLED: Final = "spilled"
REFUSED: Final = "refused"


class Ledger(Protocol):
    """Where touches and links live. Both methods may raise StoreUnavailable."""

    def put_touch(self, realm: Realm, touch: Touch) -> bool:
        """Store a touch; False when it was there already."""

    def put_links(self, realm: Realm, links: Sequence[Link]) -> None:
        """Link identities, in both directions; doing it twice makes one."""


class Spill(Protocol):
    """Where things wait while the ledger is down."""

    def send(self, body: str, *, delay_seconds: int = 0, group: str = "") -> None:
        """Send one message. Raises QueueUnavailable."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Keeps visits."""

    ledger: Ledger
    spill: Spill

    def keep(self, realm: Realm, touch: Touch, links: Sequence[Link] = ()) -> str:
        """`stored`, `spilled`, or `refused` when neither the table nor the queue took it."""
        try:
            self._store(realm, touch, links)
        except StoreUnavailable:
            return self._spilled(realm, touch, links)
        return STORED

    def keep_spilled(self, message: Mapping[str, Any], now: int) -> None:
        """Store a visit that was spilled; doing it twice makes one. Raises StoreUnavailable."""
        realm, touch, links = unpacked(message)
        self._store(realm, replace(touch, late_at=late(touch.occurred_at, now)), links)

    def _store(self, realm: Realm, touch: Touch, links: Sequence[Link]) -> None:
        self.ledger.put_touch(realm, touch)
        self.ledger.put_links(realm, links)

    def _spilled(self, realm: Realm, touch: Touch, links: Sequence[Link]) -> str:
        try:
            self.spill.send(packed(realm, touch, links))
        except QueueUnavailable:
            return REFUSED
        return SPILLED


def packed(realm: Realm, touch: Touch, links: Sequence[Link]) -> str:
    """A visit as a message: ASCII only, so that no queue refuses a character."""
    return json.dumps(
        {
            "kind": VISIT,
            "realm": realm,
            "touch": touch_item(realm, touch),
            "links": [[link.one, link.other, link.at, link.source, link.receipt] for link in links],
        }
    )


def unpacked(message: Mapping[str, Any]) -> tuple[Realm, Touch, tuple[Link, ...]]:
    """What `packed` was given."""
    links = tuple(
        Link(Identity(one), Identity(other), at, source, Receipt(receipt), changed_at=at)
        for one, other, at, source, receipt in message["links"]
    )
    return Realm(message["realm"]), touch_of(message["touch"]), links
