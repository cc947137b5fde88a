"""The registry over a table: snapshots, versioned rows, pointers and the audit trail.

Every change is one transaction: the row (if it still has the version that was read), what points
to it, and the audit entry. Nothing is ever half written.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from touchline.kernel.errors import ConditionFailed, Conflict, NotFound
from touchline.kernel.ids import AccountId, CampaignId
from touchline.kernel.values import dataclass
from touchline.platform.dynamo import (
    AllOf,
    AnyOf,
    Condition,
    Cursor,
    Equals,
    Exists,
    Item,
    Key,
    Missing,
    Table,
    TransactDelete,
    TransactPut,
    TransactWrite,
)
from touchline.registry import keys
from touchline.registry.audit import AuditEntry, Author, audit_row, without_secrets
from touchline.registry.kinds import ACCOUNT, BY_NAME, CAMPAIGN, Kind
from touchline.registry.model import Account, Registry
from touchline.registry.rows import document, value_of


@dataclass(frozen=True, slots=True)
class Entry:
    """One declared thing with the version of its row."""

    kind: Kind
    id: str
    value: Any
    version: int


@dataclass(frozen=True, slots=True)
class Entries:
    """A page of entries."""

    entries: tuple[Entry, ...]
    next: Cursor | None = None


class RegistryStore:
    """Raises StoreUnavailable as the table does."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def snapshot(self, account: AccountId) -> Registry:
        """Everything declared for an account, by one Query. Raises NotFound `not_found`."""
        found: dict[str, Any] = {name: {} for name in BY_NAME}
        pk = keys.account_pk(account)
        for row in self._table.query_all(pk, prefix=keys.DECLARED, consistent=False):
            entry = _entry(row)
            found[entry.kind.name][entry.id] = entry.value
        if not found[ACCOUNT.name]:
            raise NotFound("not_found", f"no account {account}")
        return Registry(
            account=found[ACCOUNT.name][account],
            events=found["event"],
            campaigns=found["campaign"],
            partners=found["partner"],
            endpoints=found["endpoint"],
        )

    def accounts(self) -> Iterator[AccountId]:
        """Every account's ID, in order."""
        for row in self._table.query_all("L#accounts"):
            yield AccountId(str(row["sk"]))

    def raw_retentions(self) -> Iterator[tuple[AccountId, int]]:
        """How long each account keeps raw requests, in seconds; a deleted one as it last said."""
        for account in self.accounts():
            row = self._table.get(keys.account_key(account), consistent=False)
            if row is not None:
                yield account, _entry(row).value.raw_retention_seconds
        for row in self._table.query_all("L#former"):
            yield AccountId(str(row["sk"])), int(str(row["raw_retention_seconds"]))

    def account_of_campaign(self, campaign: CampaignId) -> AccountId | None:
        """Whose campaign it is."""
        return self._pointed(keys.campaign_pointer_key(campaign))

    def account_of_site(self, site_key: str) -> AccountId | None:
        """Whose site key it is."""
        return self._pointed(keys.site_pointer_key(site_key))

    def entry(self, account: AccountId, kind: Kind, thing: str) -> Entry:
        """One thing as it is now. Raises NotFound `not_found`."""
        row = self._table.get(_key(account, kind, thing))
        if row is None:
            raise NotFound("not_found", f"no {kind.name} {thing}")
        return _entry(row)

    def entries(
        self, account: AccountId, kind: Kind, *, limit: int = 100, start: Cursor | None = None
    ) -> Entries:
        """One page of an account's things of a kind, in order of their IDs."""
        page = self._table.query(
            keys.account_pk(account),
            prefix=keys.kind_prefix(kind.name),
            limit=limit,
            start=start,
        )
        return Entries(tuple(_entry(row) for row in page.items), page.next)

    def create(self, account: AccountId, kind: Kind, value: Any, author: Author) -> Entry:
        """Declare a thing. Raises Conflict `exists` when it is there (or its pointer is taken)."""
        made = Entry(kind, getattr(value, kind.key), value, 1)
        writes: list[TransactWrite] = [
            TransactPut(_row(account, made), Missing("pk")),
            *self._pointers(account, kind, None, value),
            *_remembered(account, kind, None),
            _audited(account, author, "create", made, None, value),
        ]
        try:
            self._table.transact(writes)
        except ConditionFailed as failed:
            raise Conflict("exists", f"{kind.name} {made.id} (or its key) is taken") from failed
        return made

    def replace(self, account: AccountId, old: Entry, value: Any, author: Author) -> Entry:
        """Change a thing that was read as `old`; a new ID renames it.

        Raises Conflict `stale_version` when it changed meanwhile, `exists` when the new ID or a
        key of it is taken.
        """
        new = Entry(old.kind, getattr(value, old.kind.key), value, old.version + 1)
        renamed = new.id != old.id
        writes: list[TransactWrite] = [
            TransactPut(_row(account, new), Missing("pk") if renamed else _is(old.version)),
            *self._pointers(account, old.kind, old.value, value),
            _audited(account, author, "rename" if renamed else "update", old, old.value, value),
        ]
        if renamed:
            old_key = _key(account, old.kind, old.id)
            writes.append(TransactDelete(old_key, _is(old.version)))
        self._change(account, old, writes)
        return new

    def remove(self, account: AccountId, old: Entry, author: Author) -> None:
        """Delete a thing that was read as `old`. Raises Conflict `stale_version`."""
        writes = [
            TransactDelete(_key(account, old.kind, old.id), _is(old.version)),
            *self._pointers(account, old.kind, old.value, None),
            *_remembered(account, old.kind, old.value),
            _audited(account, author, "delete", old, old.value, None),
        ]
        self._change(account, old, writes)

    def add_audit(self, entry: AuditEntry) -> None:
        """Note a change that was made elsewhere (a conversion approved, a delivery resent)."""
        self._table.put(audit_row(entry))

    def audit(
        self,
        account: AccountId,
        *,
        first: int = 0,
        last: int = 9_999_999_999_999,
        limit: int = 100,
        start: Cursor | None = None,
    ) -> tuple[tuple[AuditEntry, ...], Cursor | None]:
        """The account's changes in `[first, last]` (milliseconds), newest first."""
        page = self._table.query(
            keys.account_pk(account),
            first=f"{keys.AUDIT}{first:013d}",
            last=f"{keys.AUDIT}{last:013d}~",
            descending=True,
            limit=limit,
            start=start,
        )
        return tuple(value_of(AuditEntry, _doc(row)) for row in page.items), page.next

    def _change(self, account: AccountId, old: Entry, writes: list[TransactWrite]) -> None:
        try:
            self._table.transact(writes)
        except ConditionFailed as failed:
            now = self._table.get(_key(account, old.kind, old.id))
            if now is not None and now["version"] == old.version:
                raise Conflict("exists", "the new name or key is taken") from failed
            raise Conflict("stale_version", f"{old.kind.name} {old.id}") from failed

    def _pointed(self, key: Key) -> AccountId | None:
        row = self._table.get(key, consistent=False)
        return None if row is None else AccountId(str(row["account"]))

    def _pointers(
        self, account: AccountId, kind: Kind, before: Any, after: Any
    ) -> list[TransactWrite]:
        """What leads to the thing from elsewhere: moved along with it, in the same transaction."""
        old, new = _pointer_keys(kind, before), _pointer_keys(kind, after)
        mine = AnyOf(Missing("pk"), Equals("account", account))
        writes: list[TransactWrite] = [
            TransactPut({"pk": key.pk, "sk": key.sk, "account": account}, mine)
            for key in sorted(new - old)
        ]
        writes += [TransactDelete(key, mine) for key in sorted(old - new)]
        return writes


def _pointer_keys(kind: Kind, value: Any) -> set[Key]:
    if value is None:
        return set()
    if kind is CAMPAIGN:
        return {keys.campaign_pointer_key(value.id)}
    if isinstance(value, Account):
        listed = {keys.listed_account_key(value.id)}
        return listed | ({keys.site_pointer_key(value.site_key)} if value.site_key else set())
    return set()


def _remembered(account: AccountId, kind: Kind, deleted: Any) -> list[TransactWrite]:
    """What is left of a deleted account (None: one that is declared): how long its data stays."""
    if kind is not ACCOUNT:
        return []
    key = keys.former_account_key(account)
    if deleted is None:
        return [TransactDelete(key)]
    kept = {"raw_retention_seconds": deleted.raw_retention_seconds}
    return [TransactPut({"pk": key.pk, "sk": key.sk, **kept})]


def _key(account: AccountId, kind: Kind, thing: str) -> Key:
    if kind is ACCOUNT:
        return keys.account_key(account)
    return keys.thing_key(account, kind.name, thing)


def _is(version: int) -> Condition:
    return AllOf(Exists("pk"), Equals("version", version))


def _row(account: AccountId, entry: Entry) -> Item:
    key = _key(account, entry.kind, entry.id)
    return {
        "pk": key.pk,
        "sk": key.sk,
        "kind": entry.kind.name,
        "version": entry.version,
        "doc": document(entry.value),
    }


def _entry(row: Item) -> Entry:
    kind = BY_NAME[str(row["kind"])]
    value = value_of(kind.model, _doc(row))
    return Entry(kind, getattr(value, kind.key), value, int(str(row["version"])))


def _doc(row: Item) -> Mapping[str, Any]:
    doc: Any = row["doc"]
    return doc  # type: ignore[no-any-return]


def _audited(
    account: AccountId, author: Author, action: str, entry: Entry, before: Any, after: Any
) -> TransactPut:
    return TransactPut(
        audit_row(
            AuditEntry(
                id=author.entry,
                account=account,
                at=author.at,
                who=author.who,
                action=action,
                kind=entry.kind.name,
                thing=entry.id,
                before=None if before is None else without_secrets(document(before)),
                after=None if after is None else without_secrets(document(after)),
            )
        )
    )
