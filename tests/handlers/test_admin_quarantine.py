"""From a request that could not be judged to its fate: seen, corrected, taken up once."""

import base64
import json
from typing import Any

import pytest

from ingest.desk import parts
from ingest.handler import Ingest
from tests.admin_api import START, AdminApi, Answer
from tests.memory_queue import MemoryQueue
from touchline.kernel.clock import day_of
from touchline.kernel.ids import ConversionId, EventName, Realm
from touchline.ledger.model import Conversion
from touchline.ledger.store import LedgerStore
from touchline.platform.observability import Log

SHOP = {"account": "shop"}
DAY = 86_400_000


class Desk(AdminApi):
    """The admin and the ingest function over the same tables, with partner `acme`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.shop()
        self.post("/admin/events", {"api_name": "purchase", "valid_from": 0}, query=SHOP)
        self.post("/admin/partners", {"id": "acme"}, query=SHOP)
        self.ingest = self.token("shop", "ingest")
        self.partners = self.post(
            "/admin/tokens",
            {"name": "acme", "scopes": ["ingest"], "partner": "acme"},
            query=SHOP,
        ).body["token"]
        self.ledger = LedgerStore(self.connections.table("ledger"))
        self.intake = Ingest(
            parts(
                ledger=self.connections.table("ledger"),
                registry=self.connections.table("registry"),
                spill=MemoryQueue(),
                clock=self.clock,
                new_id=self.new_id,
                log=Log("ingest", self.clock, write=self.log.append),
                open_secret=self.services.seals.open,
            )
        )

    def sent(self, method: str, path: str, *, body: str = "", token: str = "") -> dict[str, Any]:
        path, _, query = path.partition("?")
        answer = self.intake.handle(
            {
                "rawPath": path,
                "rawQueryString": query,
                "headers": {"authorization": f"ApiKey {token or self.partners}"},
                "requestContext": {"http": {"method": method, "sourceIp": "192.0.2.7"}},
                "body": body,
            }
        )
        return dict(answer)

    def quarantined(self, value: str = "1,5", conversion: str = "A-1") -> str:
        """A postback with an amount that is none; its receipt."""
        answer = self.sent(
            "GET",
            f"/postback?event=purchase&conversion_id={conversion}&currency=EUR&value={value}",
        )
        assert answer["headers"]["x-touchline-outcome"] == "quarantined"
        return str(answer["headers"]["x-touchline-receipt"])

    def replay(self, receipt: str, **said: Any) -> Answer:
        return self.post(f"/admin/quarantine/{receipt}/replay", said, query=SHOP)

    def listed(self, **query: str) -> Any:
        return self.get("/admin/quarantine", query={**SHOP, **query}).body

    def claims(self, conversion: str = "A-1") -> list[Conversion]:
        return self.ledger.claims(Realm("shop"), EventName("purchase"), ConversionId(conversion))


@pytest.fixture
def desk() -> Desk:
    return Desk()


GOOD = "event=purchase&conversion_id=A-1&currency=EUR&value=1.5"


def test_a_quarantined_request_is_listed_with_its_bytes_and_the_reason(desk: Desk) -> None:
    receipt = desk.quarantined()
    [item] = desk.listed()["items"]
    assert item["receipt"] == receipt
    assert (item["state"], item["partner"], item["route"]) == ("open", "acme", "/postback")
    assert item["query"].endswith("value=1,5")
    assert item["reason"] in json.dumps(desk.get("/admin/quarantine", query=SHOP).body)
    assert desk.get(f"/admin/quarantine/{receipt}", query=SHOP).body == item


def test_a_request_that_was_kept_long_enough_is_not_read_any_more(desk: Desk) -> None:
    """It may lie there until the sweeper comes by; nobody sees it, and nobody takes it up."""
    desk.patch("/admin/accounts/shop", {"raw_retention_seconds": "10d"})
    receipt = desk.quarantined()
    days = {**SHOP, "from": day_of(desk.now), "to": day_of(desk.now)}
    desk.now += 10 * DAY
    assert len(desk.get("/admin/quarantine", query=days).body["items"]) == 1
    desk.now += DAY
    assert desk.get("/admin/quarantine", query=days).body["items"] == []
    assert desk.get(f"/admin/quarantine/{receipt}", query=SHOP).status == 404
    assert desk.replay(receipt, query=GOOD).status == 404


def test_a_corrected_request_is_stored_as_of_the_time_when_it_came(desk: Desk) -> None:
    """IN-13: fixed and replayed."""
    receipt = desk.quarantined()
    desk.now += 10 * DAY
    replayed = desk.replay(receipt, query=GOOD).body
    assert replayed["state"] == "replayed"
    assert replayed["results"][0]["outcome"] == "stored"
    [claim] = desk.claims()
    assert (claim.value_micros, claim.key.scope, claim.received_at) == (1_500_000, "acme", START)
    assert claim.changed_at == desk.now


def test_a_request_is_replayed_once(desk: Desk) -> None:
    """IN-13: once."""
    receipt = desk.quarantined()
    desk.replay(receipt, query=GOOD)
    again = desk.replay(receipt, query=GOOD.replace("1.5", "9"))
    assert (again.status, again.code) == (409, "not_open")
    assert [claim.value_micros for claim in desk.claims()] == [1_500_000]


def test_what_is_refused_again_stays_open_as_it_was(desk: Desk) -> None:
    receipt = desk.quarantined()
    before = desk.listed()
    replayed = desk.replay(receipt, query=GOOD.replace("1.5", "x")).body
    assert (replayed["state"], replayed["results"][0]["outcome"]) == ("open", "quarantined")
    assert replayed["results"][0]["error"]["hint"]
    assert desk.listed() == before


def test_an_item_of_a_batch_is_replayed_alone(desk: Desk) -> None:
    items = [
        {"type": "conversion", "event": "purchase", "conversion_id": "A-1", "value": "x"},
        {"type": "conversion", "event": "purchase", "conversion_id": "A-2", "value": "2"},
    ]
    desk.sent("POST", "/batch", body=json.dumps({"items": items}), token=desk.ingest)
    [item] = desk.listed()["items"]
    body = item["body"].replace('"x"', '"3"')
    assert desk.replay(item["receipt"], body=body).body["state"] == "replayed"
    assert [claim.value_micros for claim in desk.claims()] == [3_000_000]
    assert [it["state"] for it in desk.listed()["items"]] == ["replayed"]


def test_a_refused_item_of_a_batch_makes_no_second_entry(desk: Desk) -> None:
    items = [{"type": "conversion", "event": "purchase", "conversion_id": "A-1", "value": "x"}]
    desk.sent("POST", "/batch", body=json.dumps({"items": items}), token=desk.ingest)
    [item] = desk.listed()["items"]
    assert desk.replay(item["receipt"]).body["state"] == "open"
    assert len(desk.listed()["items"]) == 1


def test_a_dismissed_request_is_closed(desk: Desk) -> None:
    receipt = desk.quarantined()
    dismissed = desk.post(f"/admin/quarantine/{receipt}/dismiss", {}, query=SHOP)
    assert dismissed.body["state"] == "dismissed"
    assert desk.replay(receipt).code == "not_open"
    assert desk.listed(state="open")["items"] == []
    assert [item["receipt"] for item in desk.listed(state="dismissed")["items"]] == [receipt]


def test_the_list_is_paged_over_days_and_within_them(desk: Desk) -> None:
    receipts = []
    for day in range(3):
        desk.now = START + day * DAY
        receipts += [desk.quarantined(conversion=f"A-{day}-{number}") for number in range(3)]
    found: list[str] = []
    query = {"limit": "2"}
    while True:
        page = desk.listed(**query)
        found += [item["receipt"] for item in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert found == receipts


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-02-30"},
        {"from": "2026-01-02", "to": "2026-01-01"},
        {"from": "2020-01-01", "to": "2026-01-01"},
        {"state": "lost"},
        {"limit": "0"},
    ],
)
def test_an_impossible_list_is_refused_by_name(desk: Desk, query: dict[str, str]) -> None:
    answer = desk.get("/admin/quarantine", query={**SHOP, **query})
    assert (answer.status, answer.code) == (400, "bad_field")


@pytest.mark.parametrize(
    "said",
    [{"body": 1}, {"body": "x", "body_base64": "eA=="}, {"body_base64": "%"}],
)
def test_an_impossible_correction_is_refused_by_name(desk: Desk, said: dict[str, Any]) -> None:
    answer = desk.replay(desk.quarantined(), **said)
    assert (answer.status, answer.code) == (400, "bad_field")


def test_bytes_that_are_no_text_are_shown_and_corrected_in_base64(desk: Desk) -> None:
    """IN-12: bytes in = bytes stored."""
    raw = b'{"event": "purchase", "conversion_id": "A-1", "value": "\xff"}'
    answer = desk.intake.handle(
        {
            "rawPath": "/postback",
            "headers": {
                "authorization": f"ApiKey {desk.partners}",
                "content-type": "application/json",
            },
            "requestContext": {"http": {"method": "POST"}},
            "body": base64.b64encode(raw).decode(),
            "isBase64Encoded": True,
        }
    )
    receipt = answer["headers"]["x-touchline-receipt"]
    item = desk.get(f"/admin/quarantine/{receipt}", query=SHOP).body
    assert item["body"] is None
    assert base64.b64decode(item["body_base64"]) == raw


def test_a_replay_is_in_the_audit_trail(desk: Desk) -> None:
    receipt = desk.quarantined()
    desk.replay(receipt, query=GOOD)
    trail = desk.get("/admin/audit", query=SHOP).body["items"]
    [entry] = [entry for entry in trail if entry["kind"] == "quarantine"]
    assert (entry["action"], entry["thing"]) == ("replay", receipt)


def test_an_unknown_receipt_is_not_found(desk: Desk) -> None:
    for receipt in ("rcp_0123456789abcdefghjkmnpqrs", "acme", "rcp_", "%FF"):
        assert desk.get(f"/admin/quarantine/{receipt}", query=SHOP).status == 404


def test_a_status_word_that_is_explained_later_moves_what_is_stored(desk: Desk) -> None:
    sent = desk.sent("GET", f"/postback?{GOOD}&status=frozen")
    assert "unknown_status" in json.loads(sent["body"])["reasons"]
    status_map = {"frozen": "hold"}
    changed = desk.patch("/admin/partners/acme", {"status_map": status_map}, query=SHOP)
    assert changed.status == 200
    [claim] = desk.claims()
    assert (claim.status, claim.status_word, claim.flags) == ("hold", "", ())
