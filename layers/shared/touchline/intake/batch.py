"""`/batch`: conversions, touches and identities in one call, each with its own outcome."""

from typing import Any

from touchline.intake.arrival import Arrival, Outcome
from touchline.intake.caller import Caller
from touchline.intake.contracts import BATCH, CONVERSION
from touchline.intake.events import extras_of
from touchline.intake.identify import identify_body
from touchline.intake.people import mail_domain, person
from touchline.intake.ports import Desk
from touchline.intake.quarantine import keep, quarantining
from touchline.intake.record import record
from touchline.intake.strict_json import dump, parse_object
from touchline.intake.submission import MAX_EXTRAS, Submission
from touchline.intake.touches import SUBS, touches
from touchline.kernel.errors import Forbidden, Refused


def batch(desk: Desk, caller: Caller, arrival: Arrival) -> list[Outcome]:
    """One outcome per item, in order; one bad item never fails the rest.

    Links come first, touches next and conversions last, whatever their order in the request, so
    that a conversion finds what came with it.
    """
    try:
        items = BATCH.read(parse_object(arrival.envelope.body))["items"]
    except Refused as refused:
        return [keep(desk, caller, arrival, refused)]
    kinds: dict[str, list[int]] = {}
    for number, item in enumerate(items):
        kind = item.get("type") if isinstance(item, dict) else None
        kinds.setdefault(kind if isinstance(kind, str) else "", []).append(number)
    arrivals = [arrival.item(n, dump({"items": [item]})) for n, item in enumerate(items)]
    outcomes: dict[int, Outcome] = {}
    for n in kinds.pop("identify", ()):
        outcomes[n] = identify_body(desk, caller, arrivals[n], items[n])
    at = kinds.pop("touch", [])
    seen = touches(desk, caller, [(arrivals[n], items[n]) for n in at]) if at else []
    outcomes |= dict(zip(at, seen, strict=True))
    for n in kinds.pop("conversion", ()):
        outcomes[n] = conversion(desk, caller, arrivals[n], items[n])
    for n in (n for rest in kinds.values() for n in rest):
        wrong = Refused("unknown_item_type", "conversion, touch or identify", field="type")
        outcomes[n] = keep(desk, caller, arrivals[n], wrong)
    return [outcomes[n] for n in range(len(items))]


def conversion(desk: Desk, caller: Caller, arrival: Arrival, body: Any) -> Outcome:
    """Judge and store one conversion under our own names."""

    def work() -> Outcome:
        try:
            return record(desk, caller, arrival, _submission(CONVERSION.read(body)))
        except Forbidden as forbidden:
            # One item of another partner is this item's fault, not the batch's.
            raise Refused(forbidden.code, forbidden.detail, field=forbidden.field) from forbidden

    return quarantining(desk, caller, arrival, work)


def _submission(said: dict[str, Any]) -> Submission:
    subs = {name: value for name, value in said.items() if name in SUBS}
    nested = {name: value for name, value in said.get("subs", {}).items() if name in SUBS}
    extras = {**extras_of(said, CONVERSION.fields), **said.get("metadata", {})}
    text = {
        name: said[name]
        for name in (
            *("event", "conversion_id", "value", "payout", "currency", "payout_currency"),
            *("status", "occurred_at", "click_time", "click_id", "click_ref", "partner"),
            *("campaign", "coupon", "reason", "refund_value", "refund_id", "source"),
        )
        if name in said
    }
    return Submission(
        **text,
        identities=person(said),
        mail_domain=mail_domain(said.get("email", "")),
        consent=tuple(said.get("consent", ())),
        subs={**nested, **subs},
        extras=dict(list(extras.items())[:MAX_EXTRAS]),
        skip_hook=said.get("skip_hook", False),
        strict_time=True,
    )
