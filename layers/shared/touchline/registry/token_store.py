"""Tokens over the registry table: one row under the token's hash, which is the truth about it, and
one pointer in the account's partition, so that an account's tokens can be listed."""

from dataclasses import replace
from typing import Any

from touchline.kernel.errors import ConditionFailed, Conflict, NotFound
from touchline.kernel.ids import AccountId, TokenId
from touchline.platform.dynamo import (
    AllOf,
    AtLeast,
    Equals,
    Exists,
    Item,
    Missing,
    Not,
    Set,
    Table,
    TransactPut,
)
from touchline.registry import keys
from touchline.registry.audit import AuditEntry, Author, audit_row
from touchline.registry.model import Token
from touchline.registry.rows import document, value_of
from touchline.registry.tokens import revoked


class TokenStore:
    """Raises StoreUnavailable as the table does."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, token: Token, author: Author) -> None:
        """Store a fresh token. Raises Conflict `exists`, should 160 random bits repeat."""
        pointer = keys.token_pointer_key(token.account, token.id)
        try:
            self._table.transact(
                [
                    TransactPut(_row(token, 1), Missing("pk")),
                    TransactPut(
                        {"pk": pointer.pk, "sk": pointer.sk, "hash": token.hash}, Missing("pk")
                    ),
                    _audited(token, author, "issue", None),
                ]
            )
        except ConditionFailed as failed:
            raise Conflict("exists", f"token {token.id}") from failed

    def by_hash(self, token_hash: str) -> Token | None:
        """The token with this hash, valid or not; one read."""
        row = self._table.get(keys.token_key(token_hash), consistent=False)
        return None if row is None else _token(row)

    def of_account(self, account: AccountId) -> list[Token]:
        """Every token of the account, revoked ones too, oldest first."""
        rows = self._table.query_all(keys.account_pk(account), prefix=keys.TOKENS)
        found = self._table.batch_get([keys.token_key(str(row["hash"])) for row in rows])
        return sorted((_token(row) for row in found), key=lambda token: token.id)

    def one(self, account: AccountId, token: TokenId) -> Token:
        """One token of the account. Raises NotFound `not_found`."""
        found = self._row(account, token)
        return _token(found)

    def revoke(
        self, account: AccountId, token: TokenId, author: Author, *, at: int | None = None
    ) -> Token:
        """Let the token end at `at` (now when None; later for a rotation's overlap).

        Raises NotFound `not_found`, Conflict `stale_version`.
        """
        row = self._row(account, token)
        version = int(str(row["version"]))
        ended = revoked(_token(row), author.at if at is None else at)
        try:
            self._table.transact(
                [
                    TransactPut(_row(ended, version + 1), Equals("version", version)),
                    _audited(ended, author, "revoke", _token(row)),
                ]
            )
        except ConditionFailed as failed:
            raise Conflict("stale_version", f"token {token}") from failed
        return ended

    def used(self, token: Token, at: int, *, every_ms: int) -> None:
        """Note that the token was used, unless somebody did within `every_ms`."""
        condition = AllOf(Exists("pk"), Not(AtLeast("last_used_at", at - every_ms)))
        try:
            self._table.update(
                keys.token_key(token.hash), [Set("last_used_at", at)], condition=condition
            )
        except ConditionFailed:
            return

    def _row(self, account: AccountId, token: TokenId) -> Item:
        pointer = self._table.get(keys.token_pointer_key(account, token))
        row = self._table.get(keys.token_key(str(pointer["hash"]))) if pointer else None
        if row is None:
            raise NotFound("not_found", f"no token {token}")
        return row


def _row(token: Token, version: int) -> Item:
    key = keys.token_key(token.hash)
    row: dict[str, Any] = {
        "pk": key.pk,
        "sk": key.sk,
        "kind": "token",
        "version": version,
        "doc": document(replace(token, last_used_at=None)),
    }
    if token.last_used_at is not None:
        row["last_used_at"] = token.last_used_at
    return row


def _token(row: Item) -> Token:
    doc: Any = row["doc"]
    used: Any = row.get("last_used_at")
    return replace(value_of(Token, doc), last_used_at=used)


def _audited(token: Token, author: Author, action: str, before: Token | None) -> TransactPut:
    return TransactPut(
        audit_row(
            AuditEntry(
                id=author.entry,
                account=token.account,
                at=author.at,
                who=author.who,
                action=action,
                kind="token",
                thing=token.id,
                before=None if before is None else document(before),
                after=document(token),
            )
        )
    )
