"""Cost beside credit: the return on what was spent."""

import pytest

from touchline.kernel.errors import Refused
from touchline.registry.spend import spend_rows, spent_in
from touchline.reporting.returns import returns_dimension, returns_rows


def a_row(**stated: object) -> dict[str, object]:
    return {"day": "2026-01-01", "channel": "ads", "cost": "12.50", "currency": "EUR", **stated}


def refusal(*rows: object) -> str:
    with pytest.raises(Refused) as refused:
        spend_rows(list(rows), "EUR")
    return refused.value.field


def test_cost_is_summed_by_channel_or_by_campaign() -> None:
    rows = spend_rows([a_row(campaign="a"), a_row(campaign="b", currency="usd")], "EUR")

    assert spent_in(rows, "channel") == {("ads", "EUR"): 12_500_000, ("ads", "USD"): 12_500_000}
    assert spent_in(rows, "campaign") == {("a", "EUR"): 12_500_000, ("b", "USD"): 12_500_000}


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("text", "rows[1]"),
        (a_row(day="2026-02-30"), "rows[1].day"),
        (a_row(channel=""), "rows[1].channel"),
        (a_row(campaign=7), "rows[1].campaign"),
        (a_row(cost="12,50"), "rows[1].cost"),
        (a_row(cost="-1"), "rows[1].cost"),
        (a_row(currency="EURO"), "rows[1].currency"),
        (a_row(colour="red"), "rows[1].colour"),
    ],
)
def test_a_wrong_row_is_named_with_its_field(row: object, field: str) -> None:
    assert refusal(row) == field


def test_neither_nothing_nor_too_much_is_taken() -> None:
    assert refusal() == "rows"
    assert refusal(*[a_row()] * 501) == "rows"


def test_a_return_is_value_over_cost() -> None:
    credit = [
        {
            "channel": "ads",
            "currency": "EUR",
            "conversions": 2.5,
            "value": "100.00",
            "payout": "10.00",
        }
    ]

    (row,) = returns_rows({("ads", "EUR"): 40_000_000}, credit, "channel")

    assert (row["roas"], row["cost_per_conversion"], row["profit"]) == (2.5, 16.0, "50.00")


def test_what_cost_nothing_has_no_return_and_what_earned_nothing_returns_nought() -> None:
    credit = [
        {"channel": "email", "currency": "EUR", "conversions": 1, "value": "9.00", "payout": "0.00"}
    ]

    ads, email = returns_rows({("ads", "EUR"): 1_000_000}, credit, "channel")

    assert (ads["roas"], ads["cost_per_conversion"], ads["profit"]) == (0.0, None, "-1.00")
    assert (email["roas"], email["profit"]) == (None, "9.00")


def test_spend_is_grouped_by_channel_or_campaign_only() -> None:
    assert returns_dimension("") == "channel"
    with pytest.raises(Refused) as refused:
        returns_dimension("partner")
    assert refused.value.code == "unknown_dimension"
