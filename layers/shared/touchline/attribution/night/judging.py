"""Deciding many orders at once: read claims, walk to persons, decide. Nothing is written here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from touchline.attribution.credits import Creditor
from touchline.attribution.decisions import Terms, decide, live_claims
from touchline.attribution.rules import rule_book
from touchline.attribution.store import Order, Read, Unreadable
from touchline.attribution.walk import Person, walk
from touchline.kernel.ids import Realm
from touchline.ledger.decisions import Decision
from touchline.ledger.identity import Identity
from touchline.ledger.model import Conversion, Surroundings
from touchline.registry.attribution_rules import AttributionRules
from touchline.registry.model import Registry


class Journeys(Protocol):
    """What deciding reads."""

    def claims(self, realm: Realm, orders: Sequence[Order]) -> list[Read[Conversion]]:
        """Every claim to each of the orders."""
        ...

    def around(
        self, realm: Realm, identities: Sequence[Identity]
    ) -> tuple[dict[Identity, Surroundings], list[Unreadable]]:
        """What is directly known about each identity."""
        ...


@dataclass(frozen=True, slots=True)
class Judged:
    """One order with its claims and the decision about each."""

    order: Order
    claims: tuple[Conversion, ...]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Sitting:
    """The decisions about many orders, and what had to be set aside."""

    judged: list[Judged] = field(default_factory=list)
    failed: set[Order] = field(default_factory=set)
    set_aside: list[Unreadable] = field(default_factory=list)


def terms_by_event(
    registry: Registry, rules: AttributionRules, rules_version: str
) -> Callable[[str], Terms]:
    """The terms of each event's conversions, made once."""
    made: dict[str, Terms] = {}
    creditor = Creditor(rules)

    def terms(event: str) -> Terms:
        if event not in made:
            book = rule_book(registry, rules, event)
            made[event] = Terms(registry, book, creditor, rules_version)
        return made[event]

    return terms


def judge_orders(
    realm: Realm, orders: Sequence[Order], store: Journeys, terms: Callable[[str], Terms], at: int
) -> Sitting:
    """Decide every claim to each of the orders; touches whose time is over at `at` (ms) are not
    read, whenever TTL deletes them."""
    sitting = Sitting()
    claims: dict[Order, list[Conversion]] = {}
    for order, (found, faults) in zip(orders, store.claims(realm, orders), strict=True):
        sitting.set_aside.extend(faults)
        if found:
            claims[order] = found
        else:
            sitting.failed.add(order)
            sitting.set_aside.append(Unreadable(f"{order.event} {order.id}", "unreadable:no claim"))
    persons = _persons(realm, claims, store, terms, sitting, at)
    for order, found in claims.items():
        try:
            decided = decide(found, persons[order], terms(order.event))
        except (ValueError, KeyError, TypeError, ArithmeticError) as error:
            sitting.failed.add(order)
            place = f"{order.event} {order.id}"
            sitting.set_aside.append(Unreadable(place, f"unreadable:{type(error).__name__}"))
            continue
        sitting.judged.append(Judged(order, tuple(found), tuple(decided)))
    return sitting


def _persons(
    realm: Realm,
    claims: Mapping[Order, Sequence[Conversion]],
    store: Journeys,
    terms: Callable[[str], Terms],
    sitting: Sitting,
    at: int,
) -> dict[Order, Person]:
    def read(identities: Sequence[Identity]) -> Mapping[Identity, Surroundings]:
        found, faults = store.around(realm, identities)
        sitting.set_aside.extend(faults)
        return found

    starts = [
        list(
            dict.fromkeys(
                known
                for claim in live_claims(found, terms(order.event).registry)
                for known in claim.identities
            )
        )
        for order, found in claims.items()
    ]
    rules = terms(next(iter(claims)).event).book.rules if claims else AttributionRules()
    persons = [_as_kept(person, at) for person in walk(starts, read, rules)]
    return dict(zip(claims, persons, strict=True))


def _as_kept(person: Person, at: int) -> Person:
    kept = tuple(touch for touch in person.touches if not touch.is_over(at))
    return person if len(kept) == len(person.touches) else replace(person, touches=kept)
