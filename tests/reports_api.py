"""The reports function over tables in memory, driven by requests as API Gateway sends them."""

import base64
import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from reports.console import Console, folder
from reports.handler import Function
from reports.wiring import Outside, services_of
from tests.admin_api import START, MemoryConnections
from tests.memory_bucket import MemoryBucket, NotedFlow
from touchline.attribution.night.store import Pointer
from touchline.attribution.store import in_turn
from touchline.kernel.clock import day_of
from touchline.kernel.ids import AccountId, PartnerId, Realm, id_factory
from touchline.ledger.decisions import Decision, decision_item
from touchline.ledger.measures import measure_items
from touchline.platform.observability import Log
from touchline.platform.settings import Reports
from touchline.registry.audit import Author
from touchline.registry.kinds import ACCOUNT
from touchline.registry.model import Account
from touchline.registry.token_store import TokenStore
from touchline.registry.tokens import Draft, issue


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `text` is unpacked."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        """The JSON."""
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """The reason code of an error."""
        return str(self.body["error"]["code"])


@dataclass
class ReportsApi:
    """A report token of the account `shop` is in use unless a request names another one."""

    now: int = START
    connections: MemoryConnections = field(default_factory=MemoryConnections)
    log: list[str] = field(default_factory=list)
    bucket: MemoryBucket = field(default_factory=MemoryBucket)
    flow: NotedFlow = field(default_factory=NotedFlow)

    def __post_init__(self) -> None:
        self._number = 1_000  # tokens apart from those of an AdminApi over the same tables
        self.new_id = id_factory(self.clock, self._bits)
        settings = Reports("ledger", "registry", "results", "deliveries", "exports", "flow")
        outside = Outside(self.flow, self.bucket, self.clock, self.new_id, in_turn)
        self.services = services_of(settings, self.connections, outside)
        log = Log("reports", self.clock, write=self.log.append)
        self._function = Function(self.services, Console(folder()), log)
        self.analyst = self.token("shop")

    def clock(self) -> int:
        return self.now

    def _bits(self, bits: int) -> int:
        self._number += 1
        return self._number % (1 << bits)

    def token(
        self,
        account: str,
        *scopes: str,
        test: bool = False,
        partner: str | None = None,
        expires_at: int | None = None,
    ) -> str:
        """A fresh token's text."""
        draft = Draft(
            AccountId(account),
            "a token",
            scopes or ("report",),
            test=test,
            partner=PartnerId(partner) if partner else None,
            expires_at=expires_at,
        )
        token, text = issue(draft, clock=self.clock, new_id=self.new_id, random_bits=self._bits)
        store = TokenStore(self.connections.table("registry"))
        store.add(token, Author("a test", self.now, self.new_id("aud")))
        return text

    def declare(self, kind: Any, value: Any, account: str = "shop") -> None:
        """Put a declared thing into the registry."""
        author = Author("a test", self.now, self.new_id("aud"))
        self.services.registry.create(AccountId(account), kind, value, author)

    def publish(self, decisions: Iterable[Decision]) -> None:
        """Let these decisions count, as a night would."""
        by_day: dict[tuple[Realm, str], list[Decision]] = {}
        for decision in decisions:
            key = (decision.realm, day_of(decision.occurred_at))
            by_day.setdefault(key, []).append(decision)
        for (realm, day), own in by_day.items():
            rows = [decision_item(one) for one in own]
            self.connections.table("results").batch_write(rows)
            self.services.nights.keep_version(measure_items(realm, day, "v1", own))
            self.services.nights.point(realm, Pointer(day, "v1", f"{day}.1"), None)

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
                "requestContext": {"http": {"method": method, "sourceIp": "192.0.2.1"}},
                "body": body,
                "isBase64Encoded": False,
            }
        )

    def get(self, path: str, *, token: str | None = None, **query: str) -> Answer:
        """Ask, and unpack the answer."""
        given = {name.rstrip("_"): value for name, value in query.items()}
        return self.request("GET", path, urlencode(given), token=token)

    def request(
        self,
        method: str,
        path: str,
        raw_query: str = "",
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
        body: str | None = None,
    ) -> Answer:
        """One request as API Gateway hands it over."""
        used = self.analyst if token is None else token
        sent = {"authorization": f"Bearer {used}", **(headers or {})}
        answer = self.handle(method, path, raw_query, sent, body)
        raw = answer["body"].encode()
        if answer["isBase64Encoded"]:
            raw = base64.b64decode(raw)
        if answer["headers"].get("content-encoding") == "gzip":
            raw = gzip.decompress(raw)
        return Answer(answer["statusCode"], answer["headers"], raw.decode())


def a_shop(*, declared: bool = False, **stated: Any) -> ReportsApi:
    """Reports of an account `shop` that counts in EUR, unless it is `declared` already."""
    api = ReportsApi(**stated)
    if declared:
        return api
    account = Account(AccountId("shop"), name="The shop", currency="EUR")
    api.declare(ACCOUNT, account)
    return api
