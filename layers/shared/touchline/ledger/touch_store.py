"""Touches, links and attributes of identities, over a table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from touchline.kernel.errors import ConditionFailed
from touchline.kernel.ids import PartnerId, Realm
from touchline.ledger import keys, rows
from touchline.ledger.identity import Identity
from touchline.ledger.model import Link, Surroundings, Touch
from touchline.platform.dynamo import Item, Key, Missing, Set, Table
from touchline.platform.dynamo.indexes import BY_BATCH, BY_IDENTITY


class TouchStore:
    """What is known about identities. Every method may raise `StoreUnavailable`."""

    def __init__(self, table: Table) -> None:
        self._table = table

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
                put_if_missing(self._table, item)

    def missing_links(self, realm: Realm, links: Sequence[Link]) -> list[Link]:
        """Those that are not there from both ends."""
        ends = {link: [_key_of(item) for item in rows.link_items(realm, link)] for link in links}
        found = self._table.batch_get([key for keys_ in ends.values() for key in keys_])
        there = {_key_of(item) for item in found}
        return [link for link, keys_ in ends.items() if not there.issuperset(keys_)]

    def undo_link(self, realm: Realm, one: Identity, other: Identity, at: int) -> bool:
        """Take a link back. It stays as a record. False when there is none, or undone already."""
        key = Key(keys.identity_pk(realm, one), keys.link_sk(other))
        found = self._table.get(key)
        if found is None or "undone_at" in found:
            return False
        undone = replace(rows.link_of(found), undone_at=at, changed_at=at)
        self._table.batch_write(rows.link_items(realm, undone))
        return True

    def around(self, realm: Realm, known: Identity, at: int | None = None) -> Surroundings:
        """Touches and links of one identity, strongly consistent.

        Without the touches whose time is over at `at` (ms); None brings those too, for erasing.
        """
        touches, links = [], []
        for item in self._table.query_all(keys.identity_pk(realm, known)):
            if item["kind"] == rows.LINK:
                links.append(rows.link_of(item))
            elif item["kind"] == rows.TOUCH:
                touches.append(rows.touch_of(item))
        kept = [touch for touch in touches if at is None or not touch.is_over(at)]
        return Surroundings(tuple(kept), tuple(links))

    def first_touch(self, realm: Realm, known: Identity, at: int) -> Touch | None:
        """The earliest touch of an identity, unless its time is over at `at` (ms); of `click:…`
        identities it is the click itself."""
        page = self._table.query(keys.identity_pk(realm, known), prefix="T#", limit=1)
        touch = rows.touch_of(page.items[0]) if page.items else None
        return None if touch is None or touch.is_over(at) else touch

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

    def clicks(
        self, realm: Realm, partner: PartnerId, day: str, shard: int, *, until: str, limit: int
    ) -> list[Touch]:
        """The last clicks of a partner in one shard of a UTC day, newest first.

        `until` is the last place in the order (keys.click_at) that is wanted; "" is the end.
        """
        clicks = keys.clicks_of(realm, partner, day, shard)
        page = self._table.query(
            clicks, index=BY_IDENTITY.name, last=until, descending=True, limit=limit
        )
        return [rows.touch_of(item) for item in page.items]

    def links_changed_on(self, realm: Realm, day: str) -> Iterator[Link]:
        """Links made or undone on a UTC day, each once."""
        for shard in range(keys.SHARDS):
            batch = keys.links_batch(realm, day, shard)
            for item in self._table.query_all(batch, index=BY_BATCH.name):
                if item["kind"] == rows.LINK:
                    yield rows.link_of(item)


def put_if_missing(table: Table, item: Item) -> None:
    """Put an item; one that is there stays as it is."""
    try:
        table.put(item, condition=Missing("pk"))
    except ConditionFailed:
        return


def _touch_keys(realm: Realm, touches: Sequence[Touch]) -> list[Key]:
    return [
        Key(keys.identity_pk(realm, touch.identity), keys.touch_sk(touch.occurred_at, touch.id))
        for touch in touches
    ]


def _key_of(item: Item) -> Key:
    return Key(str(item["pk"]), str(item["sk"]))
