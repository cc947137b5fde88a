"""How a conversion changes on paper: revisions, entries, the lock date. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from touchline.kernel.clock import SECOND_MS
from touchline.kernel.errors import Conflict
from touchline.kernel.ids import Receipt
from touchline.ledger.model import Conversion, Entry, Revision

HELD = "held"
"""The remark on a conversion that only an operator may release."""


def is_locked(conversion: Conversion, now: int, lock_after_seconds: int | None) -> bool:
    """Whether the books of this conversion are closed."""
    if lock_after_seconds is None:
        return False
    return now > conversion.occurred_at + lock_after_seconds * SECOND_MS


def revised(
    conversion: Conversion, changes: Mapping[str, object], at: int, receipt: Receipt, cause: str
) -> Conversion:
    """The conversion with fields replaced; what they were goes into its history."""
    before = {name: _written(getattr(conversion, name)) for name in changes}
    return replace(
        conversion,
        **changes,  # type: ignore[arg-type]
        history=(*conversion.history, Revision(at, receipt, cause, before)),
        changed_at=at,
        attempt=receipt,
        version=conversion.version + 1,
    )


def entered(conversion: Conversion, entry: Entry) -> Conversion:
    """The conversion with one more entry in its books."""
    return replace(
        conversion,
        entries=(*conversion.entries, entry),
        changed_at=entry.at,
        attempt=entry.receipt,
        version=conversion.version + 1,
    )


def refunded(
    conversion: Conversion,
    amount_micros: int,
    entry_id: str,
    reason: str,
    at: int,
    receipt: Receipt,
) -> Conversion:
    """The conversion with a refund: -1 takes back all that is left. Payout goes in proportion.

    Raises Conflict `already_refunded` when nothing is left, `refund_too_large`.
    """
    left, payout_left = conversion.net_value_micros, conversion.net_payout_micros
    if any(entry.kind == "refund" for entry in conversion.entries) and left <= 0:
        raise Conflict("already_refunded")
    amount = left if amount_micros < 0 else amount_micros
    if amount > left:
        raise Conflict("refund_too_large")
    payout = payout_left if amount == left else payout_left * amount // left
    entry = Entry(entry_id, "refund", -amount, -payout, reason, at, receipt)
    return entered(conversion, entry)


MAX_WRITTEN = 255


def _written(value: object) -> str | int | None:
    """How a field's former value stands in the history; long ones cut (the raw requests stay)."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, Mapping):
        text = " ".join(f"{name}={value[name]}" for name in sorted(value))
    elif isinstance(value, tuple):
        text = " ".join(str(part) for part in value)
    else:
        text = str(value)
    return text[:MAX_WRITTEN]
