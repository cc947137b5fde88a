"""The ledger over a table. Every write states its condition; nothing here judges content."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from touchline.kernel.clock import day_of, next_day
from touchline.kernel.errors import ConditionFailed, Conflict
from touchline.kernel.ids import ConversionId, EventName, Realm, Receipt, born_at
from touchline.ledger import conversion_rows, keys, rows, tallies
from touchline.ledger.identity import Identity
from touchline.ledger.model import (
    Conversion,
    ConversionKey,
    Link,
    Quarantined,
    Repeat,
    Surroundings,
    Tally,
    TallyStep,
    Touch,
)
from touchline.platform.dynamo import (
    AllOf,
    Equals,
    Item,
    Key,
    Missing,
    Set,
    Table,
    TransactPut,
)
from touchline.platform.dynamo.indexes import BY_BATCH, BY_IDENTITY


class LedgerStore:
    """What Touchline remembers. Every method may raise `StoreUnavailable`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    # touches and links

    def put_touch(self, realm: Realm, touch: Touch) -> bool:
        """Store a touch; False when it was there already (same identity, instant and ID)."""
        try:
            self._table.put(rows.touch_item(realm, touch), condition=Missing("pk"))
        except ConditionFailed:
            return False
        return True

    def put_touches(self, realm: Realm, touches: Sequence[Touch]) -> list[bool]:
        """Store many touches in few calls; per touch, False when it was there already.

        Read, then written without conditions: two calls at once may both say True, and write
        the same row.
        """
        found = {_key_of(item) for item in self._table.batch_get(_touch_keys(realm, touches))}
        fresh: dict[Key, Item] = {}
        stored = []
        for touch in touches:
            item = rows.touch_item(realm, touch)
            key = _key_of(item)
            stored.append(key not in found and key not in fresh)
            if stored[-1]:
                fresh[key] = item
        self._table.batch_write(list(fresh.values()))
        return stored

    def put_links(self, realm: Realm, links: Sequence[Link]) -> None:
        """Link identities, in both directions. What is linked, or was undone, stays as it is."""
        for link in links:
            for item in reversed(rows.link_items(realm, link)):
                # The indexed row last: while it is missing, the link is made again by a retry.
                self._put_if_missing(item)

    def undo_link(self, realm: Realm, one: Identity, other: Identity, at: int) -> bool:
        """Take a link back. It stays as a record. False when there is none, or undone already."""
        key = Key(keys.identity_pk(realm, one), keys.link_sk(other))
        found = self._table.get(key)
        if found is None or "undone_at" in found:
            return False
        undone = replace(rows.link_of(found), undone_at=at, changed_at=at)
        self._table.batch_write(rows.link_items(realm, undone))
        return True

    def around(self, realm: Realm, known: Identity) -> Surroundings:
        """Touches and links of one identity, strongly consistent."""
        touches, links = [], []
        for item in self._table.query_all(keys.identity_pk(realm, known)):
            if item["kind"] == rows.LINK:
                links.append(rows.link_of(item))
            elif item["kind"] == rows.TOUCH:
                touches.append(rows.touch_of(item))
        return Surroundings(tuple(touches), tuple(links))

    def first_touch(self, realm: Realm, known: Identity) -> Touch | None:
        """The earliest touch of an identity; of `click:…` identities it is the click itself."""
        page = self._table.query(keys.identity_pk(realm, known), prefix="T#", limit=1)
        return rows.touch_of(page.items[0]) if page.items else None

    def put_attributes(
        self, realm: Realm, known: Identity, attributes: Mapping[str, str], at: int
    ) -> None:
        """Set attributes of a person; those that are not named stay."""
        key = Key(keys.identity_pk(realm, known), keys.ATTRIBUTES_SK)
        named = [Set(rows.attribute_name(name), value) for name, value in attributes.items()]
        self._table.update(key, [Set("kind", rows.ATTRIBUTES), Set("changed_at", at), *named])

    def attributes(self, realm: Realm, known: Identity) -> dict[str, str]:
        """The attributes that were set for an identity."""
        found = self._table.get(Key(keys.identity_pk(realm, known), keys.ATTRIBUTES_SK))
        return rows.attributes_of(found) if found else {}

    def links_changed_on(self, realm: Realm, day: str) -> Iterator[Link]:
        """Links made or undone on a UTC day, each once."""
        for shard in range(keys.SHARDS):
            for item in self._batch(keys.links_batch(realm, day, shard)):
                yield rows.link_of(item)

    # conversions

    def add_conversion(
        self, conversion: Conversion, steps: Sequence[TallyStep] = ()
    ) -> Conversion | None:
        """Store a conversion unless its key is taken: the one dedupe authority.

        None means that it is stored by this attempt, also when the answer to an earlier try of
        the same attempt was lost. Otherwise the conversion that is there.
        Raises Conflict `tally_moved` when a step could not be made; nothing is written then.
        """
        item = conversion_rows.conversion_item(conversion)
        try:
            if steps:
                self._table.transact(
                    [
                        TransactPut(item, Missing("pk")),
                        *(tallies.step_write(conversion.realm, step) for step in steps),
                    ]
                )
            else:
                self._table.put(item, condition=Missing("pk"))
        except ConditionFailed as failed:
            if steps and (failed.existing or {}).get("kind") == tallies.TALLY:
                raise Conflict("tally_moved") from failed
            existing = self._existing(conversion, failed)
            return None if existing.attempt == conversion.attempt else existing
        return None

    def replace_conversion(
        self, new: Conversion, expected_version: int, repeat: Repeat | None = None
    ) -> None:
        """Replace a conversion that still has `expected_version`, with the repeat that caused it.

        Raises Conflict `stale_version` when it changed meanwhile (nothing is written then).
        """
        item = conversion_rows.conversion_item(new)
        unchanged = Equals("version", expected_version)
        try:
            if repeat is None:
                self._table.put(item, condition=unchanged)
            else:
                kept = conversion_rows.repeat_item(new.realm, repeat)
                self._table.transact([TransactPut(item, unchanged), TransactPut(kept)])
        except ConditionFailed as failed:
            if self._existing(new, failed).attempt != new.attempt:
                raise Conflict("stale_version", "the conversion changed meanwhile") from failed

    def conversion(self, realm: Realm, key: ConversionKey) -> Conversion | None:
        """The conversion of a key."""
        item = self._table.get(
            Key(keys.conversion_pk(realm, key), keys.conversion_sk(key.scope)), consistent=True
        )
        return conversion_rows.conversion_of(item) if item else None

    def tallies(self, realm: Realm, names: Sequence[str]) -> list[Tally]:
        """The tallies of these names, in order; those that nobody stepped yet are zero."""
        found = self._table.batch_get([tallies.tally_key(realm, name) for name in names])
        by_name = {tally.name: tally for tally in map(tallies.tally_of, found)}
        return [by_name.get(name, Tally(name)) for name in names]

    def claims(self, realm: Realm, event: EventName, order: ConversionId) -> list[Conversion]:
        """Every claim to one order: those of each partner and of the account's own systems."""
        pk = keys.conversion_pk(realm, ConversionKey(event, order))
        return [
            conversion_rows.conversion_of(item) for item in self._table.query_all(pk, prefix="C#")
        ]

    def repeats(self, realm: Realm, key: ConversionKey) -> list[Repeat]:
        """Every repeat of a conversion, in order of their receipts."""
        pk = keys.conversion_pk(realm, key)
        prefix = keys.repeat_sk(key.scope, Receipt(""))
        return [
            conversion_rows.repeat_of(item) for item in self._table.query_all(pk, prefix=prefix)
        ]

    def add_repeat(self, realm: Realm, repeat: Repeat) -> None:
        """Keep a repeat; writing it twice makes one."""
        self._table.put(conversion_rows.repeat_item(realm, repeat))

    def changed_on(self, realm: Realm, day: str) -> Iterator[Conversion | Repeat]:
        """Conversions whose last change, and repeats whose arrival, fell on a UTC day."""
        for shard in range(keys.SHARDS):
            for item in self._batch(keys.changes_batch(realm, day, shard)):
                if item["kind"] == rows.REPEAT:
                    yield conversion_rows.repeat_of(item)
                else:
                    yield conversion_rows.conversion_of(item)

    def latest(self, realm: Realm, day: str, limit: int) -> list[Conversion]:
        """The conversions that changed last on a UTC day, newest first; at most `limit`."""
        found = []
        for shard in range(keys.SHARDS):
            batch = keys.changes_batch(realm, day, shard)
            page = self._table.query(batch, index=BY_BATCH.name, descending=True, limit=limit)
            found += [
                conversion_rows.conversion_of(item)
                for item in page.items
                if item["kind"] == rows.CONVERSION
            ]
        return sorted(found, key=lambda one: one.changed_at, reverse=True)[:limit]

    def conversions_of(self, realm: Realm, known: Identity) -> Iterator[Conversion]:
        """Conversions whose first identity this is, in order of time (eventually consistent)."""
        person = keys.person(realm, known)
        for item in self._table.query_all(person, index=BY_IDENTITY.name):
            yield conversion_rows.conversion_of(item)

    # quarantine

    def quarantine(self, quarantined: Quarantined) -> None:
        """Keep a request that could not be judged; writing it twice makes one."""
        self._put_if_missing(rows.quarantine_item(quarantined))

    def quarantined(self, realm: Realm, day: str) -> Iterator[Quarantined]:
        """What was quarantined on a UTC day, in order of receipt."""
        for item in self._table.query_all(keys.quarantine_pk(realm, day)):
            yield rows.quarantined_of(item)

    def find_quarantined(self, realm: Realm, receipt: Receipt) -> Quarantined | None:
        """A quarantined request by its receipt, which tells about when it was made."""
        try:
            made_on = day_of(born_at(receipt))
        except (ValueError, OverflowError):
            return None
        for day in (made_on, next_day(made_on), next_day(made_on, -1)):
            item = self._table.get(
                Key(keys.quarantine_pk(realm, day), keys.quarantine_sk(receipt)), consistent=True
            )
            if item:
                return rows.quarantined_of(item)
        return None

    def close_quarantined(
        self, quarantined: Quarantined, state: str, replayed_as: Receipt | None = None
    ) -> Quarantined:
        """Mark it `replayed` or `dismissed`; only an open one, so a replay happens once.

        Raises Conflict `not_open`.
        """
        closed = replace(
            quarantined, state=state, replayed_as=replayed_as, version=quarantined.version + 1
        )
        still_open = AllOf(Equals("state", "open"), Equals("version", quarantined.version))
        try:
            self._table.put(rows.quarantine_item(closed), condition=still_open)
        except ConditionFailed as failed:
            raise Conflict("not_open", "it was replayed or dismissed already") from failed
        return closed

    def _put_if_missing(self, item: Item) -> None:
        try:
            self._table.put(item, condition=Missing("pk"))
        except ConditionFailed:
            return

    def _batch(self, batch: str) -> Iterator[Item]:
        return self._table.query_all(batch, index=BY_BATCH.name)

    def _existing(self, wanted: Conversion, failed: ConditionFailed) -> Conversion:
        if failed.existing:
            return conversion_rows.conversion_of(failed.existing)
        found = self.conversion(wanted.realm, wanted.key)
        if found is None:
            raise Conflict("stale_version", "the conversion is gone") from failed
        return found


def _touch_keys(realm: Realm, touches: Sequence[Touch]) -> list[Key]:
    return [
        Key(keys.identity_pk(realm, touch.identity), keys.touch_sk(touch.occurred_at, touch.id))
        for touch in touches
    ]


def _key_of(item: Item) -> Key:
    return Key(str(item["pk"]), str(item["sk"]))
