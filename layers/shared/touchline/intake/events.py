"""`/event` and `/customer/{customerId}/event`: one offline conversion of a known user."""

from typing import Any

from touchline.intake.arrival import Arrival, Outcome
from touchline.intake.caller import Caller
from touchline.intake.contracts import CUSTOMER_EVENT, EVENT
from touchline.intake.people import known_as, mail_domain
from touchline.intake.ports import Desk
from touchline.intake.quarantine import quarantining
from touchline.intake.record import record
from touchline.intake.strict_json import parse_object
from touchline.intake.submission import MAX_EXTRA, MAX_EXTRAS, Submission
from touchline.kernel.errors import Refused


def event(desk: Desk, caller: Caller, arrival: Arrival) -> Outcome:
    """Judge and store `POST /event`. Raises Forbidden for another account's `customerId`."""

    def work() -> Outcome:
        body = EVENT.read(parse_object(arrival.envelope.body))
        caller.must_be(body["customerId"])
        return record(desk, caller, arrival, _submission(body, body["apiName"], EVENT.fields))

    return quarantining(desk, caller, arrival, work)


def customer_event(desk: Desk, caller: Caller, arrival: Arrival) -> Outcome:
    """Judge and store `POST /customer/{customerId}/event`."""
    customer = arrival.envelope.path.split("/")[2]
    caller.must_be(customer)

    def work() -> Outcome:
        body = CUSTOMER_EVENT.read(parse_object(arrival.envelope.body))
        if body.get("customerId", customer) != customer:
            raise Refused("account_mismatch", field="customerId")
        submission = _submission(body, body["eventName"], CUSTOMER_EVENT.fields)
        return record(desk, caller, arrival, submission)

    return quarantining(desk, caller, arrival, work)


def _submission(body: dict[str, Any], name: str, known: object) -> Submission:
    return Submission(
        event=name,
        conversion_id=body["actionId"],
        value=body.get("value", ""),
        currency=body.get("currency", ""),
        occurred_at=body["actionTimestamp"],
        identities=known_as(body["userDomain"], body["userId"]),
        mail_domain=mail_domain(body["userId"]),
        source=body.get("source", ""),
        extras=extras_of(body, known),
        strict_time=True,
    )


def extras_of(body: dict[str, Any], known: object) -> dict[str, str]:
    """The scalars of a body that its contract does not name, as text."""
    others = {
        name[:255]: str(value)[:MAX_EXTRA]
        for name, value in body.items()
        if name not in known and not isinstance(value, dict | list)  # type: ignore[operator]
    }
    return dict(list(others.items())[:MAX_EXTRAS])
