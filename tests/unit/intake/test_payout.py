"""What conversions pay, and how caps and tiers hold under a crowd."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import a_conversion
from tests.handlers.ingest_stage import Stage, a_token
from tests.intake_factories import a_registry
from tests.memory_table import MemoryTable
from touchline.kernel.errors import Conflict
from touchline.kernel.ids import CampaignId, EventName, PartnerId, Realm
from touchline.kernel.money import Money
from touchline.ledger.conversion_rows import conversion_of
from touchline.ledger.model import TallyStep
from touchline.ledger.store import LedgerStore
from touchline.registry.commission import Cap, PayoutRule, Tier
from touchline.registry.model import Campaign, Partner
from touchline.registry.payouts import payout, rule_for

ACME = PartnerId("acme")
SPRING = CampaignId("spring")
PURCHASE = EventName("purchase")
EUR_10 = Money(10_000_000, "EUR")


def a_stage(*, campaign: dict[str, Any] | None = None, **partner: Any) -> Stage:
    registry = a_registry(
        partners={ACME: Partner(ACME, **partner)},
        campaigns={SPRING: Campaign(SPRING, **(campaign or {}))},
    )
    return Stage(registry)


def sell(stage: Stage, order: str, token: str = "acme", **said: str) -> Any:
    return stage.postback(
        token, event="purchase", conversion_id=order, value="10", currency="EUR", **said
    ).json


def paid(stage: Stage, *orders: str) -> list[int]:
    return [stage.conversion(order, scope="acme").payout_micros for order in orders]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (PayoutRule(fixed_micros=2_000_000), Money(2_000_000, "EUR")),
        (PayoutRule(fixed_micros=2_000_000, currency="USD"), Money(2_000_000, "USD")),
        (PayoutRule(percent_ppm=75_000), Money(750_000, "EUR")),
        (PayoutRule(fixed_micros=1, percent_ppm=333_333), Money(3_333_331, "EUR")),
    ],
)
def test_a_rule_pays_a_fixed_amount_or_a_share_of_the_value(
    rule: PayoutRule, expected: Money
) -> None:
    assert payout(rule, EUR_10) == expected


def test_a_share_is_rounded_half_up_to_a_micro() -> None:
    assert payout(PayoutRule(percent_ppm=500_000), Money(1, "EUR")).micros == 1


def test_the_rules_of_the_campaign_come_before_those_of_the_partner() -> None:
    general, special = PayoutRule(fixed_micros=1), PayoutRule(fixed_micros=2, event=PURCHASE)
    registry = a_registry(
        partners={ACME: Partner(ACME, payouts=(general,))},
        campaigns={SPRING: Campaign(SPRING, payouts=(special,))},
    )
    assert rule_for(registry, PURCHASE, ACME, SPRING) == special
    assert rule_for(registry, EventName("sign_up"), ACME, SPRING) == general
    assert rule_for(registry, PURCHASE, None, None) is None


def test_a_rule_decides_over_what_the_sender_states() -> None:
    stage = a_stage(payouts=(PayoutRule(fixed_micros=2_000_000),))
    assert "payout_differs" in sell(stage, "A", payout="9")["reasons"]
    assert paid(stage, "A") == [2_000_000]


def test_without_a_rule_what_the_sender_states_counts() -> None:
    stage = a_stage()
    sell(stage, "A", payout="9", payout_currency="USD")
    assert paid(stage, "A") == [9_000_000]


def test_tiers_rise_with_the_conversions_of_the_month() -> None:
    tiers = (Tier(1, fixed_micros=1), Tier(3, fixed_micros=5))
    stage = a_stage(payouts=(PayoutRule(tiers=tiers),))
    for order in "ABCD":
        sell(stage, order)
    assert paid(stage, *"ABCD") == [1, 1, 5, 5]


@pytest.mark.parametrize("period", ["day", "month", "total"])
def test_over_a_cap_a_conversion_is_stored_and_pays_nothing(period: str) -> None:
    stage = a_stage(payouts=(PayoutRule(fixed_micros=5),), caps=(Cap(period, count=2),))
    told = [sell(stage, order) for order in "ABC"]
    assert [one["outcome"] for one in told] == ["stored"] * 3
    assert "over_cap" in told[2]["reasons"]
    assert paid(stage, *"ABC") == [5, 5, 0]


def test_a_cap_of_a_day_is_fresh_the_next_day() -> None:
    stage = a_stage(payouts=(PayoutRule(fixed_micros=5),), caps=(Cap("day", count=1),))
    sell(stage, "A")
    stage.now += 86_400_000
    sell(stage, "B")
    assert paid(stage, "A", "B") == [5, 5]


def test_a_cap_of_payout_lets_through_what_still_fits() -> None:
    stage = a_stage(
        payouts=(PayoutRule(percent_ppm=1_000_000),), caps=(Cap("total", payout_micros=15_000_000),)
    )
    sell(stage, "A")
    sell(stage, "B")
    sell(stage, "C", coupon="")
    assert paid(stage, "A", "B", "C") == [10_000_000, 0, 0]


def test_caps_of_partner_and_campaign_both_hold() -> None:
    stage = a_stage(
        payouts=(PayoutRule(fixed_micros=5),),
        caps=(Cap("total", count=3),),
        campaign={"caps": (Cap("total", count=1, event=PURCHASE),)},
    )
    sell(stage, "A", campaign="spring")
    sell(stage, "B", campaign="spring")
    sell(stage, "C")
    assert paid(stage, *"ABC") == [5, 0, 5]


def test_a_crowd_never_gets_over_a_cap() -> None:
    stage = a_stage(payouts=(PayoutRule(fixed_micros=5),), caps=(Cap("total", count=7),))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: sell(stage, str(n)), range(30)))
    assert sorted(paid(stage, *map(str, range(30)))) == [0] * 23 + [5] * 7


def test_what_is_rejected_or_repeated_takes_no_place_under_a_cap() -> None:
    stage = a_stage(payouts=(PayoutRule(fixed_micros=5),), caps=(Cap("total", count=2),))
    sell(stage, "A", status="rejected")
    sell(stage, "B")
    sell(stage, "B")
    sell(stage, "C")
    assert paid(stage, "B", "C") == [5, 5]


def test_a_later_value_of_a_conversion_over_the_cap_pays_nothing_still() -> None:
    stage = a_stage(payouts=(PayoutRule(percent_ppm=100_000),), caps=(Cap("total", count=1),))
    sell(stage, "A")
    sell(stage, "B")
    stage.now += 1
    stage.postback("acme", event="purchase", conversion_id="B", value="20", currency="EUR")
    stage.postback("acme", event="purchase", conversion_id="A", value="20", currency="EUR")
    assert paid(stage, "A", "B") == [2_000_000, 0]


def test_in_test_mode_nothing_is_capped() -> None:
    stage = a_stage(payouts=(PayoutRule(fixed_micros=5),), caps=(Cap("total", count=1),))
    stage.registrar.tokens["trial"] = a_token("trial", partner=ACME, test=True)
    told = [sell(stage, order, "trial") for order in "ABC"]
    assert not any("over_cap" in one["reasons"] for one in told)
    assert stage.rows("tally") == []


def test_a_step_that_somebody_overtook_is_not_made_and_nothing_is_stored() -> None:
    """tally_moved: conversion and tally are written together or not at all."""
    ledger = LedgerStore(MemoryTable())
    ledger.add_conversion(a_conversion(id="A"), (TallyStep("t", 1, seen=0),))
    with pytest.raises(Conflict, match="tally_moved"):
        ledger.add_conversion(a_conversion(id="B"), (TallyStep("t", 1, seen=0),))
    assert ledger.conversion(Realm("shop"), a_conversion(id="B").key) is None
    assert ledger.tallies(Realm("shop"), ["t", "u"])[0].count == 1


def test_the_coupon_of_a_partner_names_it() -> None:
    stage = a_stage(coupons=("SAVE10",), payouts=(PayoutRule(fixed_micros=5),))
    sell(stage, "A", "own", coupon="save10")
    stored = stage.conversion("A")
    assert (stored.partner, stored.payout_micros) == ("acme", 5)
    assert "by_coupon" in stored.flags


def test_a_partners_click_time_without_a_click_id_becomes_a_touch() -> None:
    """A click that we did not see is credited by the rules of any other click."""
    stage = a_stage(channel="affiliate")
    sell(stage, "A", click_time=str(stage.now - 60_000))
    stored = stage.conversion("A", scope="acme")
    (known,) = stored.identities
    (touch,) = stage.ledger.around(Realm("shop"), known).touches
    assert (touch.occurred_at, touch.partner, touch.channel) == (
        stage.now - 60_000,
        "acme",
        "affiliate",
    )
    sell(stage, "A", click_time=str(stage.now - 60_000))
    assert len(stage.rows("touch")) == 1


def test_what_is_rejected_later_gives_its_place_back() -> None:
    stage = a_stage(payouts=(PayoutRule(fixed_micros=5),), caps=(Cap("total", count=1),))
    sell(stage, "A")
    stage.now += 86_400_000
    sell(stage, "A", status="rejected")
    sell(stage, "B")
    assert paid(stage, "B") == [5]
    assert stage.conversion("A", scope="acme").tallies == ()


def test_what_is_approved_at_last_takes_its_place_or_pays_nothing() -> None:
    stage = a_stage(payouts=(PayoutRule(fixed_micros=5),), caps=(Cap("total", count=2),))
    for order in "ABC":
        sell(stage, order, status="hold")
    stage.now += 1
    told = [sell(stage, order, status="approved") for order in "ABC"]
    assert ["over_cap" in one["reasons"] for one in told] == [False, False, True]
    assert paid(stage, *"ABC") == [5, 5, 0]
    assert stage.conversion("C", scope="acme").history[-1].before["payout_micros"] == 5


def test_what_is_refunded_gives_its_payout_back_and_keeps_its_number() -> None:
    stage = a_stage(
        payouts=(PayoutRule(percent_ppm=1_000_000),), caps=(Cap("total", payout_micros=15_000_000),)
    )
    sell(stage, "A")
    stage.now += 1
    sell(stage, "A", status="refunded")
    sell(stage, "B")
    assert paid(stage, "B") == [10_000_000]
    (tally,) = stage.rows("tally")
    assert (tally["count"], tally["payout_micros"]) == (2, 10_000_000)


def test_the_last_place_of_a_tier_is_given_again() -> None:
    tiers = (Tier(1, fixed_micros=1), Tier(2, fixed_micros=5))
    stage = a_stage(payouts=(PayoutRule(tiers=tiers),))
    sell(stage, "A")
    stage.now += 1
    sell(stage, "A", status="rejected")
    sell(stage, "B")
    sell(stage, "C")
    assert paid(stage, "B", "C") == [1, 5]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ABC"),
            st.sampled_from(["approved", "rejected", "hold", "pending", "refunded"]),
            st.integers(1, 30),
        ),
        max_size=12,
    )
)
def test_a_tally_is_what_stands_in_it_and_never_over_its_cap(
    news: list[tuple[str, str, int]],
) -> None:
    """Whatever becomes of conversions, in whatever order."""
    stage = a_stage(payouts=(PayoutRule(fixed_micros=5),), caps=(Cap("total", count=2),))
    for order, status, value in news:
        stage.now += 1
        said = {"conversion_id": order, "value": str(value), "status": status}
        stage.postback("acme", event="purchase", currency="EUR", **said)
    found = [conversion_of(row) for row in stage.rows("conversion")]
    standing = [one for one in found if one.tallies]
    counted = {"pending", "approved"}
    assert {one.key.id for one in standing} == {
        one.key.id for one in found if one.status in counted and "over_cap" not in one.flags
    }
    tally = next(iter(stage.rows("tally")), {"count": 0, "payout_micros": 0})
    assert tally["count"] == len(standing) <= 2
    assert tally["payout_micros"] == sum(one.net_payout_micros for one in standing)
    assert all(one.payout_micros == 0 for one in found if "over_cap" in one.flags)
