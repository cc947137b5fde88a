"""What a day's decisions add up to: counts, times to conversion, credit by the day of the touch."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOON
from touchline.kernel.clock import DAY_MS, HOUR_MS
from touchline.kernel.ids import ConversionId, EventName, PartnerId, Realm, TouchId
from touchline.ledger.decisions import (
    ATTRIBUTED,
    EXCLUDED,
    WHOLE,
    Candidate,
    Credit,
    Decision,
    Loser,
    Payout,
)
from touchline.ledger.identity import Identity
from touchline.ledger.measures import (
    Cohort,
    Measures,
    Name,
    day_measures,
    measure_items,
    measures_of,
)
from touchline.ledger.model import ConversionKey

SHOP = Realm("shop")


def a_step(at: int, verdict: str = "") -> Candidate:
    return Candidate(TouchId(f"t{at}"), Identity("crm:7"), "click", "ads", at, verdict=verdict)


def a_decision(order: str = "A-1", *steps: int, **stated: object) -> Decision:
    values = {
        "realm": SHOP,
        "key": ConversionKey(EventName("purchase"), ConversionId(order)),
        "occurred_at": NOON,
        "outcome": ATTRIBUTED if steps else EXCLUDED,
        "reason": "" if steps else "no_eligible_touch",
        "value_micros": 10_000_000,
        "currency": "EUR",
        "candidates": tuple(a_step(at) for at in steps),
        "credits": {"last_touch": (Credit(len(steps) - 1, WHOLE, 10_000_000),)} if steps else {},
        **stated,
    }
    return Decision(**values)  # type: ignore[arg-type]


def measured(decision: Decision) -> Measures:
    return day_measures([decision])[Name("purchase", "EUR")]


def test_a_conversion_is_counted_with_its_value_and_payout() -> None:
    paid = a_decision("A-1", NOON - HOUR_MS, payouts=(Payout(PartnerId("acme"), 500_000, 0),))

    added = measured(paid)

    assert (added.conversions, added.attributed) == (1, 1)
    assert (added.value_micros, added.payout_micros) == (10_000_000, 500_000)


def test_time_to_conversion_is_counted_from_the_first_and_from_the_last_touch() -> None:
    added = measured(a_decision("A-1", NOON - 4 * DAY_MS, NOON - 10 * 60_000))

    assert added.from_first.index(1) == 7  # 3 days to 7 days
    assert added.from_last.index(1) == 2  # 5 to 30 minutes
    assert (added.first_seconds, added.last_seconds) == (4 * 86_400, 600)


def test_a_time_on_an_edge_belongs_to_the_bucket_above() -> None:
    assert measured(a_decision("A-1", NOON - HOUR_MS)).from_first.index(1) == 4


def test_credit_is_kept_by_the_day_of_the_touch() -> None:
    halves = {"linear": (Credit(0, WHOLE // 2, 5_000_000), Credit(1, WHOLE // 2, 5_000_000))}

    added = measured(a_decision("A-1", NOON - DAY_MS, NOON - 1000, credits=halves))

    assert added.cohorts == {
        "linear": {
            "2025-12-31": Cohort(WHOLE // 2, 5_000_000),
            "2026-01-01": Cohort(WHOLE // 2, 5_000_000),
        }
    }


def test_a_conversion_nobody_earned_still_counts_and_names_why() -> None:
    added = measured(a_decision("A-1"))

    assert (added.conversions, added.attributed) == (1, 0)
    assert added.excluded == {"no_eligible_touch": 1}


def test_a_rejected_conversion_does_not_count() -> None:
    added = measured(a_decision("A-1", outcome=EXCLUDED, reason="rejected"))

    assert added == Measures(excluded={"rejected": 1})


def test_events_and_currencies_stand_apart() -> None:
    euros, dollars = a_decision("A-1"), a_decision("A-2", currency="USD")

    assert list(day_measures([dollars, euros])) == [
        Name("purchase", "EUR"),
        Name("purchase", "USD"),
    ]


def test_the_rows_of_a_day_read_back_exactly() -> None:
    decisions = [a_decision("A-1", NOON - HOUR_MS), a_decision("A-2")]

    (item,) = measure_items(SHOP, "2026-01-01", "v1", decisions)

    assert item["sk"] == "measures##purchase#EUR"
    assert measures_of(item) == day_measures(decisions)[Name("purchase", "EUR")]


def test_a_partner_sees_what_it_is_paid_for_by_its_own_touches_only() -> None:
    theirs = replace(a_step(NOON - HOUR_MS), partner=PartnerId("acme"))
    others = a_step(NOON - DAY_MS)
    shared = {"linear": (Credit(0, WHOLE // 2, 5_000_000), Credit(1, WHOLE // 2, 5_000_000))}
    sold = a_decision(
        "A-1",
        NOON,
        candidates=(others, theirs),
        credits=shared,
        payer=PartnerId("acme"),
        payouts=(Payout(PartnerId("acme"), 500_000, 1),),
        losers=(Loser(PartnerId("globex"), "stand_down:coupons"),),
    )

    by_name = day_measures([sold])

    acme = by_name[Name("purchase", "EUR", "acme")]
    assert (acme.conversions, acme.payout_micros, acme.first_seconds) == (1, 500_000, 3600)
    assert acme.cohorts == {"linear": {"2026-01-01": Cohort(WHOLE // 2, 5_000_000)}}
    globex = by_name[Name("purchase", "EUR", "globex")]
    assert globex == Measures(excluded={"stand_down": 1})


@given(st.permutations(range(4)), st.integers(0, 4))
def test_neither_order_nor_splitting_changes_the_sum(order: list[int], cut: int) -> None:
    decisions = [
        a_decision("A", NOON - HOUR_MS),
        a_decision("B", NOON - DAY_MS, NOON - HOUR_MS),
        a_decision("C"),
        a_decision("D", outcome=EXCLUDED, reason="refunded"),
    ]
    mixed = [decisions[index] for index in order]
    whole = day_measures(decisions)[Name("purchase", "EUR")]

    parts = [day_measures(part) for part in (mixed[:cut], mixed[cut:])]
    joined = sum((part.get(Name("purchase", "EUR"), Measures()) for part in parts), Measures())

    assert joined == whole
