"""What an operator does to a conversion: approve, reject, hold, release, refund. Pure."""

from collections.abc import Callable, Mapping

from touchline.intake.books import HELD, entered, is_locked, refunded, revised
from touchline.kernel.errors import Conflict
from touchline.kernel.ids import Receipt
from touchline.kernel.values import dataclass
from touchline.ledger.model import Conversion, Entry, Status


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked: why, by whom, when. `amount_micros` of a refund; None takes back all."""

    who: str
    at: int
    receipt: Receipt
    reason: str = ""
    amount_micros: int | None = None
    entry_id: str = ""
    lock_after_seconds: int | None = None

    def is_late(self, conversion: Conversion) -> bool:
        """Whether the books of the conversion are closed."""
        return is_locked(conversion, self.at, self.lock_after_seconds)


def approve(conversion: Conversion, order: Order) -> Conversion:
    """It counts, and off any hold. Raises Conflict `locked`."""
    return _moved(conversion, order, "approve", Status.APPROVED, held=False)


def hold(conversion: Conversion, order: Order) -> Conversion:
    """It waits for an operator, whatever its sender says. Raises Conflict `locked`."""
    return _moved(conversion, order, "hold", Status.HOLD, held=True)


def release(conversion: Conversion, order: Order) -> Conversion:
    """Off hold, to the status from before. Raises Conflict `not_held`, `locked`."""
    if conversion.status is not Status.HOLD and HELD not in conversion.flags:
        raise Conflict("not_held")
    return _moved(conversion, order, "release", _status_before_hold(conversion), held=False)


def reject(conversion: Conversion, order: Order) -> Conversion:
    """It does not count. After the lock date a correcting entry takes back what is left.

    Raises Conflict `already_refunded` after the lock date when nothing is left.
    """
    if not order.is_late(conversion):
        return _moved(conversion, order, "reject", Status.REJECTED, held=False)
    value, payout = conversion.net_value_micros, conversion.net_payout_micros
    if not value and not payout:
        raise Conflict("already_refunded")
    return entered(
        conversion,
        Entry(
            _entry_id(order), "correction", -value, -payout, _why(order), order.at, order.receipt
        ),
    )


def refund(conversion: Conversion, order: Order) -> Conversion:
    """Take back an amount, or all; the payout in proportion. The same entry ID works once.

    Raises Conflict `already_refunded`, `refund_too_large`.
    """
    if _entry_id(order) in {entry.id for entry in conversion.entries}:
        return conversion
    amount = -1 if order.amount_micros is None else order.amount_micros
    return refunded(conversion, amount, _entry_id(order), _why(order), order.at, order.receipt)


ACTIONS: Mapping[str, Callable[[Conversion, Order], Conversion]] = {
    "approve": approve,
    "reject": reject,
    "refund": refund,
    "hold": hold,
    "release": release,
}
"""Every action by its name in the path. Each gives the conversion itself when nothing changes."""


def _moved(
    conversion: Conversion, order: Order, cause: str, status: Status, *, held: bool
) -> Conversion:
    flags = tuple(flag for flag in conversion.flags if flag != HELD) + ((HELD,) if held else ())
    if conversion.status is status and set(flags) == set(conversion.flags):
        return conversion
    if order.is_late(conversion):
        raise Conflict("locked")
    # A word that nobody explained is settled by the operator's decision.
    flags = tuple(flag for flag in flags if flag != "unknown_status")
    changes: dict[str, object] = {"status": status, "flags": flags}
    if conversion.status_word:
        changes["status_word"] = ""
    return revised(conversion, changes, order.at, order.receipt, f"{cause}: {_why(order)}")


def _status_before_hold(conversion: Conversion) -> Status:
    """What it was when it was put on hold; one that arrived on hold becomes approved."""
    for revision in reversed(conversion.history):
        before = revision.before.get("status")
        if before and before != Status.HOLD:
            return Status(str(before))
    return Status.APPROVED


def _entry_id(order: Order) -> str:
    return order.entry_id or order.receipt


def _why(order: Order) -> str:
    return f"{order.reason} ({order.who})" if order.reason else order.who
