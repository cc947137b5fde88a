"""From one identity to the person: deterministic links only, walked to a bounded component.

The walk goes level by level and, within a level, along the oldest links first, so that it depends
on what is known and on nothing else. It is written for many people at once, since what one level
needs can be read in parallel.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from touchline.ledger.identity import CLICK, PHONE, VISITOR, Identity, domain_of
from touchline.ledger.model import Link, Surroundings, Touch
from touchline.registry.attribution_rules import AttributionRules

Read = Callable[[Sequence[Identity]], Mapping[Identity, Surroundings]]
"""Reads what is directly known about each of these identities."""

SITE = "site"
"""The source of links that a browser made with a site key."""

_UNLIMITED = frozenset({CLICK, VISITOR})
"""A person has any number of clicks and browsers."""

_SPELLINGS = {PHONE: 2}
"""One phone number makes two identities (ledger.identity.of_phone)."""


@dataclass(frozen=True, slots=True)
class Person:
    """One component: its identities in the order reached, their touches, and what was held back."""

    identities: tuple[Identity, ...]
    touches: tuple[Touch, ...]
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class _Walk:
    reached: dict[Identity, None]
    level: list[Identity]
    domains: Counter[str]
    touches: list[Touch] = field(default_factory=list)
    remarks: set[str] = field(default_factory=set)


def walk(starts: Sequence[Sequence[Identity]], read: Read, rules: AttributionRules) -> list[Person]:
    """The person around each group of starting identities.

    A start is taken whatever the limits say: it is what the conversion itself names.
    """
    walks = [_begin(group) for group in starts]
    known: dict[Identity, Surroundings] = {}
    while True:
        wanted = {identity for one in walks for identity in one.level} - known.keys()
        if wanted:
            known.update(read(sorted(wanted)))
        busy = [one for one in walks if one.level]
        if not busy:
            return [_person(one) for one in walks]
        for one in busy:
            _next_level(one, known, rules)


def _begin(group: Iterable[Identity]) -> _Walk:
    reached = dict.fromkeys(group)
    return _Walk(reached, list(reached), Counter(domain_of(one) for one in reached))


def _next_level(
    one: _Walk, known: Mapping[Identity, Surroundings], rules: AttributionRules
) -> None:
    links: list[Link] = []
    for identity in one.level:
        around = known[identity]
        one.touches.extend(around.touches)
        links.extend(link for link in around.links if link.undone_at is None)
    one.level = []
    for link in sorted(links, key=lambda link: (link.at, link.other, link.one)):
        if link.other not in one.reached:
            remark = _held_back(one, link, rules)
            if remark:
                one.remarks.add(remark)
                continue
            one.reached[link.other] = None
            one.domains[domain_of(link.other)] += 1
            one.level.append(link.other)


def _held_back(one: _Walk, link: Link, rules: AttributionRules) -> str:
    if len(one.reached) >= rules.person_limit:
        return "person_limit"
    domain = domain_of(link.other)
    if domain in _UNLIMITED or not one.domains[domain]:
        return ""
    if link.source.partition(":")[0] == SITE and one.domains[domain] >= _SPELLINGS.get(domain, 1):
        return "site_merge"
    return "domain_limit" if one.domains[domain] >= rules.domain_limit else ""


def _person(one: _Walk) -> Person:
    return Person(tuple(one.reached), tuple(one.touches), tuple(sorted(one.remarks)))
