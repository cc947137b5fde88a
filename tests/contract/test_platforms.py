"""Ad platforms over real sockets: a receiver on this machine that reads a request as the platform
documents it, and answers in the documented shape, a rejected item included."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.delivery_world import World, an_endpoint
from tests.receivers import Request, answers, receiver
from touchline.delivery.model import Delivery, State
from touchline.delivery.sender import HttpSender
from touchline.delivery.verdict import Outgoing, Result
from touchline.ledger.identity import Identity, of_email
from touchline.registry.model import EndpointFormat


class Nearby:
    """The real sender, which finds every platform at a port of this machine."""

    def __init__(self, sender: HttpSender, port: int) -> None:
        self._sender = sender
        self._port = port

    async def send(self, request: Outgoing, deadline_seconds: float) -> Result:
        url = urlsplit(request.url)
        assert url.scheme == "https"
        near = f"http://127.0.0.1:{self._port}/{url.netloc}{url.path}"
        wanted = Outgoing(request.method, near, request.headers, request.body)
        return await self._sender.send(wanted, deadline_seconds)


def asked(request: Request) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(request.body)
    return content


def google_answers(request: Request) -> tuple[int, dict[str, Any]]:
    """OAuth, then `uploadClickConversions` with `partialFailure`."""
    if "oauth2.googleapis.com/token" in request.line:
        assert b"grant_type=refresh_token" in request.body
        return 200, {"access_token": "fresh", "expires_in": 3599, "token_type": "Bearer"}
    assert request.headers["authorization"] == "Bearer fresh"
    assert request.headers["developer-token"] == "dev-token-1"
    (conversion,) = asked(request)["conversions"]
    if conversion["gclid"] == "bad":
        code = {"errorCode": {"conversionUploadError": "UNPARSEABLE_GCLID"}}
        failure = {"code": 3, "message": "partial", "details": [{"errors": [code]}]}
        return 200, {"partialFailureError": failure, "results": [{}]}
    action = conversion["conversionAction"]
    return 200, {"results": [{"gclid": conversion["gclid"], "conversionAction": action}]}


def meta_answers(request: Request) -> tuple[int, dict[str, Any]]:
    """The Conversions API."""
    (event,) = asked(request)["data"]
    assert {"event_name", "event_time", "action_source", "user_data"} <= event.keys()
    if event["user_data"].get("fbc", "").endswith(".bad"):
        wrong = {"message": "Invalid parameter", "type": "OAuthException", "code": 100}
        return 400, {"error": {**wrong, "error_subcode": 2804003, "fbtrace_id": "A"}}
    return 200, {"events_received": 1, "messages": [], "fbtrace_id": "A"}


def tiktok_answers(request: Request) -> tuple[int, dict[str, Any]]:
    """The Events API: 200 with a code of its own."""
    (event,) = asked(request)["data"]
    if event["user"].get("ttclid") == "bad":
        return 200, {"code": 40002, "message": "data: invalid", "request_id": "R"}
    return 200, {"code": 0, "message": "OK", "request_id": "R", "data": {}}


Answers = Callable[[Request], tuple[int, dict[str, Any]]]

GOOGLE = {
    "customer_id": "1234567890", "conversion_action": "987", "developer_token": "dev-token-1",
    "client_id": "c", "client_secret": "s", "refresh_token": "r",
}  # fmt: skip
PLATFORMS = {
    EndpointFormat.GOOGLE_ADS: (GOOGLE, "gclid", google_answers),
    EndpointFormat.META_CAPI: (
        {"pixel_id": "555", "access_token": "meta-token-1"},
        "fbclid",
        meta_answers,
    ),
    EndpointFormat.TIKTOK: (
        {"pixel_code": "C1", "access_token": "tt-token-1"},
        "ttclid",
        tiktok_answers,
    ),
}


def delivered(platform: EndpointFormat, click: str) -> Delivery:
    """What came of a conversion with this ad click that was sent to the platform."""
    options, parameter, answered = PLATFORMS[platform]
    endpoint = an_endpoint(id="ads", format=platform, url="", secrets=(), options=options)

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        status, content = answered(request)
        body = json.dumps(content).encode()
        head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n"
        raw = f"{head}content-length: {len(body)}\r\n\r\n".encode() + body
        await answers(raw)(request, writer)

    async def work() -> Delivery:
        async with (
            receiver(behave) as got,
            HttpSender(monotonic=time.monotonic, loopback=True) as sender,
        ):
            world = World(endpoint, sender=Nearby(sender, got.port))
            person = (Identity("crm:7"), *of_email("ann@example.com"))
            world.accept(identities=person, parameters={parameter: click})
            await world.dispatcher().run(world.jobs(), lambda: 60_000)
            return world.only()

    return asyncio.run(work())


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platform_takes_a_conversion_over_the_wire(platform: EndpointFormat) -> None:
    assert delivered(platform, "good").state is State.DELIVERED


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_item_that_a_platform_refuses_is_named_and_not_taken_for_delivered(
    platform: EndpointFormat,
) -> None:
    refused = delivered(platform, "bad")
    assert refused.state is not State.DELIVERED
    assert refused.reason.startswith("platform_rejected:")
