"""What a registry file asks for, against what is declared: a plan of steps, made before any is
taken. Both sides are in the outside form, secrets as fingerprints.

A thing in the file is the file's: what it leaves out has its default. Only what we or other
commands look after is left as it is unless the file states it (`KEPT`). Things that the file does
not name stay, unless pruning is asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from touchline.kernel.values import dataclass
from touchline.registry.external import declarable
from touchline.registry.kinds import ACCOUNT, THINGS, Kind

KEPT = frozenset({"site_key", "secrets", "signing_keys", "state", "valid_from"})
"""Fields that a file may leave out without resetting them."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field, by its dotted path, as it is and as it shall be (None: not there)."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to create, update or delete, or a token to issue. `body` is what is sent."""

    action: str  # create | update | delete | issue
    kind: str
    thing: str
    body: Mapping[str, Any] = field(default_factory=dict)
    version: int | None = None
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing of the file: its declared value outside, what the file stated, what to send."""

    kind: Kind
    thing: str
    outside: Mapping[str, Any]
    stated: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Present:
    """What is declared: things by (kind, ID) in outside form with `version`; names of tokens."""

    things: Mapping[tuple[str, str], Mapping[str, Any]]
    tokens: frozenset[str] = frozenset()


def steps(
    wanted: Sequence[Wanted],
    tokens: Sequence[Mapping[str, Any]],
    present: Present,
    *,
    prune: bool = False,
) -> list[Step]:
    """The steps from what is to what shall be, in the order in which they can be taken."""
    planned = [step for one in wanted if (step := _step(one, present)) is not None]
    planned += [
        Step("issue", "token", str(token["name"]), dict(token))
        for token in tokens
        if token["name"] not in present.tokens
    ]
    if prune:
        planned += [
            Step("delete", kind, thing, version=present.things[kind, thing]["version"])
            for kind, thing in unmanaged(wanted, present)
        ]
    return planned


def unmanaged(wanted: Sequence[Wanted], present: Present) -> list[tuple[str, str]]:
    """Things that are declared and not in the file, dependent ones first."""
    named = {(one.kind.name, one.thing) for one in wanted}
    order = [kind.name for kind in reversed(THINGS)]
    left = [key for key in present.things if key not in named and key[0] != ACCOUNT.name]
    return sorted(left, key=lambda key: (order.index(key[0]), key[1]))


def differences(before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    """Field by field, into maps, and into lists of one length; another list is one value."""
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        before, after = dict(enumerate(before)), dict(enumerate(after))
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        if before != after:
            yield Difference(path, before, after)
        return
    for name in [*after, *(name for name in before if name not in after)]:
        inner = f"{path}.{name}" if path else str(name)
        yield from differences(before.get(name), after.get(name), inner)


def merge_patch(before: Any, after: Any) -> Any:
    """The RFC 7396 patch that makes `before` into `after`."""
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        return after
    patch = {
        name: merge_patch(before.get(name), value)
        for name, value in after.items()
        if before.get(name) != value
    }
    return patch | dict.fromkeys(before.keys() - after.keys())


def _step(one: Wanted, present: Present) -> Step | None:
    declared = present.things.get((one.kind.name, one.thing))
    if declared is None:
        return Step("create", one.kind.name, one.thing, one.stated)
    left_alone = KEPT - one.stated.keys()
    after = {name: value for name, value in one.outside.items() if name not in left_alone}
    told = declarable(one.kind.model, declared)
    before = {name: value for name, value in told.items() if name in after}
    found = tuple(differences(before, after))
    if not found:
        return None
    body = merge_patch(before, after)
    # secrets are compared by fingerprint and sent as the file has them
    body |= {name: one.stated[name] for name in body if name in KEPT & one.stated.keys()}
    return Step("update", one.kind.name, one.thing, body, declared["version"], found)
