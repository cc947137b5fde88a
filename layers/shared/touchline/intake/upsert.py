"""`/users/upsert`: identifiers, attributes and events of users, in one call."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from touchline.intake.arrival import Arrival, Outcome, Result
from touchline.intake.caller import Caller
from touchline.intake.contracts import UPSERT, UPSERT_EVENT, UPSERT_PARAMETERS, UPSERT_USER
from touchline.intake.linking import links_between
from touchline.intake.masking import masked
from touchline.intake.people import known_as, mail_domain, person
from touchline.intake.ports import Desk
from touchline.intake.quarantine import keep, quarantining
from touchline.intake.record import record
from touchline.intake.strict_json import dump, parse_object
from touchline.intake.submission import MAX_EXTRA, Submission
from touchline.kernel.errors import Refused
from touchline.kernel.money import micros_of, plain
from touchline.ledger.identity import Identity


def upsert(desk: Desk, caller: Caller, arrival: Arrival) -> list[Outcome]:
    """One outcome per user, with the outcomes of its events as parts.

    One bad user or event never fails the rest. `skip_hook` and `source` of the whole call count
    for users that say nothing of their own; they are written into what is quarantined, so that a
    replay knows them.
    """
    try:
        body = UPSERT.read(parse_object(arrival.envelope.body))
    except Refused as refused:
        return [keep(desk, caller, arrival, refused)]
    outcomes = []
    for number, user in enumerate(body["users"]):
        inherited = {name: body[name] for name in ("skip_hook", "source") if name in body}
        whole = {**inherited, **user} if isinstance(user, dict) else user
        one = arrival.item(number, dump({"users": [whole]}))
        outcomes.append(_user(desk, caller, one, whole))
    return outcomes


def _user(desk: Desk, caller: Caller, arrival: Arrival, body: Any) -> Outcome:
    try:
        user = UPSERT_USER.read(body)
        identities = _named(user["identifiers"])
    except Refused as refused:
        return keep(desk, caller, arrival, refused)
    about = quarantining(
        desk, caller, arrival, lambda: _known(desk, caller, arrival, identities, user)
    )
    parts = []
    kept = {name: value for name, value in body.items() if name not in {"attributes", "events"}}
    for number, event in enumerate(user.get("events", ())):
        one = arrival.item(number, dump({"users": [{**kept, "events": [event]}]}))
        parts.append(_event(desk, caller, one, user, identities, event))
    return replace(about, parts=tuple(parts))


def _known(
    desk: Desk,
    caller: Caller,
    arrival: Arrival,
    identities: tuple[Identity, ...],
    user: dict[str, Any],
) -> Outcome:
    """Link a user's identities and set the attributes."""
    links = links_between(identities, arrival)
    if links:
        desk.ledger.put_links(caller.realm, links)
    attributes = _attributes(user.get("attributes", {}))
    if attributes:
        desk.ledger.put_attributes(caller.realm, identities[0], attributes, arrival.recorded_at)
    return Outcome(Result.STORED, arrival.receipt)


def _event(
    desk: Desk,
    caller: Caller,
    arrival: Arrival,
    user: dict[str, Any],
    identities: tuple[Identity, ...],
    body: Any,
) -> Outcome:
    def work() -> Outcome:
        return record(desk, caller, arrival, _submission(user, identities, UPSERT_EVENT.read(body)))

    return quarantining(desk, caller, arrival, work)


def _submission(
    user: dict[str, Any], identities: tuple[Identity, ...], event: dict[str, Any]
) -> Submission:
    said = UPSERT_PARAMETERS.read(event.get("event_params", {}), "event_params")
    extras = {
        name: str(value)[:MAX_EXTRA]
        for name, value in said.items()
        if name not in UPSERT_PARAMETERS.fields and not isinstance(value, dict | list)
    }
    return Submission(
        event=event["event_name"],
        conversion_id=said.get("event_group_id", ""),
        value=_value(said),
        currency=said.get("currency", ""),
        status=said.get("status", ""),
        occurred_at=event["timestamp"],
        identities=identities,
        mail_domain=mail_domain(user["identifiers"].get("email", "")),
        coupon=said.get("coupon", ""),
        source=user.get("source", ""),
        extras=extras,
        skip_hook=user.get("skip_hook", False),
        strict_time=True,
    )


def _value(said: dict[str, str]) -> str:
    """Unit price times quantity, exactly; a price that is no amount stays as it came."""
    price, quantity = said.get("unit_price", ""), said.get("quantity", "")
    if not price or not quantity:
        return price
    try:
        return plain(micros_of(price) * micros_of(quantity) // 1_000_000)
    except ValueError as error:
        raise Refused("bad_amount", str(error), field="event_params.quantity") from error


def _named(identifiers: dict[str, Any]) -> tuple[Identity, ...]:
    found = tuple(dict.fromkeys(_identities(identifiers)))
    if not found:
        raise Refused("no_person", "email, phone, uuid or a custom identifier")
    return found


def _identities(identifiers: dict[str, Any]) -> Iterator[Identity]:
    if identifiers.get("uuid"):
        yield from known_as("uuid", identifiers["uuid"])
    yield from person({name: identifiers.get(name, "") for name in ("email", "phone")})
    for domain, value in identifiers.get("custom", {}).items():
        yield from known_as(domain, value)


def _attributes(attributes: Any) -> dict[str, str]:
    if not isinstance(attributes, dict):
        return {}
    scalars = {
        name[:64]: str(value)[:MAX_EXTRA]
        for name, value in attributes.items()
        if not isinstance(value, dict | list)
    }
    return dict(masked(dict(list(scalars.items())[:60]))[0])
