"""What later requests change of a conversion, and what they do not."""

from dataclasses import replace
from typing import Any

import pytest

from tests.factories import NOON
from tests.intake_factories import a_caller, a_registry, an_arrival, an_envelope
from touchline.intake.books import HELD
from touchline.intake.judge import Draft, judge
from touchline.intake.life import Another, Changed, News, NotTaken, Same, news
from touchline.intake.submission import Submission
from touchline.kernel.clock import DAY_MS, HOUR_MS
from touchline.kernel.ids import EventName, Receipt
from touchline.ledger.identity import Identity
from touchline.ledger.model import Conversion, Status
from touchline.registry.model import Duplicates, EventDefinition

PURCHASE = EventName("purchase")


def a_draft(
    at: int = NOON, policy: Duplicates = Duplicates.UPDATE, receipt: str = "", **said: Any
) -> Draft:
    """A request about order A-1, received at `at`."""
    definition = EventDefinition(PURCHASE, duplicates=policy)
    caller = a_caller(a_registry(events={PURCHASE: definition}))
    submission = Submission(**{"event": "purchase", "conversion_id": "A-1", **said})
    arrival = an_arrival(receipt=Receipt(receipt or f"rcp_{at}"), received_at=at)
    return judge(submission, None, caller, arrival)


def stored(**said: Any) -> Conversion:
    return a_draft(**said).conversion


def after(existing: Conversion, draft: Draft, lock: int | None = None) -> Conversion:
    verdict = news(existing, draft, lock)
    assert isinstance(verdict, Changed)
    return verdict.conversion


def reason(verdict: News) -> str:
    assert isinstance(verdict, NotTaken | Same)
    return verdict.reason


LATER = NOON + HOUR_MS


def test_the_same_content_again_is_a_repeat() -> None:
    assert news(stored(value="1"), a_draft(LATER, value="1"), None) == Same()


def test_a_late_repeat_is_a_duplicate() -> None:
    """What an earlier version had comes again within a day: a retry, not news."""
    first = stored(value="1")
    second = after(first, a_draft(LATER, value="2"))
    assert news(second, a_draft(LATER + 1, value="1"), None) == Same()


def test_the_same_content_after_more_than_a_day_is_news_again() -> None:
    second = after(stored(value="1"), a_draft(LATER, value="2"))
    third = after(second, a_draft(NOON + DAY_MS + 1, value="1"))
    assert third.value_micros == 1_000_000


def test_only_what_is_stated_changes() -> None:
    first = stored(value="5", currency="USD", status="pending", coupon="X")
    second = after(first, a_draft(LATER, status="approved"))
    assert second == replace(
        first,
        status=Status.APPROVED,
        digest=second.digest,
        flags=second.flags,
        history=second.history,
        changed_at=LATER,
        attempt=f"rcp_{LATER}",
        version=2,
    )
    assert second.history[0].before["status"] == "pending"
    assert second.history[0].cause == "update"


def test_pending_never_comes_back_after_a_decision() -> None:
    assert reason(news(stored(status="approved"), a_draft(LATER, status="pending"), None)) == (
        "stale_status"
    )


def test_a_rejected_conversion_can_be_approved_again() -> None:
    approved = after(stored(status="rejected"), a_draft(LATER, status="approved"))
    assert approved.status is Status.APPROVED


def test_no_postback_releases_what_an_operator_holds() -> None:
    held = replace(stored(), status=Status.HOLD, flags=(HELD,))
    assert reason(news(held, a_draft(LATER, status="approved"), None)) == "on_hold"


def test_a_word_that_nobody_explained_moves_nothing() -> None:
    second = after(stored(status="approved"), a_draft(LATER, status="vip"))
    assert (second.status, second.status_word) == (Status.APPROVED, "vip")
    assert "unknown_status" in second.flags


def test_an_explained_word_settles_the_unexplained_one() -> None:
    second = after(stored(status="vip"), a_draft(LATER, status="approved"))
    assert (second.status_word, "unknown_status" in second.flags) == ("", False)


def test_identities_that_only_a_repeat_names_are_added() -> None:
    first = stored(value="1", identities=(Identity("crm:7"),))
    fresh = a_draft(LATER, value="1", identities=(Identity("crm:7"), Identity("visitor:v")))
    assert after(first, fresh).identities == (Identity("crm:7"), Identity("visitor:v"))


def test_another_click_under_the_same_id_is_a_conflict() -> None:
    """IN-09, I11: the first is kept."""
    first = stored(click_id="c1", value="1")
    assert reason(news(first, a_draft(LATER, click_id="c2", value="1"), None)) == (
        "conflicting_repeat"
    )


@pytest.mark.parametrize("policy", [Duplicates.UPDATE, Duplicates.ADD])
def test_another_person_under_the_same_id_is_a_conflict(policy: Duplicates) -> None:
    """IN-09: two strangers are not joined because a sender used one order number twice."""
    first = stored(value="1", identities=(Identity("crm:7"), Identity("visitor:v")))
    fresh = a_draft(LATER, policy, value="2", identities=(Identity("crm:8"),))
    assert reason(news(first, fresh, None)) == "conflicting_repeat"


@pytest.mark.parametrize(
    ("policy", "expected"),
    [(Duplicates.IGNORE, "kept_first"), (Duplicates.REFUSE, "conflicting_repeat")],
)
def test_a_policy_may_keep_the_first(policy: Duplicates, expected: str) -> None:
    assert reason(news(stored(value="1"), a_draft(LATER, policy, value="2"), None)) == expected


def test_a_policy_may_add_values() -> None:
    added = after(stored(value="1"), a_draft(LATER, Duplicates.ADD, value="2", payout="1"))
    assert (added.value_micros, added.payout_micros) == (3_000_000, 1_000_000)


def test_an_addition_counts_once_however_often_it_comes() -> None:
    fresh = a_draft(LATER, Duplicates.ADD, value="2")
    added = after(stored(value="1"), fresh)
    third = after(added, a_draft(LATER + 1, Duplicates.ADD, value="4"))
    assert news(third, fresh, None) == Same()


def test_amounts_of_two_currencies_are_not_added() -> None:
    fresh = a_draft(LATER, Duplicates.ADD, value="2", currency="USD")
    assert reason(news(stored(value="1"), fresh, None)) == "conflicting_repeat"


def test_a_policy_may_overwrite_everything() -> None:
    fresh = a_draft(LATER, Duplicates.OVERWRITE, value="2", coupon="NEW", click_id="c2")
    written = after(stored(value="1", coupon="OLD", click_id="c1"), fresh)
    assert (written.value_micros, written.coupon, written.click_id) == (2_000_000, "NEW", "c2")
    assert written.history[0].before["coupon"] == "OLD"


def test_a_policy_may_make_each_content_a_conversion_of_its_own() -> None:
    fresh = a_draft(LATER, Duplicates.NEW, value="2")
    verdict = news(stored(value="1"), fresh, None)
    assert verdict == Another(news_id := verdict.id)  # type: ignore[union-attr]
    assert news_id.startswith("A-1~")


def test_a_full_refund_takes_back_value_and_payout() -> None:
    refunded = after(
        stored(value="10", payout="2"), a_draft(LATER, status="refunded", reason="returned")
    )
    assert (refunded.net_value_micros, refunded.net_payout_micros) == (0, 0)
    assert refunded.entries[0].reason == "returned"


def test_a_second_full_refund_is_refused() -> None:
    refunded = after(stored(value="10"), a_draft(LATER, status="refunded"))
    again = a_draft(LATER + 1, status="refund", reason="once more")
    assert reason(news(refunded, again, None)) == "already_refunded"


def test_partial_refunds_add_up_and_take_payout_in_proportion() -> None:
    first = stored(value="10", payout="2")
    part = after(first, a_draft(LATER, status="refunded", refund_value="4", refund_id="r1"))
    assert (part.net_value_micros, part.net_payout_micros) == (6_000_000, 1_200_000)
    rest = after(part, a_draft(LATER + 1, status="refunded", refund_value="6", refund_id="r2"))
    assert (rest.net_value_micros, rest.net_payout_micros) == (0, 0)


def test_a_refund_that_comes_twice_counts_once() -> None:
    fresh = a_draft(LATER, status="refunded", refund_value="4", refund_id="r1")
    part = after(stored(value="10"), fresh)
    again = a_draft(LATER + 1, status="refunded", refund_value="4", refund_id="r1")
    assert news(part, again, None) == Same()


def test_a_refund_over_what_is_left_is_refused() -> None:
    fresh = a_draft(LATER, status="refunded", refund_value="11")
    assert reason(news(stored(value="10"), fresh, None)) == "refund_too_large"


def test_after_the_lock_date_a_new_value_is_a_correcting_entry() -> None:
    first = stored(value="10")
    corrected = after(first, a_draft(LATER, value="7"), lock=60)
    assert (corrected.value_micros, corrected.net_value_micros) == (10_000_000, 7_000_000)
    assert corrected.entries[0].kind == "correction"


def test_after_the_lock_date_a_rejection_takes_everything_back() -> None:
    corrected = after(stored(value="10", payout="2"), a_draft(LATER, status="rejected"), lock=60)
    assert (corrected.net_value_micros, corrected.net_payout_micros) == (0, 0)
    assert corrected.status is Status.APPROVED


def test_after_the_lock_date_other_news_is_not_taken() -> None:
    assert reason(news(stored(status="pending"), a_draft(LATER, status="approved"), 60)) == "locked"


def test_a_row_never_grows_beyond_what_it_can_hold() -> None:
    full = stored(value="1")
    for n in range(200):
        full = after(full, a_draft(LATER + n, value=str(n + 2)))
    assert reason(news(full, a_draft(LATER + 500, value="0.5"), None)) == "too_many_changes"


def test_a_change_that_was_made_by_this_very_request_is_not_made_again() -> None:
    fresh = a_draft(LATER, Duplicates.ADD, receipt="rcp_x", value="2")
    added = after(stored(value="1"), fresh)
    third = after(added, a_draft(LATER + 1, Duplicates.ADD, value="9"))
    assert news(third, fresh, None) == Same()


def test_the_envelope_of_the_first_request_stays() -> None:
    first = stored(value="1")
    assert after(first, a_draft(LATER, value="2")).envelope == an_envelope()
