"""What the night reads of the ledger and writes as decisions, over the two tables.

Reads that do not depend on each other are spread over threads: a night's time is waiting for the
table, and its cost is proportional to conversions and their journeys.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol, TypeVar

from touchline.kernel.ids import ConversionId, EventName, Realm
from touchline.ledger import conversion_rows, keys, rows
from touchline.ledger.fields import text
from touchline.ledger.identity import Identity
from touchline.ledger.keys import SHARDS
from touchline.ledger.model import Conversion, ConversionKey, Link, Surroundings, Touch
from touchline.ledger.result_keys import decision_partitions, decisions_pk
from touchline.platform.dynamo import Cursor, Item, Key, Page, Table
from touchline.platform.dynamo.indexes import BY_BATCH, BY_IDENTITY

One = TypeVar("One")
Other = TypeVar("Other")

PAGE = 200
"""Rows of a day's changes that are decided together, and lost together in a crash."""


class Spread(Protocol):
    """Does one piece of work for each of many things; the answers in the order of the things."""

    def __call__(self, work: Callable[[One], Other], over: Sequence[One]) -> list[Other]:
        """The answers."""
        ...


def in_turn(work: Callable[[One], Other], over: Sequence[One]) -> list[Other]:
    """One after the other."""
    return [work(one) for one in over]


def by_threads(count: int) -> Spread:
    """Over so many threads, which live as long as the process."""
    pool = ThreadPoolExecutor(count, thread_name_prefix="night")

    def spread(work: Callable[[One], Other], over: Sequence[One]) -> list[Other]:
        return list(pool.map(work, over)) if len(over) > 1 else in_turn(work, over)

    return spread


class Order(NamedTuple):
    """What all claims to one order have in common."""

    event: EventName
    id: ConversionId


class Unreadable(NamedTuple):
    """A row that could not be understood: where it lies, and what was wrong."""

    place: str
    why: str


Read = tuple[list[One], list[Unreadable]]


class JourneyStore:
    """The ledger as the night reads it, and the decisions of the results table."""

    def __init__(self, ledger: Table, results: Table, spread: Spread = in_turn) -> None:
        self._ledger = ledger
        self._results = results
        self._spread = spread

    def changes(self, realm: Realm, day: str, shard: int, start: Cursor | None) -> Page:
        """A page of conversions and repeats whose last change fell on the day."""
        batch = keys.changes_batch(realm, day, shard)
        return self._ledger.query(batch, index=BY_BATCH.name, limit=PAGE, start=start)

    def links(self, realm: Realm, day: str, shard: int, start: Cursor | None) -> Page:
        """A page of links that were made or undone on the day."""
        batch = keys.links_batch(realm, day, shard)
        return self._ledger.query(batch, index=BY_BATCH.name, limit=PAGE, start=start)

    def scan(self, segment: int, start: Cursor | None, fields: Sequence[str]) -> Page:
        """A page of one segment of the whole ledger, with these attributes alone."""
        return self._ledger.scan(segment=segment, segments=SHARDS, start=start, fields=fields)

    def decided(self, realm: Realm, day: str, shard: int, start: Cursor | None) -> Page:
        """A page of decisions about conversions that occurred on the day."""
        return self._results.query(decisions_pk(realm, day, shard), limit=PAGE, start=start)

    def decisions(self, realm: Realm, day: str) -> Iterator[Item]:
        """Every decision about conversions that occurred on the day, in order of their keys."""
        for partition in decision_partitions(realm, day):
            yield from self._results.query_all(partition)

    def quarantined(self, realm: Realm, day: str) -> int:
        """How many requests of the day lie in quarantine, whatever became of them."""
        return sum(1 for _ in self._ledger.query_all(keys.quarantine_pk(realm, day)))

    def claims(self, realm: Realm, orders: Sequence[Order]) -> list[Read[Conversion]]:
        """Every claim to each of the orders."""

        def read(order: Order) -> Read[Conversion]:
            pk = keys.conversion_pk(realm, ConversionKey(order.event, order.id))
            return conversions_in(self._ledger.query_all(pk, prefix="C#"))

        return self._spread(read, orders)

    def around(
        self, realm: Realm, identities: Sequence[Identity]
    ) -> tuple[dict[Identity, Surroundings], list[Unreadable]]:
        """What is directly known about each identity; rows that cannot be read are set aside."""

        def read(known: Identity) -> tuple[Surroundings, list[Unreadable]]:
            return _surroundings(self._ledger.query_all(keys.identity_pk(realm, known)))

        answers = self._spread(read, identities)
        found = {known: around for known, (around, _) in zip(identities, answers, strict=True)}
        return found, [fault for _, faults in answers for fault in faults]

    def orders_of(self, realm: Realm, identities: Sequence[Identity]) -> list[Conversion]:
        """Conversions whose first identity is one of these."""

        def read(known: Identity) -> list[Conversion]:
            person = keys.person(realm, known)
            return conversions_in(self._ledger.query_all(person, index=BY_IDENTITY.name))[0]

        return [one for found in self._spread(read, identities) for one in found]

    def previous(self, wanted: Sequence[Key]) -> dict[Key, Item]:
        """The decision rows of these keys, as far as there are any."""
        found = self._results.batch_get(wanted)
        return {Key(text(item, "pk"), text(item, "sk")): item for item in found}

    def write(self, puts: Sequence[Item], deletes: Sequence[Key]) -> None:
        """Write decisions and take back those that moved to another day."""
        if puts or deletes:
            self._results.batch_write(puts, deletes)


def conversions_in(items: Iterable[Item]) -> Read[Conversion]:
    """The conversions among the rows, and the rows that could not be understood."""
    found: list[Conversion] = []
    faults: list[Unreadable] = []
    for item in items:
        try:
            found.append(conversion_rows.conversion_of(item))
        except (ValueError, KeyError, TypeError) as error:
            faults.append(unreadable(item, error))
    return found, faults


def unreadable(item: Mapping[str, object], error: Exception) -> Unreadable:
    """Where the row lies and what was wrong with it; never its content."""
    place = f"{item.get('pk')} {item.get('sk')}"
    return Unreadable(place, f"unreadable:{type(error).__name__}")


def _surroundings(items: Iterable[Item]) -> tuple[Surroundings, list[Unreadable]]:
    touches: list[Touch] = []
    links: list[Link] = []
    faults: list[Unreadable] = []
    for item in items:
        try:
            if item["kind"] == rows.LINK:
                links.append(rows.link_of(item))
            elif item["kind"] == rows.TOUCH:
                touches.append(rows.touch_of(item))
        except (ValueError, KeyError, TypeError) as error:
            faults.append(unreadable(item, error))
    return Surroundings(tuple(touches), tuple(links)), faults
