"""Every place where something about a person lies, over the three tables."""

from collections.abc import Iterator, Sequence

from touchline.delivery.model import Announcement, Delivery
from touchline.delivery.store import DeliveryStore
from touchline.kernel.clock import days_between
from touchline.kernel.errors import ConditionFailed, Conflict
from touchline.kernel.ids import Realm
from touchline.ledger import keys
from touchline.ledger.decisions import decision_item, decision_of
from touchline.ledger.fields import raw, text
from touchline.ledger.identity import Identity
from touchline.ledger.model import Conversion, ConversionKey, Quarantined, Repeat, Surroundings
from touchline.ledger.result_keys import decision_key
from touchline.ledger.rows import link_items, touch_item
from touchline.ledger.store import LedgerStore
from touchline.platform.dynamo import Equals, Item, Key, Missing, Table
from touchline.privacy.pseudonyms import Pseudonyms, blank_attempt, blank_delivery, blank_repeat

ERASURE = "erasure"
TRIES = 5


class PrivacyStore:
    """Reads and rewrites a person's rows. Every method may raise `StoreUnavailable`."""

    def __init__(self, ledger: Table, results: Table, deliveries: Table) -> None:
        self._ledger = ledger
        self._results = results
        self._kept = LedgerStore(ledger)
        self._deliveries = DeliveryStore(deliveries)

    def begin(self, realm: Realm, asked: str, fresh: bytes) -> tuple[bytes, bool]:
        """The salt of the erasure, and whether it goes on with one that broke off."""
        key = keys.erasure_run_key(realm, asked)
        try:
            self._ledger.put(
                {**key._asdict(), "kind": ERASURE, "salt": fresh}, condition=Missing("pk")
            )
        except ConditionFailed as failed:
            found = failed.existing or self._ledger.get(key) or {}
            return raw(found, "salt"), True
        return fresh, False

    def give_up(self, realm: Realm, asked: str) -> None:
        """Forget an erasure that had nothing to do."""
        self._ledger.delete(keys.erasure_run_key(realm, asked))

    def finish(self, realm: Realm, asked: str, receipt: Item) -> None:
        """Keep the receipt and throw the salt away."""
        self._ledger.put({"pk": keys.privacy_pk(realm), "kind": ERASURE, **receipt})
        self.give_up(realm, asked)

    def around(self, realm: Realm, known: Identity) -> Surroundings:
        """Touches and links of one identity."""
        return self._kept.around(realm, known)

    def conversions(self, realm: Realm, identities: Sequence[Identity]) -> list[Conversion]:
        """Conversions whose first identity is one of these, each once."""
        found = {
            conversion.key: conversion
            for known in identities
            for conversion in self._kept.conversions_of(realm, known)
        }
        return list(found.values())

    def deliveries(self, realm: Realm, key: ConversionKey) -> list[Delivery]:
        """Everything that was, or is to be, sent about a conversion."""
        announced = self._deliveries.announcements(realm, key)
        return self._deliveries.deliveries(
            realm, [name for one in announced for name in one.planned]
        )

    def announce(self, announcement: Announcement, deliveries: Sequence[Delivery]) -> bool:
        """Store an announcement with its deliveries. False: it was announced."""
        return self._deliveries.announce(announcement, deliveries)

    def quarantined(self, realm: Realm, first: str, last: str) -> Iterator[Quarantined]:
        """What was quarantined on the days."""
        for day in days_between(first, last):
            yield from self._kept.quarantined(realm, day)

    def forget_quarantined(self, found: Quarantined) -> None:
        """Delete a quarantined request with its bytes."""
        self._ledger.delete(
            Key(keys.quarantine_pk(found.realm, found.day), keys.quarantine_sk(found.receipt))
        )

    def rename_conversion(self, found: Conversion, names: Pseudonyms, attempt: str) -> None:
        """Replace a conversion and its repeats by what is left without the person.

        Tried again when a postback changes it meanwhile. Raises Conflict when that goes on.
        """
        for repeat in self._repeats(found):
            self._kept.add_repeat(found.realm, blank_repeat(repeat))
        for _ in range(TRIES):
            now = self._kept.conversion(found.realm, found.key) or found
            if self._replaced(now, names, attempt):
                return
        raise Conflict("stale_version", "the conversion keeps changing")

    def _replaced(self, now: Conversion, names: Pseudonyms, attempt: str) -> bool:
        try:
            self._kept.replace_conversion(names.conversion(now, attempt), now.version)
        except Conflict:
            return False
        return True

    def _repeats(self, found: Conversion) -> list[Repeat]:
        return self._kept.repeats(found.realm, found.key)

    def rename_decision(self, found: Conversion, names: Pseudonyms) -> bool:
        """Rewrite the decision about a conversion; whether the day's roll-up names the person."""
        for _ in range(TRIES):
            key = decision_key(found.realm, found.key, found.occurred_at)
            item = self._results.get(key)
            if item is None:
                return False
            decision = decision_of(item)
            renamed = decision_item(names.decision(decision))
            unchanged = Equals("trace", text(item, "trace"))
            try:
                self._results.put(renamed, condition=unchanged)
            except ConditionFailed:
                continue  # a night decided meanwhile
            return names.is_named_in(decision)
        raise Conflict("stale_version", "a night keeps changing the decision")

    def blank_deliveries(self, realm: Realm, key: ConversionKey) -> int:
        """Empty everything sent, or to be sent, about a conversion; the number of deliveries."""
        found = self.deliveries(realm, key)
        for delivery in found:
            for attempt in self._deliveries.attempts(realm, delivery.id):
                self._deliveries.log_attempt(delivery, blank_attempt(attempt))
            self._blank(delivery)
        return len(found)

    def _blank(self, delivery: Delivery) -> None:
        for _ in range(TRIES):
            if self._deliveries.change(delivery, **blank_delivery(delivery)):
                return
            now = self._deliveries.delivery(delivery.realm, delivery.id)
            if now is None:
                return
            delivery = now
        raise Conflict("stale_version", "a delivery keeps changing")

    def rename_identity(self, realm: Realm, known: Identity, names: Pseudonyms) -> tuple[int, int]:
        """Move an identity's touches and links to its pseudonym; how many of each.

        Whatever else lies in its partition (attributes) goes without a trace.
        """
        around = self._kept.around(realm, known)
        touches = [touch_item(realm, names.touch(touch)) for touch in around.touches]
        links = [item for link in around.links for item in link_items(realm, names.link(link))]
        self._ledger.batch_write(_each_once([*touches, *links]))
        pk = keys.identity_pk(realm, known)
        here = [Key(pk, str(item["sk"])) for item in self._ledger.query_all(pk)]
        there = [
            Key(keys.identity_pk(realm, link.other), keys.link_sk(known)) for link in around.links
        ]
        self._ledger.batch_write(deletes=here)
        # Last, the way here: whoever goes on after a crash must still find what is left.
        self._ledger.batch_write(deletes=there)
        return len(around.touches), len(around.links)


def _each_once(items: Sequence[Item]) -> list[Item]:
    return list({(item["pk"], item["sk"]): item for item in items}.values())
