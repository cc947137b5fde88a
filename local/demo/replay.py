"""Sends the journeys in, as back ends and partners would: touches in batches, conversions by a mix
of routes. Everything goes through the public HTTP API."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from decimal import Decimal
from typing import Any

from local.api import Answer, Api
from local.demo.journeys import Journey
from local.progress import counted

ACCOUNT = "shop"
DOMAIN = "crm"
EVENT = "purchase"
BATCH = 250
SENDERS = 4


class Unexpected(Exception):
    """The stack answered something else than it should."""


def expect(answer: Answer, what: str, outcomes: Sequence[str] = ("stored",)) -> Answer:
    """The answer, if it is a 200 with one of these outcomes. Raises Unexpected."""
    if answer.status != 200 or (outcomes and answer.outcome not in outcomes):
        said = answer.body[:400].decode(errors="replace")
        raise Unexpected(f"{what}: {answer.status} {answer.outcome}: {said}")
    return answer


def money(micros: int) -> str:
    """Micros as a decimal string: `12.340000`."""
    return str(Decimal(micros).scaleb(-6))


def touches_of(journey: Journey) -> list[dict[str, Any]]:
    """One batch item per touch."""
    return [
        {
            "type": "touch",
            "user_domain": DOMAIN,
            "user_id": journey.user_id,
            "kind": "click",
            "channel": channel,
            "occurred_at": at,
            "id": f"{journey.user_id}-{number}",
        }
        for number, (channel, at) in enumerate(
            zip(journey.channels, journey.touched_at, strict=True)
        )
    ]


def by_event(api: Api, journey: Journey) -> Answer:
    """`POST /event`: the time in milliseconds."""
    return api.post(
        "/event",
        {
            "customerId": ACCOUNT,
            "apiName": EVENT,
            "userDomain": DOMAIN,
            "userId": journey.user_id,
            "actionId": journey.order_id,
            "actionTimestamp": journey.converted_at,
            "value": money(journey.value_micros),
        },
    )


def by_customer_event(api: Api, journey: Journey) -> Answer:
    """`POST /customer/{id}/event`: `eventName` instead of `apiName`."""
    return api.post(
        f"/customer/{ACCOUNT}/event",
        {
            "eventName": EVENT,
            "userDomain": DOMAIN,
            "userId": journey.user_id,
            "actionId": journey.order_id,
            "actionTimestamp": journey.converted_at,
            "value": money(journey.value_micros),
        },
    )


def by_postback(api: Api, journey: Journey) -> Answer:
    """`GET /postback` in the native dialect."""
    return api.get(
        "/postback",
        {
            "event": EVENT,
            "conversion_id": journey.order_id,
            "user_domain": DOMAIN,
            "user_id": journey.user_id,
            "occurred_at": journey.converted_at,
            "value": money(journey.value_micros),
            "currency": "USD",
            "status": "approved",
        },
    )


def by_batch(api: Api, journey: Journey) -> Answer:
    """`POST /batch` with one conversion."""
    conversion = {
        "type": "conversion",
        "event": EVENT,
        "conversion_id": journey.order_id,
        "user_domain": DOMAIN,
        "user_id": journey.user_id,
        "occurred_at": journey.converted_at,
        "value": money(journey.value_micros),
        "currency": "USD",
    }
    answer = api.post("/batch", {"items": [conversion]})
    check_items(answer)
    return answer


ROUTES: tuple[Callable[[Api, Journey], Answer], ...] = (
    by_event,
    by_customer_event,
    by_postback,
    by_batch,
)


def check_items(answer: Answer) -> None:
    """Every item of a batch was stored. Raises Unexpected."""
    expect(answer, "batch", outcomes=())
    for result in answer.json()["results"]:
        if result["outcome"] not in ("stored", "duplicate"):
            raise Unexpected(f"an item of a batch: {result}")


def send_touches(api: Api, journeys: Sequence[Journey]) -> None:
    """All touches, in batches, several senders at once."""
    items = [item for journey in journeys for item in touches_of(journey)]
    batches = [items[at : at + BATCH] for at in range(0, len(items), BATCH)]
    title = f"Replay {len(items)} touches of {len(journeys)} real journeys"
    with ThreadPoolExecutor(SENDERS) as pool, counted(title, len(items)) as done_with:
        sent = {pool.submit(api.post, "/batch", {"items": batch}): batch for batch in batches}
        for done in as_completed(sent):
            check_items(done.result())
            done_with(len(sent[done]))


def send_conversions(api: Api, journeys: Sequence[Journey]) -> None:
    """Every conversion, each by the next of the routes."""
    converting = [journey for journey in journeys if journey.converted_at is not None]
    title = f"Report their {len(converting)} conversions by {len(ROUTES)} routes"
    with ThreadPoolExecutor(SENDERS) as pool, counted(title, len(converting)) as done_with:
        sent = {
            pool.submit(ROUTES[number % len(ROUTES)], api, journey): journey
            for number, journey in enumerate(converting)
        }
        for done in as_completed(sent):
            outcomes = () if b'"results"' in done.result().body else ("stored",)
            expect(done.result(), sent[done].order_id, outcomes)
            done_with(1)
