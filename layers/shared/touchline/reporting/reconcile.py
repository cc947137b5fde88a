"""A partner's list of conversions held against ours: what is missing on which side, what differs,
and the likely cause of each difference."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from touchline.kernel.clock import HOUR_MS, day_of, start_of
from touchline.kernel.money import plain
from touchline.reporting.ask import Days

EDGE_MS = 14 * HOUR_MS
"""Time zones lie at most 14 hours from UTC: so far a conversion may fall on another day there."""
USUAL_TAXES = tuple(Fraction(100 + percent, 100) for percent in (5, 7, 10, 19, 20, 21, 22, 23, 25))
REJECTED = "rejected"
MISSING_HERE, MISSING_THERE, AMOUNT, STATUS = "missing_here", "missing_there", "amount", "status"


@dataclass(frozen=True, slots=True)
class Theirs:
    """One line of the partner's file; `amount_micros` is what it expects to be paid, if told.

    `word` is its status as it wrote it, `status` what the word means; "" for a word that nobody
    explained.
    """

    line: int
    id: str
    amount_micros: int | None = None
    currency: str = ""
    word: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class Ours:
    """What we know of one conversion, whoever is paid for it.

    `paid` is whether this partner is; `reason` says why not. `decided` is whether a night has
    looked at it, `changed_at` the instant of its last change (0 when it is as it came).
    """

    id: str
    occurred_at: int
    paid: bool
    payout_micros: int = 0
    currency: str = ""
    value_micros: int = 0
    value_currency: str = ""
    reason: str = ""
    status: str = ""
    decided: bool = True
    refunded: bool = False
    changed_at: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same on both sides."""

    kind: str
    id: str
    theirs: str
    ours: str
    cause: str
    line: int | None = None

    def plain(self) -> dict[str, Any]:
        """As a row."""
        names = ("kind", "id", "theirs", "ours", "cause", "line")
        return {name: getattr(self, name) for name in names}


def reconcile(
    theirs: Iterable[Theirs], ours: Mapping[str, Sequence[Ours]], days: Days
) -> list[Difference]:
    """Every difference: first in the order of the partner's lines, then what it does not have.

    `ours` holds, by conversion ID, everything known under it, of these days or of others.
    """
    found: list[Difference] = []
    told: set[str] = set()
    for one in theirs:
        if not one.id:
            found.append(_difference(MISSING_HERE, one, "unknown", NAMELESS))
            continue
        if one.id in told:
            found.append(_difference(MISSING_HERE, one, "counted once", TWICE))
            continue
        told.add(one.id)
        found += _compared(one, ours.get(one.id, ()), days)
    for name, known in ours.items():
        if name not in told:
            found += [_not_there(one, days) for one in known if one.paid and _in(one, days)]
    return found


NAMELESS = "the line names no ID"
TWICE = "the file names this ID twice; we pay an ID once"
NEVER = "never received: no conversion has this ID; look for it in quarantine and in their log"
UNDECIDED = "received, and not decided yet: the next night does"
ANOTHER_DAY = "we count it on another UTC day; their days are probably of another time zone"
UNEXPLAINED = "nobody explained this status word: map it in the partner's status_map"
UNSENT = "the change did not reach us: have them send it again"
UNTOLD = "their system did not get or keep the postback: look at its deliveries"


def _compared(one: Theirs, known: Sequence[Ours], days: Days) -> list[Difference]:
    paid = next((each for each in known if each.paid), None)
    if paid is None:
        return [] if one.status == REJECTED else [_not_here(one, known)]
    found = []
    if not _in(paid, days):
        found.append(_difference(MISSING_HERE, one, _day(paid), ANOTHER_DAY))
    if one.amount_micros is not None and not _same_amount(one, paid):
        found.append(_difference(AMOUNT, one, _amount(paid), _amount_cause(one, paid)))
    if one.word and one.status != paid.status:
        found.append(
            Difference(STATUS, one.id, one.word, paid.status, _status_cause(one, paid), one.line)
        )
    return found


def unsettled(one: Theirs, known: Sequence[Ours]) -> bool:
    """Whether the decisions alone do not settle a line: the conversion itself must be looked at."""
    paid = next((each for each in known if each.paid), None)
    if not one.id:
        return False
    if paid is None or one.word:
        return True
    return one.amount_micros is not None and not _same_amount(one, paid)


def _status_cause(one: Theirs, paid: Ours) -> str:
    if not one.status:
        return UNEXPLAINED
    if paid.changed_at:
        return f"changed here on {day_of(paid.changed_at)}; {UNTOLD}"
    return UNSENT


def _not_here(one: Theirs, known: Sequence[Ours]) -> Difference:
    if not known:
        return _difference(MISSING_HERE, one, "unknown", NEVER)
    if not any(each.decided for each in known):
        return _difference(MISSING_HERE, one, "undecided", UNDECIDED)
    reason = next((each.reason for each in known if each.reason), "")
    return _difference(MISSING_HERE, one, "not paid", reason or "another partner is paid for it")


def _not_there(one: Ours, days: Days) -> Difference:
    first, last = start_of(days.first), start_of(days.last) + 24 * HOUR_MS
    on_edge = one.occurred_at - first < EDGE_MS or last - one.occurred_at <= EDGE_MS
    cause = ANOTHER_DAY if on_edge else UNTOLD
    return Difference(MISSING_THERE, one.id, "", _amount(one), cause)


def _amount_cause(one: Theirs, paid: Ours) -> str:
    """The first cause that fits."""
    theirs, ours = one.amount_micros or 0, paid.payout_micros
    causes = (
        (
            bool(one.currency) and one.currency != paid.currency,
            f"other currency: {one.currency} there, {paid.currency} here",
        ),
        (paid.refunded, "refunded here; they still have the amount from before"),
        (theirs == paid.value_micros, "they count the order's value, we count the payout"),
        (theirs == -ours, "the sign differs"),
        (theirs in {ours * 100, ours // 100}, "one side counts in cents"),
        *_taxes(theirs, ours),
    )
    fitting = (cause for fits, cause in causes if fits)
    return next(fitting, "another payout rule, or the value changed after they were told")


def _taxes(theirs: int, ours: int) -> Iterator[tuple[bool, str]]:
    for tax in USUAL_TAXES:
        percent = f"{float((tax - 1) * 100):g} % tax"
        yield theirs == round(ours * tax), f"theirs is ours with {percent}"
        yield round(theirs * tax) == ours, f"ours is theirs with {percent}"


def _same_amount(one: Theirs, paid: Ours) -> bool:
    same_currency = not one.currency or one.currency == paid.currency
    return same_currency and one.amount_micros == paid.payout_micros


def _in(one: Ours, days: Days) -> bool:
    first, last = start_of(days.first), start_of(days.last) + 24 * HOUR_MS
    return first <= one.occurred_at < last


def _difference(kind: str, one: Theirs, ours: str, cause: str) -> Difference:
    amount = "" if one.amount_micros is None else f"{plain(one.amount_micros)} {one.currency}"
    return Difference(kind, one.id, amount.strip(), ours, cause, one.line)


def _amount(one: Ours) -> str:
    return f"{plain(one.payout_micros)} {one.currency}".strip()


def _day(one: Ours) -> str:
    return day_of(one.occurred_at)
