"""What a change of a row means to those outside: accepted, updated, reversed, decided.

A conversion counts while it is pending or approved and not excluded. Coming to count is
`conversion.accepted`, ceasing to is `conversion.reversed`, as is money that was taken back; any
other change of what a receiver was told is `conversion.updated`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from touchline.kernel.ids import Realm
from touchline.ledger.decisions import Decision
from touchline.ledger.model import ERASED, Conversion, ConversionKey, Status

ACCEPTED = "conversion.accepted"
UPDATED = "conversion.updated"
REVERSED = "conversion.reversed"
DECIDED = "attribution.decided"
DISABLED = "endpoint.disabled"
EXHAUSTED = "delivery.exhausted"
TYPES = (ACCEPTED, UPDATED, REVERSED, DECIDED, DISABLED, EXHAUSTED)
"""Every type there is; the last two tell an account's own systems about its deliveries."""


@dataclass(frozen=True, slots=True)
class News:
    """One thing to tell. `mark` tells this change from every other of the same row."""

    realm: Realm
    type: str
    key: ConversionKey
    mark: str
    at: int  # when the change was recorded
    conversion: Conversion | None = None
    decision: Decision | None = None
    restated: bool = False
    reason: str = ""
    test: bool = False
    ad_ids: Mapping[str, str] = field(default_factory=dict)  # gclid, fbclid, … of the click


def of_conversion(before: Conversion | None, now: Conversion, at: int) -> News | None:
    """The news of a conversion's change; None when nobody outside needs to know."""
    if before is not None and ERASED in set(now.flags) - set(before.flags):
        return None  # the person was taken out of it; privacy tells who was told
    told = before is not None and counts(before)
    if not counts(now):
        kind = REVERSED if told else ""
    elif before is None or not told:
        kind = ACCEPTED
    elif _taken_back(before, now):
        kind = REVERSED
    else:
        kind = UPDATED if _told(before) != _told(now) else ""
    if not kind:
        return None
    reason = _why(now) if kind == REVERSED else ""
    return News(
        now.realm,
        kind,
        now.key,
        str(now.version),
        at,
        conversion=now,
        reason=reason,
        restated=kind != ACCEPTED,
    )


def of_decision(before: Decision | None, now: Decision, mark: str, at: int) -> News | None:
    """The news of a decision; None when a later run decided the same."""
    if before is not None and _decided(before) == _decided(now):
        return None
    return News(
        now.realm,
        DECIDED,
        now.key,
        mark,
        at,
        decision=now,
        restated=before is not None,
        reason=now.reason,
    )


def counts(conversion: Conversion) -> bool:
    """Whether it is one that partners are told of."""
    return not conversion.excluded and conversion.status in {Status.PENDING, Status.APPROVED}


def _taken_back(before: Conversion, now: Conversion) -> bool:
    known = {entry.id for entry in before.entries}
    return any(entry.id not in known and entry.value_micros < 0 for entry in now.entries)


def _told(conversion: Conversion) -> Sequence[object]:
    return (
        conversion.status,
        conversion.net_value_micros,
        conversion.currency,
        conversion.net_payout_micros,
        conversion.payout_currency,
        conversion.partner,
        conversion.campaign,
        conversion.coupon,
        conversion.click_id,
        dict(conversion.subs),
        conversion.occurred_at,
    )


def _why(conversion: Conversion) -> str:
    if conversion.excluded:
        return conversion.excluded
    if conversion.status is Status.REJECTED:
        return conversion.parameters.get("reason", "") or "rejected"
    if conversion.status is Status.HOLD:
        return "hold"
    return next((entry.reason for entry in reversed(conversion.entries)), "")


def _decided(decision: Decision) -> Sequence[object]:
    return (
        decision.outcome,
        decision.reason,
        decision.value_micros,
        decision.currency,
        [(one.touch, one.kind, one.channel, one.campaign, one.partner) for one in decision.path],
        decision.credits,
        decision.payer,
        decision.payouts,
        decision.losers,
    )
