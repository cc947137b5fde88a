"""Conversions, their repeats, tallies and unexplained words, over a table."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from touchline.kernel.clock import day_of, days_between
from touchline.kernel.errors import ConditionFailed, Conflict
from touchline.kernel.ids import ConversionId, EventName, Realm, Receipt
from touchline.ledger import conversion_rows, keys, rows, tallies
from touchline.ledger.fields import texts
from touchline.ledger.identity import Identity
from touchline.ledger.model import Conversion, ConversionKey, Repeat, Tally, TallyStep
from touchline.platform.dynamo import (
    Add,
    Append,
    Equals,
    Item,
    Key,
    Missing,
    Set,
    Table,
    TransactPut,
    TransactWrite,
)
from touchline.platform.dynamo.indexes import BY_BATCH, BY_IDENTITY


class ConversionStore:
    """What was bought and done. Every method may raise `StoreUnavailable`."""

    def __init__(self, table: Table) -> None:
        self._table = table

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
            if _is_tally(failed):
                raise Conflict("tally_moved") from failed
            existing = self._existing(conversion, failed)
            return None if existing.attempt == conversion.attempt else existing
        return None

    def replace_conversion(
        self,
        new: Conversion,
        expected_version: int,
        repeat: Repeat | None = None,
        steps: Sequence[TallyStep] = (),
    ) -> None:
        """Replace a conversion that still has `expected_version`, with the repeat that caused it.

        Raises Conflict `stale_version` when it changed meanwhile, `tally_moved` when a step could
        not be made (nothing is written then).
        """
        item = conversion_rows.conversion_item(new)
        unchanged = Equals("version", expected_version)
        beside: list[TransactWrite] = [tallies.step_write(new.realm, step) for step in steps]
        if repeat is not None:
            beside.append(TransactPut(conversion_rows.repeat_item(new.realm, repeat)))
        try:
            if beside:
                self._table.transact([TransactPut(item, unchanged), *beside])
            else:
                self._table.put(item, condition=unchanged)
        except ConditionFailed as failed:
            if _is_tally(failed):
                raise Conflict("tally_moved") from failed
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
            batch = keys.changes_batch(realm, day, shard)
            for item in self._table.query_all(batch, index=BY_BATCH.name):
                yield _change_of(item)

    def changed_between(
        self, realm: Realm, first_ms: int, last_ms: int
    ) -> Iterator[Conversion | Repeat]:
        """Conversions that changed, and repeats that arrived, in `[first_ms, last_ms]`."""
        for day in days_between(day_of(first_ms), day_of(last_ms)):
            for shard in range(keys.SHARDS):
                for item in self._table.query_all(
                    keys.changes_batch(realm, day, shard),
                    index=BY_BATCH.name,
                    first=keys.padded(first_ms),
                    last=keys.padded(last_ms + 1),
                ):
                    yield _change_of(item)

    def note_word(self, realm: Realm, scope: str, word: str, key: ConversionKey) -> None:
        """Remember that a conversion bears a status word that nobody explained."""
        self._table.put(
            {
                "pk": keys.words_pk(realm, scope),
                "sk": keys.word_sk(word, key),
                "kind": rows.WORD,
                "word": word,
                "event": key.event,
                "id": key.id,
            }
        )

    def unexplained(self, realm: Realm, scope: str) -> Iterator[tuple[str, ConversionKey]]:
        """Words of a sender that nobody explained, with the conversions that bear them."""
        for item in self._table.query_all(keys.words_pk(realm, scope)):
            event, order = EventName(str(item["event"])), ConversionId(str(item["id"]))
            yield str(item["word"]), ConversionKey(event, order, scope)

    def explained(self, realm: Realm, scope: str, word: str, key: ConversionKey) -> None:
        """Forget a word of a conversion."""
        self._table.delete(Key(keys.words_pk(realm, scope), keys.word_sk(word, key)))

    def note_refund(self, realm: Realm, key: ConversionKey, receipt: Receipt) -> None:
        """Remember a refund in quarantine whose conversion has not come."""
        self._table.update(
            _refunds_key(realm, key),
            [
                *(Set("kind", rows.EARLY_REFUNDS), Set("event", key.event), Set("id", key.id)),
                *(Set("scope", key.scope), Append("receipts", [receipt]), Add("count", 1)),
            ],
        )

    def early_refunds(
        self, realm: Realm, keys_: Sequence[ConversionKey]
    ) -> dict[ConversionKey, tuple[Receipt, ...]]:
        """Refunds that came before the conversions of these keys, by their receipts."""
        found = self._table.batch_get([_refunds_key(realm, key) for key in keys_])
        return {
            conversion_rows.key_of(item): tuple(map(Receipt, texts(item, "receipts")))
            for item in found
        }

    def forget_refunds(self, realm: Realm, key: ConversionKey, known: tuple[Receipt, ...]) -> None:
        """These were taken up; with one that came meanwhile all of them are kept."""
        with suppress(ConditionFailed):
            self._table.delete(_refunds_key(realm, key), condition=Equals("count", len(known)))

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

    def _existing(self, wanted: Conversion, failed: ConditionFailed) -> Conversion:
        if failed.existing:
            return conversion_rows.conversion_of(failed.existing)
        found = self.conversion(wanted.realm, wanted.key)
        if found is None:
            raise Conflict("stale_version", "the conversion is gone") from failed
        return found


def _refunds_key(realm: Realm, key: ConversionKey) -> Key:
    return Key(keys.conversion_pk(realm, key), keys.refunds_sk(key.scope))


def _is_tally(failed: ConditionFailed) -> bool:
    return (failed.existing or {}).get("kind") == tallies.TALLY


def _change_of(item: Item) -> Conversion | Repeat:
    if item["kind"] == rows.REPEAT:
        return conversion_rows.repeat_of(item)
    return conversion_rows.conversion_of(item)
