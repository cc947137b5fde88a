"""Changing what is declared: every change is parsed whole, checked against what else there is, and
written with its audit entry in one step."""

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Any, Protocol

from touchline.kernel.clock import Clock
from touchline.kernel.errors import Conflict, Refused
from touchline.kernel.ids import AccountId, EventName, NewId
from touchline.kernel.values import dataclass
from touchline.registry.attribution_rules import DEFAULT_WINDOWS
from touchline.registry.audit import Author
from touchline.registry.external import declarable, fingerprint, outside
from touchline.registry.kinds import ACCOUNT, CAMPAIGN, EVENT, Kind
from touchline.registry.model import (
    SECRET_OPTIONS,
    Account,
    Endpoint,
    EventDefinition,
    NameSpan,
    Registry,
)
from touchline.registry.references import check_references, check_unused
from touchline.registry.store import Entry
from touchline.registry.tokens import RandomBits, mint_site_key

Parse = Callable[[Kind, Any], Any]
"""contracts.parse: the declared value that a body says. Raises Refused."""

Check = Callable[[Any], None]
"""A room's own check of a value before it is saved. Raises Refused."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A value as it is saved, and what is shown of it once and never again (a fresh secret)."""

    value: Any
    shown: Mapping[str, Any] = field(default_factory=dict)


Finish = Callable[[Any, Any], Finished]
"""A room's last touch on a value, given also what it was (None: new). Raises Refused."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What was saved, and what is shown of it once."""

    entry: Entry
    shown: Mapping[str, Any] = field(default_factory=dict)


class Store(Protocol):
    """What declaring needs of registry.store.RegistryStore."""

    def snapshot(self, account: AccountId) -> Registry: ...
    def entry(self, account: AccountId, kind: Kind, thing: str) -> Entry: ...
    def create(self, account: AccountId, kind: Kind, value: Any, author: Author) -> Entry: ...
    def replace(self, account: AccountId, old: Entry, value: Any, author: Author) -> Entry: ...
    def remove(self, account: AccountId, old: Entry, author: Author) -> None: ...


@dataclass(frozen=True, slots=True)
class Registrar:
    """Creates, changes and deletes declared things.

    `checks` and `finishes`, by a kind's name, are other rooms' knowledge of their things.
    """

    store: Store
    parse: Parse
    clock: Clock
    new_id: NewId
    random_bits: RandomBits
    checks: Mapping[str, Check] = field(default_factory=dict)
    finishes: Mapping[str, Finish] = field(default_factory=dict)

    def create(self, account: AccountId, kind: Kind, body: Any, who: str) -> Declared:
        """Declare a thing. Raises Refused for its content, Conflict `exists`."""
        value = with_secrets_of(None, self._completed(self.parse(kind, body)))
        if kind is not ACCOUNT:
            check_references(self.store.snapshot(account), value)
        done = self._finished(kind, value, None)
        entry = self.store.create(account, kind, done.value, self._author(who))
        return Declared(entry, done.shown)

    def change(
        self,
        account: AccountId,
        kind: Kind,
        thing: str,
        body: Any,
        who: str,
        version: int | None = None,
    ) -> Declared:
        """Merge a patch (RFC 7396) into a thing; secrets given as fingerprints stay.

        Raises NotFound, Refused for the content, and Conflict `stale_version` unless the thing
        still has the version that the caller read.
        """
        old = self._read(account, kind, thing, version)
        if not isinstance(body, Mapping):
            raise Refused("bad_field", "a patch is a JSON object")
        said = merged(declarable(kind.model, outside(old.value)), body)
        value = self._kept(old.value, self.parse(kind, said))
        if getattr(value, kind.key) != old.id:
            raise Refused("bad_field", f"{kind.key} cannot be changed", field=kind.key)
        if value == old.value:
            return Declared(old)
        check_references(self.store.snapshot(account), value)
        done = self._finished(kind, value, old.value)
        entry = self.store.replace(account, old, done.value, self._author(who))
        return Declared(entry, done.shown)

    def rename(
        self, account: AccountId, event: str, name: Any, who: str, version: int | None = None
    ) -> Entry:
        """Give an event another name from now on; it keeps the history of its names."""
        old = self._read(account, EVENT, event, version)
        parsed: EventDefinition = self.parse(EVENT, {EVENT.key: name})
        check_unused(self.store.snapshot(account), EVENT, event)
        value = renamed(old.value, parsed.api_name, self.clock())
        return self.store.replace(account, old, value, self._author(who))

    def removable(
        self, account: AccountId, kind: Kind, thing: str, version: int | None = None
    ) -> Entry:
        """A thing that may go. Raises NotFound, Conflict `in_use`, `stale_version`."""
        old = self._read(account, kind, thing, version)
        check_unused(self.store.snapshot(account), kind, thing)
        return old

    def remove(self, account: AccountId, old: Entry, who: str) -> None:
        """Delete a thing as it was read. Raises Conflict `stale_version`."""
        self.store.remove(account, old, self._author(who))

    def _read(self, account: AccountId, kind: Kind, thing: str, version: int | None) -> Entry:
        old = self.store.entry(account, kind, thing)
        if version is not None and version != old.version:
            raise Conflict("stale_version", f"it has version {old.version}, not {version}")
        return old

    def _finished(self, kind: Kind, value: Any, before: Any) -> Finished:
        if kind is CAMPAIGN and value.landing_url and not value.hosts:
            raise Refused("bad_field", "hosts: list every host a click may land on", field="hosts")
        if kind.name in self.checks:
            self.checks[kind.name](value)
        if kind.name in self.finishes:
            return self.finishes[kind.name](value, before)
        return Finished(value)

    def _completed(self, value: Any) -> Any:
        if isinstance(value, Account):
            key = value.site_key or mint_site_key(self.random_bits)
            return with_all_windows(replace(value, site_key=key))
        if isinstance(value, EventDefinition):
            since = value.created_at or self.clock()
            return replace(value, created_at=since, names=(NameSpan(value.api_name, since),))
        return value

    def _kept(self, old: Any, new: Any) -> Any:
        """What a patch cannot say stays; rules that changed get the next version."""
        new = with_secrets_of(old, new)
        if isinstance(new, EventDefinition):
            return replace(new, names=names_since(old, new.created_at))
        if isinstance(new, Account):
            new = with_all_windows(new)
            same = replace(new.rules, version=old.rules.version)
            if same == old.rules:
                return replace(new, rules=same)
            return replace(new, rules=replace(new.rules, version=old.rules.version + 1))
        return new

    def _author(self, who: str) -> Author:
        return Author(who, self.clock(), self.new_id("aud"))


def merged(old: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7396: null takes a member away, objects merge, anything else replaces."""
    result = dict(old)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            inner = result.get(name)
            result[name] = merged(inner if isinstance(inner, Mapping) else {}, value)
        else:
            result[name] = value
    return result


def renamed(event: EventDefinition, name: EventName, at: int) -> EventDefinition:
    """The event under another name from `at` on; the old one ends there."""
    spans = event.names or (NameSpan(event.api_name, event.created_at),)
    past = tuple(replace(span, to_at=at) if span.to_at is None else span for span in spans)
    return replace(event, api_name=name, names=(*past, NameSpan(name, at)))


def names_since(event: EventDefinition, created_at: int) -> tuple[NameSpan, ...]:
    """The event's names, the first of them valid from `created_at`."""
    if not event.names:
        return (NameSpan(event.api_name, created_at),)
    first, *later = event.names
    return (replace(first, from_at=created_at), *later)


def with_all_windows(account: Account) -> Account:
    """Windows that are not stated are the default ones, written down as they are today."""
    rules = replace(account.rules, windows={**DEFAULT_WINDOWS, **account.rules.windows})
    return replace(account, rules=rules)


def with_secrets_of(old: Any, new: Any) -> Any:
    """Fingerprints in the new value stand for the old one's secrets (None: there is none).

    Raises Refused `bad_field` for a fingerprint of no secret that is there.
    """
    for name, field_name in (("secrets", "value"), ("signing_keys", "secret")):
        if hasattr(new, name):
            there = getattr(old, name, ())
            known = {fingerprint(getattr(one, field_name)): one for one in there}
            kept = tuple(_resolved(one, field_name, known) for one in getattr(new, name))
            new = replace(new, **{name: kept})
    if isinstance(new, Endpoint):
        there = {} if old is None else old.options
        options = {
            name: _option(name, text, there.get(name, "")) for name, text in new.options.items()
        }
        return replace(new, options=options)
    return new


def _option(name: str, new: str, old: str) -> str:
    """A secret option that has the fingerprint of the old one stays as it was written down."""
    if name not in SECRET_OPTIONS:
        return new
    if old and fingerprint(old) == fingerprint(new):
        return old
    if new.startswith(("sha256:", "sealed:")):
        raise Refused("bad_field", f"options.{name}: no secret has this fingerprint", field=name)
    return new


def _resolved(one: Any, field_name: str, known: Mapping[str, Any]) -> Any:
    text = getattr(one, field_name)
    if not text.startswith("sha256:"):
        same = known.get(fingerprint(text))
        return replace(one, **{field_name: getattr(same, field_name)}) if same else one
    if text not in known:
        raise Refused("bad_field", "no secret has this fingerprint", field=field_name)
    return replace(one, **{field_name: getattr(known[text], field_name)})
