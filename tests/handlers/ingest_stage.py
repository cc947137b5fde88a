"""The ingest function over memory tables, with a shop declared, and requests to it."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlencode

from ingest.desk import Parts, parts
from ingest.drain import Drain
from ingest.handler import Ingest
from tests.factories import NOON
from tests.intake_factories import SHOP, a_registry, opened
from tests.memory_queue import MemoryQueue
from tests.memory_table import MemoryTable
from touchline.intake.signature import Open
from touchline.kernel.errors import Unauthorized
from touchline.kernel.ids import AccountId, CampaignId, EventName, PartnerId, TokenId, id_factory
from touchline.ledger.model import Conversion, ConversionKey
from touchline.platform.observability import Log
from touchline.registry.model import (
    Registry,
    Token,
)

EMPTY: Mapping[str, Any] = {}


@dataclass
class Declared:
    """A registrar whose answers a test writes down."""

    shop: Registry
    tokens: dict[str, Token] = field(default_factory=dict)
    down: list[Exception] = field(default_factory=list)

    def token(self, text: str) -> Token:
        if self.down:
            raise self.down[0]
        if text not in self.tokens:
            raise Unauthorized
        return self.tokens[text]

    def registry(self, account: AccountId) -> Registry:
        assert account == self.shop.account.id
        return self.shop

    def site(self, site_key: str) -> AccountId | None:
        return self.shop.account.id if site_key == self.shop.account.site_key else None

    def campaign(self, campaign: CampaignId) -> AccountId | None:
        return self.shop.account.id if campaign in self.shop.campaigns else None


def a_token(text: str, *, scopes: tuple[str, ...] = ("ingest",), **stated: Any) -> Token:
    return Token(TokenId(text), SHOP, text, "", scopes, **stated)


TOKENS = {
    "own": a_token("own"),
    "acme": a_token("acme", partner=PartnerId("acme")),
    "beta": a_token("beta", partner=PartnerId("beta")),
    "test": a_token("test", test=True),
    "site": a_token("site", scopes=("site",)),
    "report": a_token("report", scopes=("report",)),
}


@dataclass(frozen=True)
class Answer:
    """An answer as a sender reads it."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def outcome(self) -> str:
        return self.headers["x-touchline-outcome"]

    @property
    def receipt(self) -> str:
        return self.headers["x-touchline-receipt"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        code: str = self.json["error"]["code"]
        return code


class Stage:
    """Stands for API Gateway, the sender and the clock."""

    def __init__(
        self,
        registry: Registry | None = None,
        table: MemoryTable | None = None,
        open_secret: Open = opened,
    ) -> None:
        self.now = NOON
        self.table = table or MemoryTable()
        self.registrar = Declared(registry or a_registry(), dict(TOKENS))
        self.spill = MemoryQueue()
        self.log: list[str] = []
        self._numbers = count(1)  # safe between threads
        base = parts(
            ledger=self.table,
            registry=MemoryTable(),
            spill=self.spill,
            clock=self.clock,
            new_id=id_factory(self.clock, self._number),
            log=Log("ingest", self.clock, write=self.log.append),
            open_secret=open_secret,
        )
        self.parts = Parts(
            base.ledger,
            base.intake,
            self.registrar,
            base.spill,
            base.clock,
            base.new_id,
            base.log,
            base.open_secret,
        )
        self.ledger = self.parts.ledger
        self.ingest = Ingest(self.parts)

    def clock(self) -> int:
        return self.now

    def _number(self, bits: int) -> int:
        return next(self._numbers) % 2**bits

    def request(
        self,
        method: str,
        path: str,
        *,
        query: str | Mapping[str, str] = "",
        body: bytes | None = None,
        token: str = "",
        headers: Mapping[str, str] = EMPTY,
    ) -> Answer:
        """One request through API Gateway, as bytes."""
        sent = {name.lower(): value for name, value in headers.items()}
        if token:
            sent["authorization"] = f"ApiKey {token}"
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": query if isinstance(query, str) else urlencode(query),
            "headers": sent,
            "requestContext": {
                "http": {"method": method, "sourceIp": "192.0.2.7"},
                "stage": "$default",
                "requestId": "r1",
            },
            "isBase64Encoded": body is not None,
            "body": base64.b64encode(body).decode() if body is not None else None,
        }
        answer = self.ingest.handle(event)
        raw = answer["body"]
        content = base64.b64decode(raw) if answer["isBase64Encoded"] else raw.encode()
        return Answer(answer["statusCode"], answer["headers"], content)

    def postback(self, token: str = "own", **said: str) -> Answer:
        return self.request("GET", "/postback", query=said, token=token)

    def post(self, path: str, body: Any, token: str = "own", **more: Any) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.request("POST", path, body=raw, token=token, **more)

    def drain(self) -> list[str]:
        """Let the drain read what waits; the IDs of the messages that failed."""
        messages, self.spill.messages = self.spill.messages, []
        return self.drained([message.body for message in messages])

    def drained(self, bodies: list[str]) -> list[str]:
        records = [{"messageId": str(n), "body": body} for n, body in enumerate(bodies)]
        failed = Drain(self.parts).handle({"Records": records})["batchItemFailures"]
        return [one["itemIdentifier"] for one in failed]

    def conversion(self, order: str, event: str = "purchase", scope: str = "") -> Conversion:
        key = ConversionKey(EventName(event), order, scope)  # type: ignore[arg-type]
        found = self.ledger.conversion("shop", key)  # type: ignore[arg-type]
        assert found is not None
        return found

    def rows(self, kind: str) -> list[Mapping[str, Any]]:
        return [row for row in self.table.items() if row["kind"] == kind]


def an_event(**stated: Any) -> dict[str, Any]:
    """A purchase of user 7 at noon, as `POST /event` takes it."""
    return {
        "customerId": "shop",
        "apiName": "purchase",
        "userDomain": "crm",
        "userId": "7",
        "actionId": "A-1",
        "actionTimestamp": NOON - 60_000,
        "value": "10.50",
        **stated,
    }
