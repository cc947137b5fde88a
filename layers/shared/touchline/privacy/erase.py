"""Erasing a person: find everything, tell those who were told, then take the person out of it.

Each step may be done again, and the identity that was asked for goes last, so an erasure that
crashed is simply asked for again and goes on where it stopped.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from touchline.attribution.walk import walk
from touchline.delivery.jobs import message_of
from touchline.delivery.model import Delivery
from touchline.kernel.clock import Clock, day_of, iso, next_day
from touchline.kernel.errors import NotFound
from touchline.kernel.ids import NewId, Realm, Receipt
from touchline.ledger.identity import Identity
from touchline.ledger.model import Conversion, Quarantined, Surroundings
from touchline.platform.dynamo import Item
from touchline.platform.queue import Queue
from touchline.privacy.pseudonyms import Pseudonyms, mentions
from touchline.privacy.store import PrivacyStore
from touchline.privacy.telling import news_of_erasure
from touchline.registry.model import Registry
from touchline.registry.tokens import RandomBits

QUARANTINE_DAYS = 400
"""How many days of quarantine are searched."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom to forget: identities, and words (a plain email) that raw bytes may hold."""

    realm: Realm
    identities: tuple[Identity, ...]
    words: tuple[str, ...]
    who: str


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that is stored about a person."""

    identities: tuple[Identity, ...]
    linked: bool  # to identities that were not asked for
    touches: int
    conversions: tuple[Conversion, ...]
    quarantined: tuple[Quarantined, ...]
    deliveries: tuple[Delivery, ...]
    remarks: tuple[str, ...]

    @property
    def is_nothing(self) -> bool:
        """Whether nobody is known under the identities."""
        return not (self.linked or self.touches or self.conversions or self.quarantined)

    @property
    def counts(self) -> Mapping[str, int]:
        """How much of each, for the plan and the receipt."""
        return {
            "identities": len(self.identities),
            "touches": self.touches,
            "conversions": len(self.conversions),
            "deliveries": len(self.deliveries),
            "quarantined": len(self.quarantined),
        }


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was done. `told` are endpoints that hear of it, `untold` those that cannot; on the days
    of `restate` a sub-ID named the person, so that their nights should run again."""

    receipt: Receipt
    counts: Mapping[str, int]
    told: tuple[str, ...]
    untold: tuple[str, ...]
    remarks: tuple[str, ...]
    restate: tuple[str, ...] = ()


class Eraser:
    """Finds and erases persons."""

    def __init__(
        self,
        store: PrivacyStore,
        queue: Queue,
        clock: Clock,
        new_id: NewId,
        random_bits: RandomBits,
    ) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock
        self._new_id = new_id
        self._random_bits = random_bits

    def find(self, asked: Asked, registry: Registry) -> Found:
        """Everything about the person. Raises NotFound `unknown_person` when there is nothing."""
        found = self._found(asked, registry)
        if found.is_nothing:
            raise NotFound("unknown_person", "nothing is stored under this identity")
        return found

    def erase(self, asked: Asked, registry: Registry) -> Erasure:
        """Erase the person; asked for again, it goes on. Raises NotFound, StoreUnavailable."""
        run = hashlib.sha256("\x1f".join(sorted(asked.identities)).encode()).hexdigest()
        fresh = self._random_bits(256).to_bytes(32, "big")
        salt, goes_on = self._store.begin(asked.realm, run, fresh)
        found = self._found(asked, registry)
        if found.is_nothing and not goes_on:
            self._store.give_up(asked.realm, run)
            raise NotFound("unknown_person", "nothing is stored under this identity")
        receipt, now = Receipt(self._new_id("ers")), self._clock()
        news = news_of_erasure(asked.realm, receipt, registry, found.deliveries, now)
        if news.deliveries and self._store.announce(news.announcement, news.deliveries):
            self._queue.send_many([message_of(one, now) for one in news.deliveries])
        restate = self._forget(asked, found, Pseudonyms(found.identities, salt), receipt)
        erasure = Erasure(
            receipt, found.counts, news.told, news.untold, found.remarks, tuple(sorted(restate))
        )
        self._store.finish(asked.realm, run, _receipt_row(asked, erasure, now))
        return erasure

    def _found(self, asked: Asked, registry: Registry) -> Found:
        def read(identities: Sequence[Identity]) -> Mapping[Identity, Surroundings]:
            return {known: self._store.around(asked.realm, known) for known in identities}

        person = walk([asked.identities], read, registry.account.rules)[0]
        conversions = tuple(self._store.conversions(asked.realm, person.identities))
        return Found(
            identities=person.identities,
            linked=len(person.identities) > len(set(asked.identities)),
            touches=len(person.touches),
            conversions=conversions,
            quarantined=tuple(self._quarantined(asked, person.identities)),
            deliveries=tuple(
                delivery
                for one in conversions
                for delivery in self._store.deliveries(asked.realm, one.key)
            ),
            remarks=person.remarks,
        )

    def _forget(
        self, asked: Asked, found: Found, names: Pseudonyms, attempt: str
    ) -> Collection[str]:
        """Take the person out of every row; the days whose roll-ups name the person."""
        named_on = set()
        for quarantined in found.quarantined:
            self._store.forget_quarantined(quarantined)
        for conversion in found.conversions:
            self._store.blank_deliveries(asked.realm, conversion.key)
            if self._store.rename_decision(conversion, names):
                named_on.add(day_of(conversion.occurred_at))
            self._store.rename_conversion(conversion, names, attempt)
        for known in reversed(found.identities):
            self._store.rename_identity(asked.realm, known, names)
        return named_on

    def _quarantined(self, asked: Asked, identities: Sequence[Identity]) -> list[Quarantined]:
        words = {*asked.words, *(_value(known) for known in identities)}
        today = day_of(self._clock())
        first = next_day(today, -QUARANTINE_DAYS)
        return [
            one
            for one in self._store.quarantined(asked.realm, first, today)
            if mentions(_bytes_of(one), sorted(words), identities)
        ]


def _bytes_of(one: Quarantined) -> bytes:
    envelope = one.envelope
    return b"\n".join((envelope.body, envelope.raw_query.encode(), one.detail.encode()))


def _value(known: Identity) -> str:
    return known.partition(":")[2]


def _receipt_row(asked: Asked, erasure: Erasure, now: int) -> Item:
    return {
        "sk": erasure.receipt,
        "at": iso(now),
        "who": asked.who,
        "counts": dict(erasure.counts),
        "told": list(erasure.told),
        "untold": list(erasure.untold),
        "remarks": list(erasure.remarks),
        "restate": list(erasure.restate),
    }
