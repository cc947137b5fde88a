"""From an arrival to outcomes: one table of routes, for HTTP, the spill queue and replays alike."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

from touchline.intake.arrival import Arrival, Outcome
from touchline.intake.caller import Caller
from touchline.intake.ports import Desk
from touchline.intake.strict_json import parse_object
from touchline.kernel.errors import Refused

POSTBACK = "/postback"
EVENT = "/event"
CUSTOMER_EVENT = "/customer/{customerId}/event"
TOUCH = "/touch"
IDENTIFY = "/identify"
UPSERT = "/users/upsert"
BATCH = "/batch"

UseCase = Callable[[Desk, Caller, Arrival], Outcome | list[Outcome]]
USE_CASES: Mapping[str, str] = {
    POSTBACK: "postback:postback",
    EVENT: "events:event",
    CUSTOMER_EVENT: "events:customer_event",
    TOUCH: "touches:touch",
    IDENTIFY: "identify:identify",
    UPSERT: "upsert:upsert",
    BATCH: "batch:batch",
}
"""What is done with a request of each route: file and function of this room, loaded when the first
such request comes, since a cold start pays for every import. Doing it twice has one effect."""


MANY: Mapping[str, str] = {BATCH: "items", TOUCH: "touches", UPSERT: "users"}
"""The list in the body of a route that takes many."""


def things_in(route: str, body: bytes) -> int:
    """How many things a request brings, for the limits: items, touches, users with each event."""
    if route not in MANY:
        return 1
    try:
        listed = parse_object(body).get(MANY[route])
    except Refused:
        return 1
    things = listed if isinstance(listed, list) else ()
    return max(1, sum(map(_events_of, things)))


def _events_of(thing: object) -> int:
    events = thing.get("events") if isinstance(thing, dict) else None
    return max(1, len(events)) if isinstance(events, list) else 1


def receive(desk: Desk, caller: Caller, arrival: Arrival) -> list[Outcome]:
    """The outcomes of a request: one, or one per item where the route takes many.

    An outcome with the arrival's own receipt is about the whole request.
    Raises Forbidden for what belongs to others, StoreUnavailable (the arrival may be spilled).
    """
    file, _, name = USE_CASES[arrival.route].partition(":")
    use_case = cast("UseCase", getattr(import_module(f"touchline.intake.{file}"), name))
    outcome = use_case(desk, caller, arrival)
    return outcome if isinstance(outcome, list) else [outcome]
