"""The port that stores are built on. Every method may raise `kernel.errors.StoreUnavailable`
(throttled, down, timed out: worth trying again later) or `StoreRefused` (the request itself is
wrong: an item over 400 KB, an empty key). Neither says whether the write was applied."""

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeAlias

from touchline.kernel.values import dataclass
from touchline.platform.dynamo.changes import Change
from touchline.platform.dynamo.conditions import Condition
from touchline.platform.dynamo.values import Cursor, Item, Key


@dataclass(frozen=True, slots=True)
class Page:
    """Some items in order, and where to go on (None: that was the end)."""

    items: tuple[Item, ...]
    next: Cursor | None = None


@dataclass(frozen=True, slots=True)
class TransactPut:
    """Put the item, if the condition holds for the one that is there."""

    item: Item
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class TransactUpdate:
    """Change the item, if the condition holds."""

    key: Key
    changes: Sequence[Change]
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class TransactDelete:
    """Delete the item, if the condition holds."""

    key: Key
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class TransactCheck:
    """Change nothing, but let the transaction fail unless the condition holds."""

    key: Key
    condition: Condition


TransactWrite: TypeAlias = TransactPut | TransactUpdate | TransactDelete | TransactCheck


class Table(Protocol):
    """One DynamoDB table with the string keys `pk` and `sk`."""

    def get(self, key: Key, *, consistent: bool = True) -> Item | None:
        """The item, or None."""
        ...

    def put(self, item: Item, *, condition: Condition | None = None) -> None:
        """Write the whole item. Raises `ConditionFailed(existing)` with the item that was there."""
        ...

    def update(
        self, key: Key, changes: Sequence[Change], *, condition: Condition | None = None
    ) -> Item:
        """Change the item (made if missing) and return it whole as it is after the change.

        Raises `ConditionFailed(existing)`.
        """
        ...

    def delete(self, key: Key, *, condition: Condition | None = None) -> Item | None:
        """Delete the item and return it; None if there was none.

        Raises `ConditionFailed(existing)`.
        """
        ...

    def query(  # noqa: PLR0913 - what DynamoDB's Query has, and no more
        self,
        pk: str,
        *,
        index: str | None = None,
        prefix: str = "",
        first: str = "",
        last: str = "",
        descending: bool = False,
        limit: int | None = None,
        start: Cursor | None = None,
        consistent: bool = True,
    ) -> Page:
        """One page of a partition (of the table, or of an index), in order of the sort key.

        `prefix` or the inclusive bounds `first` and `last` narrow the sort key (not both:
        ValueError). An index is read eventually consistent, whatever `consistent` says.
        """
        ...

    def query_all(
        self,
        pk: str,
        *,
        index: str | None = None,
        prefix: str = "",
        first: str = "",
        last: str = "",
        descending: bool = False,
        consistent: bool = True,
    ) -> Iterator[Item]:
        """Every item of `query`, page after page."""
        ...

    def batch_get(self, keys: Sequence[Key]) -> list[Item]:
        """The items that exist, in the order of the keys, each once; any number of keys."""
        ...

    def batch_write(self, puts: Sequence[Item] = (), deletes: Sequence[Key] = ()) -> None:
        """Write any number of items without conditions, in no order, not all-or-nothing.

        What DynamoDB leaves unprocessed is tried again; if some stays so, `StoreUnavailable`.
        Two puts of one key: the last one counts. A put and a delete of one key: `StoreRefused`.
        """
        ...

    def scan(
        self,
        *,
        segment: int,
        segments: int,
        start: Cursor | None = None,
        fields: Sequence[str] = (),
    ) -> Page:
        """One page of one of the table's segments; `fields` names the attributes to bring."""
        ...

    def transact(self, writes: Sequence[TransactWrite]) -> None:
        """All of the writes (at most 100, each to another item) or none.

        Raises `ConditionFailed(existing)` for the first write whose condition failed.
        """
        ...
