"""The table port as one would write it with boto3's resource calls: what the night is compared to.

Only what the night uses. Numbers come as Decimal and are made whole numbers, as any program must.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import boto3
from boto3.dynamodb.conditions import Key as Is

from touchline.platform.dynamo import Change, Condition, Cursor, Item, Key, Page, Remove, Set
from touchline.platform.dynamo.indexes import INDEXES


class ResourceTable:
    """One table by `boto3.resource("dynamodb")`."""

    def __init__(self, endpoint: str, name: str) -> None:
        self._resource = boto3.resource(  # noqa: TID251 - the rival that is measured
            "dynamodb",
            endpoint_url=endpoint,
            region_name="eu-west-1",
            aws_access_key_id="AKID",
            aws_secret_access_key="secret",  # noqa: S106 - of the stub
        )
        self._table = self._resource.Table(name)
        self._name = name

    def get(self, key: Key, *, consistent: bool = True) -> Item | None:
        """The item, or None."""
        found = self._table.get_item(Key=key._asdict(), ConsistentRead=consistent)
        return _plain(found["Item"]) if "Item" in found else None

    def put(self, item: Item, *, condition: Condition | None = None) -> None:  # noqa: ARG002
        """Write the item; the stub knows no conditions."""
        self._table.put_item(Item=dict(item))

    def update(
        self,
        key: Key,
        changes: Sequence[Change],
        *,
        condition: Condition | None = None,  # noqa: ARG002
    ) -> Item:
        """Change the item."""
        sets = [one for one in changes if isinstance(one, Set)]
        if not sets:
            assert all(isinstance(one, Remove) for one in changes)  # noqa: S101 - the stub's
            return {}
        answer = self._table.update_item(
            Key=key._asdict(),
            UpdateExpression="SET " + ", ".join(f"#{n} = :{n}" for n in range(len(sets))),
            ExpressionAttributeNames={f"#{n}": one.name for n, one in enumerate(sets)},
            ExpressionAttributeValues={f":{n}": one.value for n, one in enumerate(sets)},
            ReturnValues="ALL_NEW",
        )
        return _plain(answer["Attributes"])

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
        """One page."""
        partition, sort = ("pk", "sk")
        asked: dict[str, Any] = {"ScanIndexForward": not descending}
        if index is None:
            asked["ConsistentRead"] = consistent
        else:
            partition, sort = INDEXES[index].partition, INDEXES[index].sort
            asked["IndexName"] = index
        where: Any = Is(partition).eq(pk)
        if prefix:
            where &= Is(sort).begins_with(prefix)
        if first:
            where &= Is(sort).between(first, last)
        if limit is not None:
            asked["Limit"] = limit
        if start is not None:
            asked["ExclusiveStartKey"] = {partition: pk, sort: start}
        answer = self._table.query(KeyConditionExpression=where, **asked)
        reached = answer.get("LastEvaluatedKey")
        items = tuple(_plain(item) for item in answer["Items"])
        return Page(items, Cursor(str(reached[sort])) if reached else None)

    def query_all(self, pk: str, **asked: Any) -> Iterator[Item]:
        """Every item, page after page."""
        start = None
        while True:
            page = self.query(pk, start=start, **asked)
            yield from page.items
            if page.next is None:
                return
            start = page.next

    def batch_get(self, keys: Sequence[Key]) -> list[Item]:
        """The items that exist."""
        found: list[Item] = []
        wanted = list(dict.fromkeys(keys))
        for at in range(0, len(wanted), 100):
            asked: Any = {self._name: {"Keys": [key._asdict() for key in wanted[at : at + 100]]}}
            answer = self._resource.batch_get_item(RequestItems=asked)
            found.extend(_plain(item) for item in answer["Responses"][self._name])
        return found

    def batch_write(self, puts: Sequence[Item] = (), deletes: Sequence[Key] = ()) -> None:
        """Write them in batches."""
        with self._table.batch_writer() as batch:
            for item in puts:
                batch.put_item(Item=dict(item))
            for key in deletes:
                batch.delete_item(Key=key._asdict())


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in item.items()}


def _value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, dict):
        return _plain(value)
    return [_value(one) for one in value] if isinstance(value, list) else value
