"""The admin function over tables in memory, driven by requests as API Gateway sends them."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_bytes
from typing import Any
from urllib.parse import urlencode

from admin.handler import Function
from admin.wiring import Around, services_of
from tests.memory_queue import MemoryQueue
from tests.memory_table import MemoryTable
from touchline.kernel.errors import WatchUnavailable
from touchline.kernel.ids import AccountId, id_factory
from touchline.platform.observability import Log
from touchline.platform.sealing import Seals
from touchline.platform.settings import Admin
from touchline.platform.watch import Alarm, Gauge
from touchline.registry.audit import Author
from touchline.registry.token_store import TokenStore
from touchline.registry.tokens import ANY_ACCOUNT, Draft, issue

START = 1_767_225_600_000
"""2026-01-01T00:00:00Z"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `body` is the JSON, None when there was none."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def code(self) -> str:
        """The reason code of an error."""
        return str(self.body["error"]["code"])


@dataclass
class MemoryWatch:
    """Alarms and gauges as a test wants them; `is_down` lets it answer nothing."""

    found: list[Alarm] = field(default_factory=list)
    values: dict[str, float] = field(default_factory=dict)
    is_down: bool = False

    def alarms(self) -> list[Alarm]:
        if self.is_down:
            raise WatchUnavailable("down, as the test wants it")
        return self.found

    def latest(self, gauges: Mapping[str, Gauge]) -> dict[str, float]:
        if self.is_down:
            raise WatchUnavailable("down, as the test wants it")
        return {name: value for name, value in self.values.items() if name in gauges}


class MemoryConnections:
    """Tables and queues in memory, made when first named."""

    def __init__(self) -> None:
        self.tables: dict[str, MemoryTable] = defaultdict(MemoryTable)
        self.queues: dict[str, MemoryQueue] = defaultdict(MemoryQueue)
        self.watched = MemoryWatch()

    def table(self, name: str) -> MemoryTable:
        return self.tables[name]

    def queue(self, url: str) -> MemoryQueue:
        return self.queues[url]

    def watch(self, alarm_prefix: str) -> MemoryWatch:
        assert alarm_prefix == SETTINGS.alarm_prefix
        return self.watched

    def seals(self, _parameter: str, *, create: bool = False, kms_key: str = "") -> Seals:
        assert create
        assert not kms_key
        return Seals(lambda: (bytes(32),), token_bytes, lambda: START)


SETTINGS = Admin(
    "ledger",
    "registry",
    "results",
    "deliveries",
    "queue",
    spill_queue_url="spill",
    delivery_dead_letter_queue_url="delivery-dead",
    spill_dead_letter_queue_url="spill-dead",
    outbox_queue_url="outbox",
    outbox_dead_letter_queue_url="outbox-dead",
    failure_queue_url="failures",
    outbox_function="outbox",
    alarm_prefix="touchline-",
)


@dataclass
class AdminApi:
    """An operator's token is in use unless a request names another one."""

    now: int = START
    connections: MemoryConnections = field(default_factory=MemoryConnections)
    log: list[str] = field(default_factory=list)
    settings: Admin = SETTINGS

    def __post_init__(self) -> None:
        self._number = 0
        self.new_id = id_factory(self.clock, self._bits)
        around = Around(self.clock, self.new_id, self._bits)
        self.services = services_of(self.settings, self.connections, around)
        self._function = Function(self.services, Log("admin", self.clock, write=self.log.append))
        self.operator = self.token(ANY_ACCOUNT, "admin", "report")

    def clock(self) -> int:
        return self.now

    def _bits(self, bits: int) -> int:
        self._number += 1
        return self._number % (1 << bits)

    def token(self, account: str, *scopes: str, test: bool = False) -> str:
        """A fresh token's text."""
        draft = Draft(AccountId(account), "a token", scopes, test=test)
        token, text = issue(draft, clock=self.clock, new_id=self.new_id, random_bits=self._bits)
        store = TokenStore(self.connections.table("registry"))
        store.add(token, Author("test", self.now, self.new_id("aud")))
        return text

    def shop(self) -> str:
        """Declare the account `shop`; the text of its own admin token."""
        assert self.post("/admin/accounts", {"id": "shop"}).status == 201
        return self.token("shop", "admin", "report", "ingest")

    def get(self, path: str, **about: Any) -> Answer:
        return self.send("GET", path, **about)

    def post(self, path: str, body: Any, **about: Any) -> Answer:
        return self.send("POST", path, body, **about)

    def patch(self, path: str, body: Any, **about: Any) -> Answer:
        return self.send("PATCH", path, body, **_versioned(body, about))

    def delete(self, path: str, **about: Any) -> Answer:
        return self.send("DELETE", path, **_versioned(None, about))

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request. `body` is JSON unless it is text already."""
        said = self.operator if token is None else token
        answer = self.handle(
            method,
            path,
            urlencode(query or {}),
            {**({"authorization": f"Bearer {said}"} if said else {}), **(headers or {})},
            body if isinstance(body, str) or body is None else json.dumps(body),
        )
        text = answer["body"]
        return Answer(answer["statusCode"], answer["headers"], json.loads(text) if text else None)

    def handle(
        self, method: str, path: str, query: str, headers: dict[str, str], body: str | None
    ) -> dict[str, Any]:
        """One event of API Gateway, and what the function answers."""
        return self._function.handle(
            {
                "version": "2.0",
                "rawPath": path,
                "rawQueryString": query,
                "headers": headers,
                "requestContext": {
                    "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
                    "stage": "$default",
                    "requestId": "r1",
                },
                "body": body,
                "isBase64Encoded": False,
            }
        )


def _versioned(body: Any, about: dict[str, Any]) -> dict[str, Any]:
    """A change is made to whatever is there, unless the test states a version itself."""
    stated = "headers" in about or "version" in about.get("query", {})
    if stated or (isinstance(body, dict) and "version" in body):
        return about
    return {**about, "headers": {"if-match": "*"}}
