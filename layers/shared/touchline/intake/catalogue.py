"""What the event catalogue says about a conversion: was there such an event then, what is it worth.

An event's names have times: a name counts for conversions that occurred while it was borne.
"""

from collections.abc import Mapping

from touchline.kernel.errors import Refused
from touchline.kernel.ids import EventName
from touchline.kernel.values import dataclass
from touchline.registry.model import EventDefinition, NameSpan, ValueRule

PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Naming:
    """The definition that a name leads to; `excluded` is why it does not count at that time."""

    definition: EventDefinition
    excluded: str = ""


def naming(events: Mapping[EventName, EventDefinition], name: str, occurred_at: int) -> Naming:
    """The definition that bore exactly this name at `occurred_at`.

    If an event bears the name at another time only, the conversion is kept and excluded:
    `event_unknown_at_time` (created later) or `renamed_event` (it had another name by then).
    Raises Refused `unknown_event` when no event ever bore the name.
    """
    excluded: Naming | None = None
    for definition in events.values():
        spans = [span for span in _spans(definition) if span.name == name]
        if any(_holds(span, occurred_at) for span in spans):
            return Naming(definition)
        if spans:
            earlier = any(span.to_at is not None and span.to_at <= occurred_at for span in spans)
            excluded = Naming(definition, "renamed_event" if earlier else "event_unknown_at_time")
    if excluded is None:
        raise Refused("unknown_event", name[:64], field="event")
    return excluded


def _spans(definition: EventDefinition) -> tuple[NameSpan, ...]:
    return definition.names or (NameSpan(definition.api_name, definition.created_at),)


def _holds(span: NameSpan, at: int) -> bool:
    return span.from_at <= at and (span.to_at is None or at < span.to_at)


def default_value(definition: EventDefinition, occurred_at: int) -> tuple[int, str | None]:
    """The value (micros, currency) of a conversion that names none, by the rule in force then.

    The currency is "" where the rule names none, None where there is no rule (value 0).
    """
    in_force = [rule for rule in definition.values if rule.from_at <= occurred_at]
    if not in_force:
        return 0, None
    rule = in_force[-1]
    return _worth(rule), rule.currency


def _worth(rule: ValueRule) -> int:
    """Fixed, or close rate × deal size, rounded half up to a micro."""
    if rule.fixed_micros is not None:
        return rule.fixed_micros
    if rule.close_rate_ppm is None or rule.deal_size_micros is None:
        return 0
    return (rule.close_rate_ppm * rule.deal_size_micros + PPM // 2) // PPM
