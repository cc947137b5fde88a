"""What a page of each kind of input asks to be decided."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from touchline.attribution.night.judging import Journeys
from touchline.attribution.night.progress import CHANGES, LINKS, Job, Step
from touchline.attribution.store import Order, Unreadable, conversions_in
from touchline.attribution.walk import walk
from touchline.kernel.clock import day_of
from touchline.kernel.ids import ConversionId, EventName, Realm
from touchline.ledger import rows
from touchline.ledger.fields import text
from touchline.ledger.identity import Identity
from touchline.ledger.model import Conversion, Surroundings
from touchline.platform.dynamo import Cursor, Item, Page
from touchline.registry.attribution_rules import AttributionRules


class Inputs(Journeys, Protocol):
    """What the steps read."""

    def changes(self, realm: Realm, day: str, shard: int, start: Cursor | None) -> Page:
        """A page of conversions and repeats whose last change fell on the day."""
        ...

    def links(self, realm: Realm, day: str, shard: int, start: Cursor | None) -> Page:
        """A page of links that were made or undone, and of touches that came late, on the day."""
        ...

    def decided(self, realm: Realm, day: str, shard: int, start: Cursor | None) -> Page:
        """A page of decisions about conversions that occurred on the day."""
        ...

    def orders_of(self, realm: Realm, identities: Sequence[Identity]) -> list[Conversion]:
        """Conversions whose first identity is one of these."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """One page of input: the orders to decide, and what the page itself must account for.

    `own` are the conversions that this page brought; every one of them must come out decided or
    set aside. Pages of links and of earlier decisions bring orders, and account for nothing.
    """

    orders: tuple[Order, ...]
    next: Cursor | None
    own: tuple[Conversion, ...] = ()
    read: int = 0
    repeats: int = 0
    faults: list[Unreadable] = field(default_factory=list)


def next_batch(
    job: Job, step: Step, start: Cursor | None, store: Inputs, rules: AttributionRules
) -> Batch:
    """The next page of a step's input."""
    if step.kind == CHANGES:
        return _changed(store.changes(job.realm, job.day, step.shard, start))
    if step.kind == LINKS:
        page = store.links(job.realm, job.day, step.shard, start)
        found = _linked(job, page.items, store, rules)
        return Batch(_orders(one for one in found if not changed_on(one, job.day)), page.next)
    page = store.decided(job.realm, job.day, step.shard, start)
    return Batch(tuple(dict.fromkeys(_order_in(item) for item in page.items)), page.next)


def changed_on(conversion: Conversion, day: str) -> bool:
    """Whether the conversion's last change fell on the day: the changes bring it then."""
    return day_of(conversion.changed_at or conversion.received_at) == day


def _changed(page: Page) -> Batch:
    repeats = [item for item in page.items if item.get("kind") == rows.REPEAT]
    found, faults = conversions_in(item for item in page.items if item.get("kind") != rows.REPEAT)
    return Batch(_orders(found), page.next, tuple(found), len(page.items), len(repeats), faults)


def _linked(
    job: Job, links: Sequence[Item], store: Inputs, rules: AttributionRules
) -> list[Conversion]:
    """Conversions of everybody whom these links and late touches concern."""

    def read(identities: Sequence[Identity]) -> Mapping[Identity, Surroundings]:
        return store.around(job.realm, identities)[0]

    ends = dict.fromkeys(end for item in links for end in rows.concerned(item))
    persons = walk([[end] for end in ends], read, rules)
    concerned = {known: None for person in persons for known in person.identities}
    return store.orders_of(job.realm, list(concerned))


def _orders(conversions: Iterable[Conversion]) -> tuple[Order, ...]:
    return tuple(dict.fromkeys(Order(one.key.event, one.key.id) for one in conversions))


def _order_in(item: Item) -> Order:
    return Order(EventName(text(item, "event")), ConversionId(text(item, "id")))
