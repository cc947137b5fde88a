"""The table port over DynamoDB's own operations, whatever carries them."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from touchline.kernel.clock import Sleep
from touchline.kernel.errors import ConditionFailed, StoreRefused, StoreUnavailable
from touchline.platform.dynamo.changes import Change
from touchline.platform.dynamo.codec import decode_item, encode_item
from touchline.platform.dynamo.conditions import Condition
from touchline.platform.dynamo.expressions import Expressions
from touchline.platform.dynamo.indexes import INDEXES
from touchline.platform.dynamo.port import (
    Page,
    TransactCheck,
    TransactDelete,
    TransactPut,
    TransactUpdate,
    TransactWrite,
)
from touchline.platform.dynamo.transport import Transport
from touchline.platform.dynamo.values import Cursor, Item, Key
from touchline.platform.patience import Patience

GET_BATCH = 100
WRITE_BATCH = 25
_OLD_ON_FAILURE = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


class DynamoTable:
    """One table. Thread-safe when its transport is."""

    def __init__(self, transport: Transport, name: str, patience: Patience, sleep: Sleep) -> None:
        self._transport = transport
        self._name = name
        self._patience = patience
        self._sleep = sleep

    def get(self, key: Key, *, consistent: bool = True) -> Item | None:
        """See the port."""
        request = {"Key": self._key(key), "ConsistentRead": consistent}
        return self._item(self._call("GetItem", request).get("Item"))

    def put(self, item: Item, *, condition: Condition | None = None) -> None:
        """See the port."""
        request = {"Item": self._whole(item), **self._conditioned(condition)}
        self._call("PutItem", request)

    def update(
        self, key: Key, changes: Sequence[Change], *, condition: Condition | None = None
    ) -> Item:
        """See the port."""
        request = {"ReturnValues": "ALL_NEW", **self._update(key, changes, condition)}
        return self._item(self._call("UpdateItem", request)["Attributes"]) or {}

    def delete(self, key: Key, *, condition: Condition | None = None) -> Item | None:
        """See the port."""
        request = {"Key": self._key(key), "ReturnValues": "ALL_OLD"}
        answer = self._call("DeleteItem", {**request, **self._conditioned(condition)})
        return self._item(answer.get("Attributes"))

    def query(  # noqa: PLR0913 - the port's
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
        """See the port."""
        if not pk:
            raise StoreRefused("an empty partition key")
        partition, sort = "pk", "sk"
        request: dict[str, Any] = {"ScanIndexForward": not descending}
        if index is None:
            request["ConsistentRead"] = consistent
        else:
            partition, sort = INDEXES[index].partition, INDEXES[index].sort
            request["IndexName"] = index
        if limit is not None:
            request["Limit"] = limit
        said = Expressions(self._transport.pack)
        key_is = f"{said.name(partition)} = {said.value(pk)}"
        request["KeyConditionExpression"] = key_is + _narrowed(said, sort, prefix, first, last)
        return self._page("Query", {**request, **said.placeholders()}, start)

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
        """See the port."""
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
        """See the port."""
        wanted = list(dict.fromkeys(keys))
        found: dict[Key, Item] = {}
        for at in range(0, len(wanted), GET_BATCH):
            left = [self._key(key) for key in wanted[at : at + GET_BATCH]]
            for row in self._batch("BatchGetItem", left, self._get_some):
                found[Key(str(row["pk"]), str(row["sk"]))] = row
        return [found[key] for key in wanted if key in found]

    def batch_write(self, puts: Sequence[Item] = (), deletes: Sequence[Key] = ()) -> None:
        """See the port."""
        last_puts = {(item.get("pk"), item.get("sk")): item for item in puts}
        if last_puts.keys() & set(deletes):
            raise StoreRefused("a put and a delete of one key")
        writes: list[Any] = [
            {"PutRequest": {"Item": self._whole(item)}} for item in last_puts.values()
        ]
        writes += [{"DeleteRequest": {"Key": self._key(key)}} for key in dict.fromkeys(deletes)]
        for at in range(0, len(writes), WRITE_BATCH):
            self._batch("BatchWriteItem", writes[at : at + WRITE_BATCH], self._write_some)

    def scan(
        self,
        *,
        segment: int,
        segments: int,
        start: Cursor | None = None,
        fields: Sequence[str] = (),
    ) -> Page:
        """See the port."""
        request: dict[str, Any] = {"Segment": segment, "TotalSegments": segments}
        if fields:
            said = Expressions(self._transport.pack)
            request["ProjectionExpression"] = ", ".join(said.name(field) for field in fields)
            request |= said.placeholders()
        return self._page("Scan", request, start)

    def transact(self, writes: Sequence[TransactWrite]) -> None:
        """See the port."""
        request = {
            "TransactItems": [self._transact(write) for write in writes],
            # a retry of the call is the same transaction, a second call is another
            "ClientRequestToken": secrets.token_hex(16),
        }
        self._call("TransactWriteItems", request, named=False)

    def _transact(self, write: TransactWrite) -> dict[str, Any]:
        match write:
            case TransactPut(item, condition):
                said = {"Item": self._whole(item), **self._conditioned(condition)}
                return {"Put": {"TableName": self._name, **said}}
            case TransactUpdate(key, changes, condition):
                said = self._update(key, changes, condition)
                return {"Update": {"TableName": self._name, **said}}
            case TransactDelete(key, condition):
                said = {"Key": self._key(key), **self._conditioned(condition)}
                return {"Delete": {"TableName": self._name, **said}}
            case TransactCheck(key, condition):
                said = {"Key": self._key(key), **self._conditioned(condition)}
                return {"ConditionCheck": {"TableName": self._name, **said}}

    def _update(
        self, key: Key, changes: Sequence[Change], condition: Condition | None
    ) -> dict[str, Any]:
        said = Expressions(self._transport.pack)
        request: dict[str, Any] = {
            "Key": self._key(key),
            "UpdateExpression": said.changes(changes),
        }
        if condition is not None:
            request |= {"ConditionExpression": said.condition(condition), **_OLD_ON_FAILURE}
        return {**request, **said.placeholders()}

    def _conditioned(self, condition: Condition | None) -> dict[str, Any]:
        if condition is None:
            return {}
        said = Expressions(self._transport.pack)
        text = said.condition(condition)
        return {"ConditionExpression": text, **_OLD_ON_FAILURE, **said.placeholders()}

    def _page(self, operation: str, request: dict[str, Any], start: Cursor | None) -> Page:
        if start is not None:
            last: dict[str, str] = json.loads(start)
            request["ExclusiveStartKey"] = {name: {"S": value} for name, value in last.items()}
        answer = self._call(operation, request)
        unpack = self._transport.unpack
        items = tuple(decode_item(item, unpack) for item in answer.get("Items", ()))
        reached = answer.get("LastEvaluatedKey")
        if not reached:
            return Page(items)
        return Page(
            items, Cursor(json.dumps({name: value["S"] for name, value in reached.items()}))
        )

    def _batch(self, operation: str, left: list[Any], attempt: Any) -> list[Item]:
        """Repeat until nothing is left unprocessed, else StoreUnavailable (B4)."""
        done: list[Item] = []
        for tried in range(1, self._patience.attempts + 1):
            rows, left = attempt(left)
            done += rows
            if not left:
                return done
            self._sleep(self._patience.pause(tried, secrets.randbelow(1000) / 1000))
        raise StoreUnavailable(f"{operation} left {len(left)} unprocessed")

    def _get_some(self, keys: list[Any]) -> tuple[list[Item], list[Any]]:
        request = {"RequestItems": {self._name: {"Keys": keys, "ConsistentRead": True}}}
        answer = self._call("BatchGetItem", request, named=False)
        rows: list[Item] = [
            decode_item(row, self._transport.unpack)
            for row in answer.get("Responses", {}).get(self._name, ())
        ]
        return rows, answer.get("UnprocessedKeys", {}).get(self._name, {}).get("Keys", [])

    def _write_some(self, writes: list[Any]) -> tuple[list[Item], list[Any]]:
        answer = self._call("BatchWriteItem", {"RequestItems": {self._name: writes}}, named=False)
        return [], answer.get("UnprocessedItems", {}).get(self._name, [])

    def _call(
        self, operation: str, request: Mapping[str, Any], *, named: bool = True
    ) -> Mapping[str, Any]:
        try:
            return self._transport.call(
                operation, {"TableName": self._name, **request} if named else request
            )
        except ConditionFailed as failed:
            raise ConditionFailed(self._item(failed.existing)) from failed

    def _item(self, packed: Mapping[str, Any] | None) -> Item | None:
        return None if packed is None else decode_item(packed, self._transport.unpack)

    def _whole(self, item: Item) -> dict[str, Any]:
        pk, sk = item.get("pk"), item.get("sk")
        if not (isinstance(pk, str) and pk and isinstance(sk, str) and sk):
            raise StoreRefused("pk and sk must be non-empty strings")
        return encode_item(item, self._transport.pack)

    def _key(self, key: Key) -> dict[str, Any]:
        if not key.pk or not key.sk:
            raise StoreRefused("an empty key")
        return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _narrowed(said: Expressions, sort: str, prefix: str, first: str, last: str) -> str:
    if prefix and (first or last):
        raise ValueError("a prefix or bounds, not both")
    if prefix:
        return f" AND begins_with({said.name(sort)}, {said.value(prefix)})"
    if first and last:
        return f" AND {said.name(sort)} BETWEEN {said.value(first)} AND {said.value(last)}"
    if first or last:
        sign = ">=" if first else "<="
        return f" AND {said.name(sort)} {sign} {said.value(first or last)}"
    return ""
