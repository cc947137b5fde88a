"""A partner's file held against ours: each difference is named with its likely cause."""

import pytest

from tests.factories import NOON
from touchline.kernel.clock import DAY_MS, HOUR_MS
from touchline.reporting.ask import Days
from touchline.reporting.reconcile import (
    AMOUNT,
    ANOTHER_DAY,
    MISSING_HERE,
    MISSING_THERE,
    NAMELESS,
    NEVER,
    STATUS,
    TWICE,
    UNDECIDED,
    UNEXPLAINED,
    UNSENT,
    UNTOLD,
    Difference,
    Ours,
    Theirs,
    reconcile,
    unsettled,
)

DAYS = Days("2025-12-30", "2026-01-03")
FIVE = 5_000_000


def theirs(name: str = "A-1", amount: int | None = FIVE, **stated: str) -> Theirs:
    status = stated.get("status", "")
    return Theirs(
        2, name, amount, stated.get("currency", "EUR"), stated.get("word", status), status
    )


def ours(name: str = "A-1", **stated: object) -> Ours:
    values = {
        "id": name,
        "occurred_at": NOON,
        "paid": True,
        "payout_micros": FIVE,
        "currency": "EUR",
        "value_micros": 50_000_000,
        **stated,
    }
    return Ours(**values)  # type: ignore[arg-type]


def only(told: list[Theirs], *known: Ours) -> Difference:
    by_id = {one.id: [one] for one in known}
    (found,) = reconcile(told, by_id, DAYS)
    return found


def test_what_both_sides_have_alike_is_no_difference() -> None:
    assert reconcile([theirs()], {"A-1": [ours()]}, DAYS) == []


def test_a_file_without_amounts_is_compared_by_id_alone() -> None:
    assert reconcile([theirs(amount=None)], {"A-1": [ours()]}, DAYS) == []


def test_what_never_came_is_missing_here() -> None:
    found = only([theirs()])

    assert (found.kind, found.cause, found.line) == (MISSING_HERE, NEVER, 2)


def test_what_no_night_has_seen_is_told_so() -> None:
    assert only([theirs()], ours(paid=False, decided=False)).cause == UNDECIDED


def test_what_somebody_else_is_paid_for_names_the_reason() -> None:
    found = only([theirs()], ours(paid=False, reason="lost_order:globex"))

    assert (found.kind, found.cause) == (MISSING_HERE, "lost_order:globex")


def test_a_conversion_of_another_day_is_a_matter_of_time_zones() -> None:
    found = only([theirs()], ours(occurred_at=NOON + 3 * DAY_MS))

    assert (found.kind, found.ours, found.cause) == (MISSING_HERE, "2026-01-04", ANOTHER_DAY)


def test_an_id_that_stands_twice_in_the_file_is_paid_once() -> None:
    found = reconcile([theirs(), theirs()], {"A-1": [ours()]}, DAYS)

    assert [one.cause for one in found] == [TWICE]


def test_what_they_do_not_have_is_missing_there() -> None:
    found = only([], ours())

    assert (found.kind, found.ours, found.cause) == (MISSING_THERE, "5.00 EUR", UNTOLD)


def test_what_they_do_not_have_from_the_edge_of_the_range_may_be_another_day_to_them() -> None:
    assert only([], ours(occurred_at=NOON + 2 * DAY_MS + 10 * HOUR_MS)).cause == ANOTHER_DAY


def test_what_we_do_not_pay_them_for_is_not_missing_there() -> None:
    assert reconcile([], {"A-1": [ours(paid=False)]}, DAYS) == []


@pytest.mark.parametrize(
    ("told", "known", "cause"),
    [
        (theirs(currency="USD"), ours(), "other currency: USD there, EUR here"),
        (theirs(amount=50_000_000), ours(), "they count the order's value, we count the payout"),
        (theirs(amount=5_950_000), ours(), "theirs is ours with 19 % tax"),
        (theirs(), ours(payout_micros=6_000_000), "ours is theirs with 20 % tax"),
        (theirs(amount=-FIVE), ours(), "the sign differs"),
        (theirs(amount=500_000_000), ours(), "one side counts in cents"),
        (theirs(), ours(payout_micros=0, refunded=True), "refunded here"),
        (theirs(amount=4_321_000), ours(), "another payout rule"),
    ],
)
def test_other_amounts_have_a_likely_cause(told: Theirs, known: Ours, cause: str) -> None:
    found = only([told], known)

    assert found.kind == AMOUNT
    assert found.cause.startswith(cause)


@pytest.mark.parametrize(
    ("told", "known", "cause"),
    [
        (theirs(status="approved"), ours(status="pending"), UNSENT),
        (theirs(word="wat"), ours(status="approved"), UNEXPLAINED),
        (
            theirs(status="pending"),
            ours(status="approved", changed_at=NOON),
            f"changed here on 2026-01-01; {UNTOLD}",
        ),
    ],
)
def test_another_status_has_a_likely_cause(told: Theirs, known: Ours, cause: str) -> None:
    found = only([told], known)

    assert (found.kind, found.theirs, found.ours) == (STATUS, told.word, known.status)
    assert found.cause == cause


@pytest.mark.parametrize("known", [[], [ours(paid=False, status="rejected")]])
def test_what_both_sides_reject_is_no_difference(known: list[Ours]) -> None:
    assert reconcile([theirs(status="rejected")], {"A-1": known}, DAYS) == []


def test_a_line_without_an_id_is_told_so() -> None:
    assert only([theirs("")]).cause == NAMELESS


@pytest.mark.parametrize(
    ("told", "known", "open_"),
    [
        (theirs(), [], True),
        (theirs(), [ours(paid=False)], True),
        (theirs(), [ours()], False),
        (theirs(amount=1), [ours()], True),
        (theirs(status="approved"), [ours()], True),
        (theirs(""), [], False),
    ],
)
def test_only_lines_that_the_decisions_do_not_settle_are_looked_at(
    told: Theirs, known: list[Ours], open_: bool
) -> None:
    assert unsettled(told, known) is open_
