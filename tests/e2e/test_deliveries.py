"""Deliveries as deployed: from a postback in to a postback out, through stream, queue, dispatcher
and sweeper; with receivers on this machine that are down for a while and come back."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks import Webhook

from local.api import Api
from local.machine import wait_until
from local.places import ROOT
from local.stack import Stack, aws_client, invoke

ACCOUNT = "deliveries-e2e"
EVENTS = ROOT / "events"
PATIENCE_SECONDS = 240


@dataclass
class Receiver:
    """What came, and by path the statuses to answer with before 200."""

    url: str = ""
    statuses: dict[str, list[int]] = field(default_factory=dict)
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def wait_for(self, count: int, holds: Callable[[str], bool] = bool) -> list[Any]:
        """The requests whose path the condition lets through, once there are this many."""

        def found() -> list[Any]:
            return [request for request in self.requests if holds(request[1])]

        assert wait_until(lambda: len(found()) >= count, seconds=PATIENCE_SECONDS), self.requests
        return found()


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port of this machine."""
    got = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            got.requests.append((self.command, self.path, headers, body))
            waiting = got.statuses.get(self.path)
            self.send_response(waiting.pop(0) if waiting else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        do_GET = do_POST = _take  # noqa: N815 - the server's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    got.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield got
    finally:
        server.shutdown()
        server.server_close()


def declared(api: Api, kind: str, content: dict[str, Any]) -> Any:
    answer = api.post(f"/admin/{kind}", content)
    assert answer.status in {200, 201}, answer.body
    return answer.json()


@pytest.fixture(scope="module")
def got() -> Iterator[Receiver]:
    """One receiver for all of them; each endpoint has a path and an event of its own."""
    with receiving() as found:
        yield found


@pytest.fixture(scope="module")
def secrets(operator: Api, got: Receiver) -> dict[str, str]:
    """The account with its endpoints, declared before anything is sent; their signing secrets."""
    declared(operator, "accounts", {"id": ACCOUNT, "currency": "EUR"})
    at = f"?account={ACCOUNT}"
    payouts = [{"fixed": "2", "currency": "EUR"}]
    declared(operator, f"partners{at}", {"id": "acme", "payouts": payouts})
    found: dict[str, str] = {}
    for name in ("place_first", "place_flaky", "place_gone"):
        declared(operator, f"events{at}", {"api_name": name, "valid_from": 0})
    template = got.url + "/get?tx={{conversion_id}}&sum=[[payout]]&s={status}"
    for endpoint in (
        {"id": "get", "format": "get", "url": template, "partner": "acme", "event": "place_first"},
        {"id": "hook", "url": got.url + "/hook", "event": "place_first"},
        {"id": "flaky", "url": got.url + "/flaky", "event": "place_flaky"},
        {"id": "gone", "url": got.url + "/gone", "event": "place_gone"},
    ):
        event = endpoint.pop("event")
        made = declared(operator, f"endpoints{at}", {**endpoint, "firing": {"events": [event]}})
        found[endpoint["id"]] = made.get("secret", "")
    return found


@pytest.fixture(scope="module")
def owner(operator: Api, secrets: dict[str, str]) -> Api:
    """The admin of that account."""
    assert secrets
    scopes = {"name": "a", "scopes": ["admin", "report"]}
    made = declared(operator, f"tokens?account={ACCOUNT}", scopes)
    return operator.with_token(made["token"], scheme="Bearer")


@pytest.fixture(scope="module")
def acme(owner: Api, anybody: Api) -> Api:
    """The partner's server."""
    made = declared(owner, "tokens", {"name": "p", "scopes": ["ingest"], "partner": "acme"})
    return anybody.with_token(made["token"])


def sold(acme: Api, event: str, order: str, **said: str) -> None:
    sale = {"event": event, "conversion_id": order, "value": "10", "currency": "EUR", **said}
    answer = acme.get("/postback", sale)
    assert answer.status == 200, answer.body


def delivery_of(owner: Api, order: str, endpoint: str) -> Any:
    """The first delivery of an order to an endpoint, None before there is one."""
    query = {"conversion": order, "endpoint": endpoint}
    found = owner.get("/reports/deliveries", query).json()["deliveries"]
    return found[0] if found else None


def settled(owner: Api, order: str, endpoint: str, state: str) -> Any:
    """The delivery once it is in a state."""

    def there() -> bool:
        found = delivery_of(owner, order, endpoint)
        return found is not None and found["state"] == state

    assert wait_until(there, seconds=PATIENCE_SECONDS, every=0.5), delivery_of(
        owner, order, endpoint
    )
    return delivery_of(owner, order, endpoint)


def test_a_postback_in_is_a_get_and_a_signed_post_out(
    owner: Api, acme: Api, got: Receiver, secrets: dict[str, str]
) -> None:
    """DI-05, DI-06, DI-24, OB-01: and the reference library verifies the signature."""
    sold(acme, "place_first", "first", status="approved")

    (sent,) = got.wait_for(1, lambda path: path.startswith("/get"))
    assert sent[:2] == ("GET", "/get?tx=first&sum=2.00&s=approved")
    (posted,) = got.wait_for(1, lambda path: path == "/hook")
    _, _, headers, body = posted
    told = Webhook(secrets["hook"]).verify(body.decode(), headers)
    assert told["type"] == "conversion.accepted"
    assert told["data"]["conversion_id"] == "first"

    delivery = settled(owner, "first", "hook", "delivered")
    assert delivery["id"] == headers["webhook-id"]
    shown = owner.get(f"/reports/deliveries/{delivery['id']}").json()
    assert [one["response"]["status"] for one in shown["attempts"]] == [200]


def test_a_receiver_that_is_down_for_a_while_gets_everything_once_it_is_back(
    owner: Api, acme: Api, got: Receiver
) -> None:
    """LO-05, D17: the same ID and body on every attempt, and a reversal is told too."""
    got.statuses["/flaky"] = [503]
    sold(acme, "place_flaky", "later", status="pending")
    attempts = got.wait_for(2, lambda path: path == "/flaky")
    assert len({headers["webhook-id"] for _, _, headers, _ in attempts}) == 1
    assert len({body for *_, body in attempts}) == 1
    settled(owner, "later", "flaky", "delivered")

    sold(acme, "place_flaky", "later", status="rejected")
    told = got.wait_for(3, lambda path: path == "/flaky")
    assert b"conversion.reversed" in told[-1][3]


def test_what_is_held_goes_out_when_the_endpoint_is_released(
    owner: Api, acme: Api, got: Receiver
) -> None:
    """DI-16: 410 disables, deliveries are held, a release lets them out."""
    got.statuses["/gone"] = [410]
    sold(acme, "place_gone", "held")
    assert settled(owner, "held", "gone", "held")["reason"] == "endpoint_disabled"
    told = owner.post("/admin/endpoints/gone/release", {}).json()
    assert told["state"] == "active"
    settled(owner, "held", "gone", "delivered")


def test_a_test_send_shows_both_sides_on_the_deployed_stack(
    owner: Api, got: Receiver, secrets: dict[str, str]
) -> None:
    """DI-19: through a secret that is sealed with the key in the parameter store."""
    answer = owner.post("/admin/endpoints/hook/test", {})
    assert answer.status == 200, answer.body
    assert answer.json()["outcome"] == "delivered"
    trials = [one for one in got.requests if one[2].get("touchline-test") == "1"]
    ((_, path, headers, body),) = trials
    assert path == "/hook"
    assert Webhook(secrets["hook"]).verify(body.decode(), headers)["data"]["test"] is True


def test_a_damaged_change_waits_among_the_dead_letters_and_goes_through_once_it_can_be_read(
    operator: Api, stack: Stack, touchline: Callable[..., str]
) -> None:
    def well(name: str) -> bool:
        found = operator.get("/admin/status").json()["findings"]
        return [one["level"] for one in found if one["name"] == name] == ["well"]

    damaged = {"Records": [{"eventID": "damaged"}]}
    assert invoke(stack, "OutboxFunction", damaged) == {"announced": 0, "failed": 1}
    assert wait_until(lambda: not well("outbox dead letters"), seconds=PATIENCE_SECONDS)

    sqs, dead = aws_client(stack.endpoint_url, "sqs"), stack.outputs["OutboxDeadLetterQueue"]
    (kept,) = sqs.receive_message(QueueUrl=dead)["Messages"]
    assert json.loads(kept["Body"]) == {"eventID": "damaged"}
    sqs.delete_message(QueueUrl=dead, ReceiptHandle=kept["ReceiptHandle"])
    good = json.loads((EVENTS / "outbox" / "accepted.json").read_text())["Records"][0]
    sqs.send_message(QueueUrl=dead, MessageBody=json.dumps(good))

    assert "1 moved, 0 left" in touchline("redrive", "outbox")
    assert wait_until(lambda: well("outbox"), seconds=PATIENCE_SECONDS)
    assert well("outbox dead letters")


def test_ob_02_nothing_was_lost_on_the_way(owner: Api) -> None:
    told = owner.get("/reports/deliveries/balance").json()
    assert told["announced"] > 0
    assert told["difference"] == 0
