"""A table in memory that behaves as DynamoDB does: it passes tests/contract/test_table.py.

`fail(...)` injects faults, before the work (throttled) or after it (the answer was lost).
"""

import copy
import json
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.memory_writes import (
    PARTITION_KEY_BYTES,
    SORT_KEY_BYTES,
    changed,
    holds,
    path_error,
    put_error,
)
from touchline.kernel.errors import ConditionFailed, ItemTooLarge, StoreRefused
from touchline.platform.dynamo import (
    Change,
    Condition,
    Cursor,
    Item,
    Key,
    Page,
    TransactCheck,
    TransactDelete,
    TransactPut,
    TransactUpdate,
    TransactWrite,
    Value,
)
from touchline.platform.dynamo.indexes import INDEXES

Row = dict[str, Any]
Answer = TypeVar("Answer")
PAGE_BYTES = 1024 * 1024


@dataclass(slots=True)
class _Fault:
    operation: str
    error: Callable[[], Exception]
    times: int
    applied: bool


class MemoryTable:
    """Thread-safe; hands out deep copies. `page_items` makes pages short, to test the seams."""

    def __init__(self, *, page_items: int | None = None) -> None:
        self._rows: dict[Key, Row] = {}
        self._sorts: dict[str, set[str]] = {}  # by partition; some may be deleted
        self._lock = threading.RLock()
        self._faults: list[_Fault] = []
        self._page_items = page_items
        self.calls: list[str] = []

    def fail(
        self,
        operation: str,
        error: Callable[[], Exception],
        *,
        times: int = 1,
        applied: bool = False,
    ) -> None:
        """Let the next `times` calls of `operation` raise, done nonetheless when `applied`."""
        self._faults.append(_Fault(operation, error, times, applied))

    def mend(self) -> None:
        """No call raises any more."""
        self._faults.clear()

    def items(self) -> list[Item]:
        """Everything there is, in order of the keys, for assertions."""
        with self._lock:
            return [copy.deepcopy(self._rows[key]) for key in sorted(self._rows)]

    def get(self, key: Key, *, consistent: bool = True) -> Item | None:  # noqa: ARG002
        def work() -> Item | None:
            _check_key(key)
            return copy.deepcopy(self._rows.get(key))

        return self._call("get", work)

    def put(self, item: Item, *, condition: Condition | None = None) -> None:
        self._call("put", lambda: self._put(item, condition))

    def update(
        self, key: Key, changes: Sequence[Change], *, condition: Condition | None = None
    ) -> Item:
        return self._call("update", lambda: self._update(key, changes, condition))

    def delete(self, key: Key, *, condition: Condition | None = None) -> Item | None:
        return self._call("delete", lambda: self._delete(key, condition))

    def query(
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
        consistent: bool = True,  # noqa: ARG002
    ) -> Page:
        if prefix and (first or last):
            raise ValueError("a prefix or bounds, not both")

        def work() -> Page:
            if not pk:
                raise StoreRefused("an empty partition key")
            partition, sort = ("pk", "sk") if index is None else _attributes(index)
            rows = [
                row
                for row in (self._partition(pk) if index is None else self._rows.values())
                if row.get(partition) == pk
                and sort in row
                and _within(row[sort], prefix, first, last)
            ]
            order = _order_by(sort)
            rows.sort(key=order, reverse=descending)
            if start is not None:
                at = order(json.loads(start))
                rows = [row for row in rows if (order(row) < at if descending else order(row) > at)]
            return self._page(rows, {partition, sort, "pk", "sk"}, limit, ())

        return self._call("query", work)

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
        start: Cursor | None = None
        while True:
            page = self.query(
                pk,
                index=index,
                prefix=prefix,
                first=first,
                last=last,
                descending=descending,
                start=start,
                consistent=consistent,
            )
            yield from page.items
            if page.next is None:
                return
            start = page.next

    def batch_get(self, keys: Sequence[Key]) -> list[Item]:
        def work() -> list[Item]:
            for key in keys:
                _check_key(key)
            return [
                copy.deepcopy(self._rows[key]) for key in dict.fromkeys(keys) if key in self._rows
            ]

        return self._call("batch_get", work)

    def batch_write(self, puts: Sequence[Item] = (), deletes: Sequence[Key] = ()) -> None:
        def work() -> None:
            if {_key_of(item) for item in puts} & set(deletes):
                raise StoreRefused("a put and a delete of one key")
            for item in puts:
                self._put(item, None)
            for key in deletes:
                self._delete(key, None)

        self._call("batch_write", work)

    def scan(
        self,
        *,
        segment: int,
        segments: int,
        start: Cursor | None = None,
        fields: Sequence[str] = (),
    ) -> Page:
        def work() -> Page:
            rows = [
                self._rows[key]
                for key in sorted(self._rows)
                if zlib.crc32(key.pk.encode()) % segments == segment
            ]
            if start is not None:
                last = json.loads(start)
                rows = [row for row in rows if (row["pk"], row["sk"]) > (last["pk"], last["sk"])]
            return self._page(rows, {"pk", "sk"}, None, fields)

        return self._call("scan", work)

    def transact(self, writes: Sequence[TransactWrite]) -> None:
        def work() -> None:
            keys = [_key_of(w.item) if isinstance(w, TransactPut) else w.key for w in writes]
            if not 1 <= len(writes) <= 100 or len(set(keys)) != len(keys):
                raise StoreRefused("a transaction has 1 to 100 writes, each to another item")
            for write, key in zip(writes, keys, strict=True):
                self._check(key, write.condition)
            before = dict(self._rows)
            try:
                for write in writes:
                    self._apply(write)
            except Exception:
                self._rows = before
                raise

        self._call("transact", work)

    def _apply(self, write: TransactWrite) -> None:
        match write:
            case TransactPut(item):
                self._put(item, None)
            case TransactUpdate(key, changes):
                self._update(key, changes, None)
            case TransactDelete(key):
                self._delete(key, None)
            case TransactCheck():
                pass

    def _partition(self, pk: str) -> Iterator[Row]:
        keys = (Key(pk, sk) for sk in self._sorts.get(pk, ()))
        return (self._rows[key] for key in keys if key in self._rows)

    def _keep(self, key: Key, row: Row) -> None:
        self._rows[key] = row
        self._sorts.setdefault(key.pk, set()).add(key.sk)

    def _put(self, item: Item, condition: Condition | None) -> None:
        key = _key_of(item)
        _check_key(key)
        if error := put_error(item):
            raise _refused(error)
        self._check(key, condition)
        self._keep(key, _plain_row(item))

    def _update(self, key: Key, changes: Sequence[Change], condition: Condition | None) -> Item:
        _check_key(key)
        self._check(key, condition)
        found = self._rows.get(key, {"pk": key.pk, "sk": key.sk})
        if error := path_error(found, changes):
            raise StoreRefused(error)
        row = changed(copy.deepcopy(found), changes)
        if error := put_error(row):
            raise _refused(error)
        self._keep(key, _plain_row(row))
        return copy.deepcopy(self._rows[key])

    def _delete(self, key: Key, condition: Condition | None) -> Item | None:
        _check_key(key)
        self._check(key, condition)
        return self._rows.pop(key, None)

    def _check(self, key: Key, condition: Condition | None) -> None:
        existing = self._rows.get(key)
        if condition is not None and not holds(condition, existing or {}):
            raise ConditionFailed(copy.deepcopy(existing))

    def _page(
        self, rows: list[Row], keys: set[str], limit: int | None, fields: Sequence[str]
    ) -> Page:
        most = min(n for n in (limit, self._page_items, len(rows)) if n is not None)
        size = count = 0
        while count < most and size < PAGE_BYTES:
            size += len(repr(rows[count]))
            count += 1
        more = count < len(rows) or (limit is not None and count == limit and count > 0)
        following = (
            Cursor(json.dumps({name: rows[count - 1][name] for name in sorted(keys)}))
            if more
            else None
        )
        shown = rows[:count]
        if fields:
            shown = [{name: row[name] for name in fields if name in row} for row in shown]
        return Page(tuple(copy.deepcopy(shown)), following)

    def _call(self, operation: str, work: Callable[[], Answer]) -> Answer:
        with self._lock:
            self.calls.append(operation)
            fault = next((f for f in self._faults if f.operation == operation and f.times), None)
            if fault is None:
                return work()
            fault.times -= 1
            if fault.applied:
                work()
            raise fault.error()


def _refused(error: str) -> StoreRefused:
    return ItemTooLarge(error) if error.startswith("an item of") else StoreRefused(error)


def _key_of(item: Item) -> Key:
    pk, sk = item.get("pk"), item.get("sk")
    if not isinstance(pk, str) or not isinstance(sk, str):
        raise StoreRefused("pk and sk must be strings")
    return Key(pk, sk)


def _check_key(key: Key) -> None:
    if not key.pk or not key.sk:
        raise StoreRefused("an empty key")
    if len(key.pk.encode()) > PARTITION_KEY_BYTES or len(key.sk.encode()) > SORT_KEY_BYTES:
        raise StoreRefused("a key of too many bytes")


def _attributes(index: str) -> tuple[str, str]:
    if index not in INDEXES:
        raise StoreRefused(f"no index {index}")
    return INDEXES[index].partition, INDEXES[index].sort


def _within(sort: str, prefix: str, first: str, last: str) -> bool:
    raw = sort.encode()
    return (
        raw.startswith(prefix.encode())
        and raw >= first.encode()
        and (not last or raw <= last.encode())
    )


def _order_by(sort: str) -> Callable[[Mapping[str, Any]], tuple[bytes, bytes, bytes]]:
    def order(row: Mapping[str, Any]) -> tuple[bytes, bytes, bytes]:
        return row[sort].encode(), row["pk"].encode(), row["sk"].encode()

    return order


def _plain_row(item: Item) -> Row:
    return {name: _plain(value) for name, value in item.items()}


def _plain(value: Value) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
