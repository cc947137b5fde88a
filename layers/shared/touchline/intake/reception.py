"""From an arrival to outcomes: one table of routes, for HTTP, the spill queue and replays alike."""

from collections.abc import Callable, Mapping

from touchline.intake.arrival import Arrival, Outcome
from touchline.intake.batch import batch
from touchline.intake.caller import Caller
from touchline.intake.events import customer_event, event
from touchline.intake.identify import identify
from touchline.intake.ports import Desk
from touchline.intake.postback import postback
from touchline.intake.touches import touch
from touchline.intake.upsert import upsert

POSTBACK = "/postback"
EVENT = "/event"
CUSTOMER_EVENT = "/customer/{customerId}/event"
TOUCH = "/touch"
IDENTIFY = "/identify"
UPSERT = "/users/upsert"
BATCH = "/batch"

UseCase = Callable[[Desk, Caller, Arrival], Outcome | list[Outcome]]
USE_CASES: Mapping[str, UseCase] = {
    POSTBACK: postback,
    EVENT: event,
    CUSTOMER_EVENT: customer_event,
    TOUCH: touch,
    IDENTIFY: identify,
    UPSERT: upsert,
    BATCH: batch,
}
"""What is done with a request of each route. Doing it twice with one arrival has one effect."""


def receive(desk: Desk, caller: Caller, arrival: Arrival) -> list[Outcome]:
    """The outcomes of a request: one, or one per item where the route takes many.

    An outcome with the arrival's own receipt is about the whole request.
    Raises Forbidden for what belongs to others, StoreUnavailable (the arrival may be spilled).
    """
    outcome = USE_CASES[arrival.route](desk, caller, arrival)
    return outcome if isinstance(outcome, list) else [outcome]
