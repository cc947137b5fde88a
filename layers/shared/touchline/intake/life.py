"""The life of a conversion: what a later request about it changes. Pure; every change is a record.

The rules, in their order:
1. The same content once more is a repeat; so is content that an earlier version had, if it comes
   within a day of it (AppMetrica, the most persistent sender we know, repeats for 24 hours).
2. A refund is an entry in the books, full or part; a second full one is refused.
3. The event's duplicate policy decides about the rest (`registry.model.Duplicates`).
4. News of a status never moves it back to pending, nor off a hold that an operator or a fraud
   rule set.
5. After the lock date nothing changes but by correcting entries.
"""

from collections.abc import Mapping

from touchline.intake.books import HELD, entered, is_locked, refunded, revised
from touchline.intake.judge import Draft, with_reason
from touchline.intake.payout import OVER_CAP
from touchline.kernel.clock import DAY_MS
from touchline.kernel.errors import Conflict
from touchline.kernel.ids import ConversionId
from touchline.kernel.values import dataclass
from touchline.ledger.identity import domain_of
from touchline.ledger.model import Conversion, Entry, Status
from touchline.registry.model import Duplicates

MAX_CHANGES = 200
"""Revisions and entries that one row can hold with room to spare (400 KB)."""
MOVED = ("value_micros", "currency", "payout_micros", "payout_currency")


@dataclass(frozen=True, slots=True)
class Same:
    """Nothing new. `reason` says so where there is more to say (`already_refunded`)."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """The conversion as it is now."""

    conversion: Conversion
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Other content that the rules do not take; it is kept beside the conversion."""

    reason: str


@dataclass(frozen=True, slots=True)
class Another:
    """A conversion of its own, under this ID."""

    id: ConversionId


News = Same | Changed | NotTaken | Another


def news(existing: Conversion, draft: Draft, lock_after_seconds: int | None) -> News:
    """What a draft means for the conversion that is there."""
    if _is_repeat(existing, draft.conversion):
        return Same()
    if len(existing.history) + len(existing.entries) >= MAX_CHANGES:
        return NotTaken("too_many_changes")
    if draft.refund is not None:
        return _refund(existing, draft)
    return _by_policy(existing, draft, lock_after_seconds)


def _by_policy(existing: Conversion, draft: Draft, lock_after_seconds: int | None) -> News:
    fresh = draft.conversion
    match draft.duplicates:
        case Duplicates.IGNORE:
            return NotTaken("kept_first")
        case Duplicates.REFUSE:
            return NotTaken("conflicting_repeat")
        case Duplicates.NEW:
            return Another(ConversionId(f"{existing.key.id}~{fresh.digest[:16]}"))
    if is_locked(existing, fresh.received_at, lock_after_seconds):
        return _correction(existing, draft)
    changes = {Duplicates.ADD: _added, Duplicates.OVERWRITE: _overwritten}
    return changes.get(draft.duplicates, _updated)(existing, draft)


def _is_repeat(existing: Conversion, fresh: Conversion) -> bool:
    if fresh.digest == existing.digest or fresh.receipt in _receipts(existing):
        return True
    came_at = existing.received_at
    for revision in existing.history:
        if revision.before.get("digest") == fresh.digest:
            return fresh.received_at - came_at <= DAY_MS
        came_at = revision.at
    return False


def _receipts(existing: Conversion) -> set[str]:
    return {revision.receipt for revision in existing.history} | {
        entry.receipt for entry in existing.entries
    }


def _refund(existing: Conversion, draft: Draft) -> News:
    fresh = draft.conversion
    if draft.refund_id in {entry.id for entry in existing.entries}:
        return Same()
    try:
        taken_back = refunded(
            existing,
            draft.refund if draft.refund is not None else -1,
            draft.refund_id,
            draft.reason,
            fresh.changed_at,
            fresh.receipt,
        )
    except Conflict as conflict:
        repeated = conflict.code == "already_refunded"
        return Same(conflict.code) if repeated else NotTaken(conflict.code)
    return Changed(taken_back, ("refunded",))


def _moves(existing: Conversion, draft: Draft) -> dict[str, object]:
    """The status and money that the sender stated, where they differ from what is there."""
    fresh = draft.conversion
    stated = {
        "status": "status" in draft.stated,
        "value_micros": "value" in draft.stated,
        "currency": "currency" in draft.stated and "value" in draft.stated,
        "payout_micros": fresh.payout_micros != existing.payout_micros
        and ("value" in draft.stated or draft.payout_stated),
        "payout_currency": draft.payout_stated,
    }
    moved: dict[str, object] = {
        name: getattr(fresh, name)
        for name, is_stated in stated.items()
        if is_stated and getattr(fresh, name) != getattr(existing, name)
    }
    if fresh.status_word:
        # A word that nobody explained moves nothing; it is kept until somebody does.
        moved.pop("status", None)
    if "status" in draft.stated and fresh.status_word != existing.status_word:
        moved["status_word"] = fresh.status_word
    return _payable(existing, moved)


def _payable(existing: Conversion, moved: dict[str, object]) -> dict[str, object]:
    """The changes without the payout of one that found no room under a cap."""
    over = OVER_CAP in existing.flags
    return {name: it for name, it in moved.items() if not (over and name == "payout_micros")}


def _updated(existing: Conversion, draft: Draft) -> News:
    moved = _moves(existing, draft)
    blocked = _blocked(existing, moved)
    if blocked:
        return NotTaken(blocked)
    found = tuple(
        known for known in draft.conversion.identities if known not in existing.identities
    )
    if _contradicts(existing, draft.conversion):
        return NotTaken("conflicting_repeat")
    if found:
        moved["identities"] = (*existing.identities, *found)
    if draft.conversion.click_id and not existing.click_id:
        moved["click_id"] = draft.conversion.click_id
    if not moved:
        return Same()
    if draft.reason:
        moved["parameters"] = with_reason(existing.parameters, draft.reason)
    return Changed(_restated(existing, draft, moved, "update"))


def _contradicts(existing: Conversion, fresh: Conversion) -> bool:
    """Whether a repeat names another click, coupon, campaign, partner or person.

    Another ID of a domain in which the conversion has one is another person: two strangers must
    not be joined because a sender used one order number twice.
    """
    pairs = (
        (existing.click_id, fresh.click_id),
        (existing.coupon, fresh.coupon),
        (existing.campaign, fresh.campaign),
        (existing.partner, fresh.partner),
    )
    if any(old and new and old != new for old, new in pairs):
        return True
    known, named = _by_domain(existing), _by_domain(fresh)
    return any(known[domain].isdisjoint(named[domain]) for domain in known.keys() & named.keys())


def _by_domain(conversion: Conversion) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for known in conversion.identities:
        found.setdefault(domain_of(known), set()).add(known)
    return found


def _blocked(existing: Conversion, moved: Mapping[str, object]) -> str:
    if "status" not in moved:
        return ""
    if HELD in existing.flags:
        return "on_hold"
    decided = existing.status in {Status.APPROVED, Status.REJECTED}
    return "stale_status" if decided and moved["status"] is Status.PENDING else ""


def _added(existing: Conversion, draft: Draft) -> News:
    fresh = draft.conversion
    if fresh.currency != existing.currency or _contradicts(existing, fresh):
        return NotTaken("conflicting_repeat")
    moved: dict[str, object] = {
        "value_micros": existing.value_micros + fresh.value_micros,
        "payout_micros": existing.payout_micros + fresh.payout_micros,
    }
    return Changed(_restated(existing, draft, _payable(existing, moved), "add"))


def _overwritten(existing: Conversion, draft: Draft) -> News:
    fresh = draft.conversion
    names = (
        *MOVED,
        *("status", "status_word", "occurred_at", "identities", "click_id", "click_ref"),
        *("clicked_at", "partner", "campaign", "coupon", "source", "subs", "parameters"),
        *("excluded", "consent"),
    )
    moved = {
        name: getattr(fresh, name)
        for name in names
        if getattr(fresh, name) != getattr(existing, name)
    }
    if HELD in existing.flags:
        moved.pop("status", None)
    return Changed(_restated(existing, draft, _payable(existing, moved), "overwrite"))


def _restated(
    existing: Conversion, draft: Draft, moved: dict[str, object], cause: str
) -> Conversion:
    fresh = draft.conversion
    settled = {"unknown_status"} if "status" in draft.stated else set()
    flags = tuple(flag for flag in existing.flags if flag not in settled)
    fresh_flags = tuple(flag for flag in fresh.flags if flag not in flags)
    changes = {**moved, "digest": fresh.digest, "flags": (*flags, *fresh_flags)}
    return revised(existing, changes, fresh.changed_at, fresh.receipt, cause)


def _correction(existing: Conversion, draft: Draft) -> News:
    """After the lock date a change of money, or a rejection, is a correcting entry."""
    fresh = draft.conversion
    moved = _moves(existing, draft)
    if draft.duplicates is Duplicates.ADD:
        value, payout = fresh.value_micros, fresh.payout_micros
    elif moved.get("status") is Status.REJECTED:
        value, payout = -existing.net_value_micros, -existing.net_payout_micros
    elif "currency" in moved:
        return NotTaken("locked")
    else:
        value = fresh.value_micros - existing.net_value_micros if "value_micros" in moved else 0
        payout = fresh.payout_micros - existing.net_payout_micros if "payout_micros" in moved else 0
    if not value and not payout:
        return NotTaken("locked")
    if fresh.digest in {entry.id for entry in existing.entries}:
        return Same()
    entry = Entry(
        fresh.digest, "correction", value, payout, draft.reason, fresh.changed_at, fresh.receipt
    )
    return Changed(entered(existing, entry), ("corrected",))
