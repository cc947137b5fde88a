"""What an operator does to a conversion: approve, reject, hold, release, refund. With history.

Each returns the conversion as it is now; doing it twice with one receipt has one effect.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from touchline.intake.books import HELD, is_locked, refunded, revised
from touchline.intake.ports import Ledger
from touchline.kernel.errors import Conflict, NotFound
from touchline.kernel.ids import Realm, Receipt
from touchline.ledger.model import Conversion, ConversionKey, Status

RACES = 8
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Order:
    """One order of an operator. `version` is what the operator saw, None for whatever is there."""

    realm: Realm
    key: ConversionKey
    receipt: Receipt
    at: int
    reason: str = ""
    version: int | None = None
    lock_after_seconds: int | None = None


def approve(ledger: Ledger, order: Order) -> Conversion:
    """Approve it, whatever it was. Raises NotFound, Conflict (`stale_version`, `locked`)."""
    return _moved(ledger, order, Status.APPROVED)


def reject(ledger: Ledger, order: Order) -> Conversion:
    """Reject it: it earns nothing. Raises as `approve`."""
    return _moved(ledger, order, Status.REJECTED)


def hold(ledger: Ledger, order: Order) -> Conversion:
    """Hold it back with a reason: no later postback releases it. Raises as `approve`."""
    return _moved(ledger, order, Status.HOLD)


def release(ledger: Ledger, order: Order) -> Conversion:
    """Let it go on as it was before it was held. Raises Conflict `not_held`, or as `approve`."""

    def change(conversion: Conversion) -> Conversion:
        if HELD not in conversion.flags:
            raise Conflict("not_held")
        flags = tuple(flag for flag in conversion.flags if flag != HELD)
        return _revised(conversion, order, {"status": _before(conversion), "flags": flags})

    return _changed(ledger, order, change)


def refund(ledger: Ledger, order: Order, amount_micros: int = -1) -> Conversion:
    """Take back an amount (-1: all that is left) by an entry in the books, locked or not.

    Raises NotFound, Conflict (`already_refunded`, `refund_too_large`, `stale_version`).
    """

    def change(conversion: Conversion) -> Conversion:
        return refunded(
            conversion, amount_micros, order.receipt, order.reason, order.at, order.receipt
        )

    return _changed(ledger, order, change)


def _moved(ledger: Ledger, order: Order, status: Status) -> Conversion:
    def change(conversion: Conversion) -> Conversion:
        if is_locked(conversion, order.at, order.lock_after_seconds):
            raise Conflict("locked", "refund it instead")
        flags = tuple(flag for flag in conversion.flags if flag not in {HELD, "unknown_status"})
        if status is Status.HOLD:
            flags = (*flags, HELD)
        if status is conversion.status and flags == conversion.flags:
            return conversion
        return _revised(conversion, order, {"status": status, "flags": flags})

    return _changed(ledger, order, change)


def _revised(conversion: Conversion, order: Order, changes: Mapping[str, object]) -> Conversion:
    cause = f"{OPERATOR}: {order.reason}" if order.reason else OPERATOR
    return replace(revised(conversion, changes, order.at, order.receipt, cause), status_word="")


def _before(conversion: Conversion) -> Status:
    """The status that the last hold replaced."""
    for revision in reversed(conversion.history):
        was = revision.before.get("status")
        if isinstance(was, str) and was != Status.HOLD:
            return Status(was)
    return Status.PENDING


def _changed(
    ledger: Ledger, order: Order, change: Callable[[Conversion], Conversion]
) -> Conversion:
    for _ in range(RACES):
        conversion = ledger.conversion(order.realm, order.key)
        if conversion is None:
            raise NotFound("not_found", "no such conversion")
        if conversion.attempt == order.receipt:
            return conversion
        if order.version is not None and conversion.version != order.version:
            raise Conflict("stale_version", f"it has version {conversion.version}")
        new = change(conversion)
        if new is conversion:
            return conversion
        try:
            ledger.replace_conversion(new, conversion.version)
        except Conflict:
            continue
        return new
    raise Conflict("stale_version", "it keeps changing")
