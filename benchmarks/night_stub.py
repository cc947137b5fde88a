"""A stand-in for DynamoDB with one day of conversions, for the night's benchmark.

`python -m benchmarks.night_stub COUNT` prints its port and serves until its input is closed. The
ledger's answers are made from the number in the key (nothing is looked up), what is written to
the results table is kept. It runs in a process of its own: its cost is not ours.
"""

import re
import socket
import sys
import threading
from collections import defaultdict
from typing import Any

import orjson

from touchline.kernel.clock import HOUR_MS, start_of
from touchline.kernel.ids import ConversionId, EventName, Realm, Receipt, TouchId
from touchline.ledger import keys
from touchline.ledger.conversion_rows import conversion_item
from touchline.ledger.identity import Identity
from touchline.ledger.model import Conversion, ConversionKey, Link, Touch, TouchKind
from touchline.ledger.rows import link_items, touch_item
from touchline.platform.dynamo.codec import encode_item

REALM = Realm("shop")
DAY = "2026-01-31"
NOON = start_of(DAY) + 12 * HOUR_MS
CHANNELS = ("email", "ads", "social", "affiliate", "search")
_NUMBER = re.compile(r"(\d+)$")
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: %d\r\n\r\n"


def a_conversion(number: int) -> dict[str, Any]:
    """Conversion `number`, as stored."""
    return encoded(
        conversion_item(
            Conversion(
                realm=REALM,
                key=ConversionKey(EventName("purchase"), ConversionId(f"A-{number}")),
                occurred_at=NOON,
                received_at=NOON,
                changed_at=NOON,
                receipt=Receipt(f"rcp_{number:026d}"),
                attempt=f"att_{number:026d}",
                digest="0" * 64,
                identities=(Identity(f"crm:{number}"), Identity(f"visitor:{number}")),
                value_micros=10_000_000 + number,
                currency="EUR",
                source="shop",
                parameters={"store": "berlin", "plan": "basic"},
            )
        )
    )


def a_person(domain: str, number: int) -> list[dict[str, Any]]:
    """Three touches under the user ID, two under the browser, and the link between them."""
    crm, visitor = Identity(f"crm:{number}"), Identity(f"visitor:{number}")
    link = Link(crm, visitor, NOON - 9 * HOUR_MS, "api", Receipt("rcp_link"))
    own = crm if domain == "crm" else visitor
    there = next(item for item in link_items(REALM, link) if str(item["pk"]).endswith(f"#{own}"))
    hours = (7, 5, 3) if domain == "crm" else (6, 4)
    touches = [
        Touch(
            id=TouchId(f"tch_{number:020d}{hour}"),
            identity=own,
            kind=TouchKind.CLICK,
            channel=CHANNELS[(number + hour) % len(CHANNELS)],
            occurred_at=NOON - hour * HOUR_MS,
            received_at=NOON - hour * HOUR_MS,
            user_agent="Mozilla/5.0 (X11; Linux x86_64)",
            country="DE",
        )
        for hour in hours
    ]
    return [encoded(there), *(encoded(touch_item(REALM, touch)) for touch in touches)]


def encoded(item: Any) -> dict[str, Any]:
    """An item as DynamoDB's JSON has it."""
    return encode_item(item, lambda raw: raw.decode())


class Store:
    """Answers by the request alone, but for what is written."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._kept: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        self._lock = threading.Lock()

    def answer(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request."""
        if operation == "Query":
            return self._query(request)
        if operation == "BatchGetItem":
            table = next(iter(request["RequestItems"]))
            wanted = request["RequestItems"][table]["Keys"]
            found = [self._kept[one["pk"]["S"]].get(one["sk"]["S"]) for one in wanted]
            return {"Responses": {table: [one for one in found if one]}, "UnprocessedKeys": {}}
        with self._lock:
            return self._write(operation, request)

    def _write(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        if operation == "BatchWriteItem":
            for write in next(iter(request["RequestItems"].values())):
                if "PutRequest" in write:
                    self._keep(write["PutRequest"]["Item"])
                else:
                    key = write["DeleteRequest"]["Key"]
                    self._kept[key["pk"]["S"]].pop(key["sk"]["S"], None)
            return {"UnprocessedItems": {}}
        if operation == "PutItem":
            self._keep(request["Item"])
            return {}
        key = request["Key"]
        found = self._kept[key["pk"]["S"]].get(key["sk"]["S"])
        if operation == "GetItem":
            return {"Item": found} if found else {}
        values = request.get("ExpressionAttributeValues", {})
        names = request.get("ExpressionAttributeNames", {})
        item = {**key, **(found or {})}
        for name, value in re.findall(r"(#\w+) = (:\w+)", request["UpdateExpression"]):
            item[names[name]] = values[value]
        self._keep(item)
        return {"Attributes": item}

    def _query(self, request: dict[str, Any]) -> dict[str, Any]:
        values = [value["S"] for value in request["ExpressionAttributeValues"].values()]
        pk = values[0]
        if request.get("IndexName") == "by_batch":
            return self._batch(pk, request) if "#B#" in pk else {"Items": []}
        if "#C#" in pk:
            return {"Items": [a_conversion(_number(pk))]}
        if "#I#" in pk:
            return {"Items": a_person(pk.split("#")[2].partition(":")[0], _number(pk))}
        rows = sorted(self._kept[pk].items())
        start = request.get("ExclusiveStartKey", {}).get("sk", {}).get("S", "")
        prefix = values[1] if "begins_with" in request["KeyConditionExpression"] else ""
        rows = [row for row in rows if row[0] > start and row[0].startswith(prefix)]
        page = rows[:300]
        answer: dict[str, Any] = {"Items": [item for _, item in page]}
        if len(rows) > len(page):
            answer["LastEvaluatedKey"] = {"pk": {"S": pk}, "sk": {"S": page[-1][0]}}
        return answer

    def _batch(self, pk: str, request: dict[str, Any]) -> dict[str, Any]:
        shard = int(pk.rpartition("#")[2])
        last = request.get("ExclusiveStartKey", {}).get("batch_at", {}).get("S", "")
        first = _number(last) + keys.SHARDS if last else shard
        numbers = range(first, self._count, keys.SHARDS)[: request["Limit"]]
        items = [a_conversion(number) for number in numbers]
        answer: dict[str, Any] = {"Items": items}
        if numbers and numbers[-1] + keys.SHARDS < self._count:
            place = {"S": f"x{numbers[-1]}"}
            answer["LastEvaluatedKey"] = {"batch": {"S": pk}, "batch_at": place}
        return answer

    def _keep(self, item: dict[str, Any]) -> None:
        self._kept[item["pk"]["S"]][item["sk"]["S"]] = item


def _number(text: str) -> int:
    found = _NUMBER.search(text)
    return int(found.group(1)) if found else 0


def _converse(connection: socket.socket, store: Store) -> None:
    read = b""
    with connection:
        while True:
            head, found, rest = read.partition(b"\r\n\r\n")
            length = int(_header(head, b"content-length")) if found else 0
            if found and len(rest) >= length:
                operation = _header(head, b"x-amz-target").rpartition(b".")[2].decode()
                body = orjson.dumps(store.answer(operation, orjson.loads(rest[:length])))
                connection.sendall(_HEAD % len(body) + body)
                read = rest[length:]
                continue
            part = connection.recv(65_536)
            if not part:
                return
            read += part


def _header(head: bytes, name: bytes) -> bytes:
    for line in head.split(b"\r\n"):
        found, _, value = line.partition(b":")
        if found.lower() == name:
            return value.strip()
    return b""


def main(count: str) -> None:
    """Serve until standard input is closed."""
    store = Store(int(count))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        threading.Thread(target=_accept, args=(listener, store), daemon=True).start()
        sys.stdin.read()


def _accept(listener: socket.socket, store: Store) -> None:
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_converse, args=(connection, store), daemon=True).start()


if __name__ == "__main__":
    main(sys.argv[1])
