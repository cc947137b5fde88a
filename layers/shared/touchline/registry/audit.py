"""The audit trail: who changed what, when, from what to what."""

from collections.abc import Mapping
from typing import Any

from touchline.kernel.ids import AccountId
from touchline.kernel.values import dataclass
from touchline.platform.dynamo import Item
from touchline.registry import keys
from touchline.registry.model import SECRET_OPTIONS
from touchline.registry.rows import document


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change. `before` and `after` are documents without secrets; None: was not, is no more."""

    id: str
    account: AccountId
    at: int
    who: str  # the token's ID and name, or the place that changed it
    action: str  # create | update | delete | rename | issue | revoke
    kind: str
    thing: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something, when, and under which audit ID."""

    who: str
    at: int
    entry: str


SECRET_FIELDS = frozenset({"value", "secret"}) | SECRET_OPTIONS
"""Fields of secrets, signing keys and options whose text never leaves the registry."""


def without_secrets(said: Any) -> Any:
    """The document with every secret's text replaced."""
    if isinstance(said, Mapping):
        return {
            name: "[hidden]"
            if name in SECRET_FIELDS and isinstance(inner, str)
            else without_secrets(inner)
            for name, inner in said.items()
        }
    if isinstance(said, list | tuple):
        return [without_secrets(inner) for inner in said]
    return said


def audit_row(entry: AuditEntry) -> Item:
    """The row of an entry."""
    key = keys.audit_key(entry.account, entry.at, entry.id)
    return {"pk": key.pk, "sk": key.sk, "kind": "audit", "doc": document(entry)}
