"""One way of sending, in a process of its own: `python -m benchmarks.delivery_client WAY URL COUNT
AT_ONCE`. Each delivery is rendered and signed anew. Prints seconds, CPU and memory as JSON."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable

from benchmarks.peak import peak_mb
from touchline.delivery.model import Delivery
from touchline.delivery.outcome import after_attempt, attempt_of
from touchline.delivery.request import prepare
from touchline.delivery.sender import HttpSender
from touchline.delivery.verdict import DELIVERED, judge
from touchline.kernel.ids import ConversionId, EndpointId, EventName, Realm
from touchline.ledger.model import ConversionKey
from touchline.registry.model import Endpoint, Secret

NOW = 1_767_268_800_000
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="  # noqa: S105 - of nothing
BODY = json.dumps({"type": "conversion.accepted", "data": {"conversion_id": "A-1", "n": "x" * 300}})


def a_delivery(number: int) -> Delivery:
    """A webhook of a usual size."""
    return Delivery(
        realm=Realm("shop"),
        id=f"dlv_{number:026}",
        endpoint=EndpointId("hook"),
        type="conversion.accepted",
        key=ConversionKey(EventName("purchase"), ConversionId(f"A-{number}")),
        created_at=NOW,
        next_at=NOW,
        facts={"conversion_id": f"A-{number}", "value": "10.00", "currency": "EUR"},
        body=BODY,
        content_type="application/json",
        lease="att_1",
    )


async def all_at_once(count: int, at_once: int, send: Callable[[int], Awaitable[None]]) -> None:
    """Send `count`, never more than `at_once` at a time."""
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            await send(number)

    await asyncio.gather(*(work() for _ in range(at_once)))


async def ours(url: str, count: int, at_once: int) -> None:
    """As the worker does it, less the table: render, sign, guard, send, judge, log entry."""
    endpoint = Endpoint(id=EndpointId("hook"), url=url, secrets=(Secret(SECRET),))
    async with HttpSender(monotonic=time.monotonic, loopback=True) as sender:

        async def send(number: int) -> None:
            delivery = a_delivery(number)
            prepared = prepare(endpoint, delivery, NOW)
            result = await sender.send(prepared.request, 10.0)
            verdict = judge(result, NOW)
            after = after_attempt(delivery, verdict, result.status, NOW, lambda _: 0)
            attempt_of(delivery, after, prepared, result, verdict, NOW)
            if verdict.outcome != DELIVERED:
                raise RuntimeError(verdict.reason)

        await all_at_once(count, at_once, send)


async def with_httpx(url: str, count: int, at_once: int) -> None:
    """httpx's asynchronous client, signing alike."""
    import httpx  # noqa: PLC0415 - only in the process that measures it

    endpoint = Endpoint(id=EndpointId("hook"), url=url, secrets=(Secret(SECRET),))
    limits = httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once)
    async with httpx.AsyncClient(limits=limits, timeout=10.0, trust_env=False) as client:

        async def send(number: int) -> None:
            request = prepare(endpoint, a_delivery(number), NOW).request
            answer = await client.post(url, content=request.body, headers=dict(request.headers))
            answer.raise_for_status()

        await all_at_once(count, at_once, send)


def with_requests(url: str, count: int) -> None:
    """A plain loop with requests, signing alike."""
    import requests  # noqa: PLC0415

    endpoint = Endpoint(id=EndpointId("hook"), url=url, secrets=(Secret(SECRET),))
    with requests.Session() as session:
        session.trust_env = False
        for number in range(count):
            request = prepare(endpoint, a_delivery(number), NOW).request
            answer = session.post(
                url, data=request.body, headers=dict(request.headers), timeout=10.0
            )
            answer.raise_for_status()


def main(way: str, url: str, count: int, at_once: int) -> None:
    """Run one way and say what it took."""
    started = time.perf_counter()
    if way == "requests":
        with_requests(url, count)
    else:
        asyncio.run((ours if way == "ours" else with_httpx)(url, count, at_once))
    seconds = time.perf_counter() - started
    cpu_ms = time.process_time() * 1000 / count
    resident_mb = peak_mb()
    print(json.dumps({"seconds": seconds, "cpu_ms": cpu_ms, "resident_mb": resident_mb}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
