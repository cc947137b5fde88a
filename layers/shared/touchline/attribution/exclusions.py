"""Which conversions are stored and yet never attributed, with the reason."""

from touchline.ledger.model import Conversion, Status
from touchline.registry.model import EventDefinition, NameSpan, Registry

REFUND = "refund"


def exclusion(conversion: Conversion, registry: Registry) -> str:
    """The reason why the conversion is not attributed; "" when nothing speaks against it."""
    said = (
        (bool(conversion.excluded), conversion.excluded),
        ("test" in conversion.flags, "test"),
        (conversion.status is Status.REJECTED, "rejected"),
        (conversion.status is Status.HOLD, "fraud_hold"),
        (conversion.value_micros < 0, "negative_value"),
        (_given_back(conversion), "refunded"),
    )
    fault = next((code for holds, code in said if holds), "")
    return fault or name_fault(registry, conversion.key.event, conversion.occurred_at)


def name_fault(registry: Registry, name: str, at: int) -> str:
    """Why no event bore exactly this name at that instant; "" when one did."""
    spans = [
        span
        for definition in registry.events.values()
        for span in spans_of(definition)
        if span.name == name
    ]
    if any(span.from_at <= at and (span.to_at is None or at < span.to_at) for span in spans):
        return ""
    if any(span.to_at is not None and span.to_at <= at for span in spans):
        return "renamed_event"
    return "event_unknown_at_time"


def spans_of(definition: EventDefinition) -> tuple[NameSpan, ...]:
    """Every name the event had, with its time; the present one since creation if none is noted."""
    return definition.names or (NameSpan(definition.api_name, definition.created_at),)


def _given_back(conversion: Conversion) -> bool:
    refunded = any(entry.kind == REFUND for entry in conversion.entries)
    return refunded and conversion.net_value_micros <= 0
