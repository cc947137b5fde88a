"""Events, delays, cohorts, goals and the overview, computed from published measures."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from touchline.kernel.clock import next_day
from touchline.kernel.errors import Refused
from touchline.kernel.ids import EventName, PartnerId, Realm
from touchline.ledger.decisions import WHOLE
from touchline.ledger.measures import BUCKETS, Cohort, Measures, Name, Traffic, measures_row
from touchline.ledger.result_keys import credit_sk
from touchline.platform.dynamo import Item
from touchline.registry.model import EventDefinition, Goal
from touchline.reporting.ask import Ask, Days
from touchline.reporting.credit import credit_ask, credit_report
from touchline.reporting.events import (
    Found,
    Part,
    cohort_report,
    decimal_share,
    delay_report,
    event_report,
    parts_of,
)
from touchline.reporting.goals import days_needed, period_of, progress
from touchline.reporting.overview import overview

SHOP = Realm("shop")
DAYS = Days("2026-01-01", "2026-01-02")


def a_part(day: str = "2026-01-01", currency: str = "EUR", **stated: object) -> Part:
    values = {"conversions": 4, "attributed": 3, "value_micros": 40_000_000, **stated}
    return Part(day, "purchase", currency, Measures(**values))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Pointed:
    day: str
    version: str = "v1"
    was: str = ""
    restated: bool = False
    refitted: bool = False


@dataclass
class CountingShelf:
    """What was published, and how often it was read."""

    rows: dict[str, list[Item]]
    reads: list[str] = field(default_factory=list)

    def pointers(self, _realm: Realm, first: str, last: str) -> list[Pointed]:
        self.reads.append("pointers")
        return [Pointed(day) for day in sorted(self.rows) if first <= day <= last]

    def version(self, _realm: Realm, day: str, _version: str, prefix: str) -> Iterator[Item]:
        self.reads.append(day)
        yield from (row for row in self.rows[day] if str(row["sk"]).startswith(prefix))


def in_turn(work, over):
    return [work(one) for one in over]


def a_shelf(conversions: int) -> CountingShelf:
    days = [next_day("2026-01-01", by) for by in range(90)]
    whole, acme = Name("purchase", "EUR"), Name("purchase", "EUR", "acme")
    measures = Measures(conversions=conversions)
    return CountingShelf(
        {
            day: [measures_row(SHOP, day, "v1", name, measures) for name in (whole, acme)]
            for day in days
        }
    )


@pytest.mark.parametrize("conversions", [1, 1_000_000])
def test_ninety_days_take_the_same_reads_whatever_the_number_of_conversions(
    conversions: int,
) -> None:
    shelf = a_shelf(conversions)
    ask = Ask(SHOP, Days("2026-01-01", "2026-03-31"))

    parts = parts_of(shelf, ask, in_turn)

    assert sum(part.measures.conversions for part in parts) == 90 * conversions
    assert len(shelf.reads) == 1 + 90


def test_a_partner_reads_its_own_measures_and_nobody_elses() -> None:
    shelf = a_shelf(5)
    theirs = Ask(SHOP, Days("2026-01-01", "2026-01-01"), partner=PartnerId("acme"))
    others = Ask(SHOP, Days("2026-01-01", "2026-01-01"), partner=PartnerId("acm"))

    assert len(parts_of(shelf, theirs, in_turn)) == 1
    assert parts_of(shelf, others, in_turn) == []


def test_events_and_currencies_are_filtered_on_request() -> None:
    shelf = a_shelf(5)
    ask = Ask(SHOP, Days("2026-01-01", "2026-01-01"), currency="USD")

    assert parts_of(shelf, ask, in_turn) == []


def test_an_event_has_its_sum_and_its_days() -> None:
    report = event_report(Found([a_part(), a_part("2026-01-02", conversions=1)], {}), DAYS)

    (event,) = report["events"]
    assert (event["conversions"], event["value"]) == (5, "80.00")
    assert [day["conversions"] for day in event["days"]] == [4, 1]


def test_currencies_are_never_added() -> None:
    report = event_report(Found([a_part(), a_part(currency="USD")], {}), DAYS)

    assert [event["currency"] for event in report["events"]] == ["EUR", "USD"]


def test_rates_are_of_the_days_whose_traffic_is_known() -> None:
    parts = [a_part(), a_part("2026-01-02", conversions=9)]

    report = event_report(Found(parts, {"2026-01-01": Traffic(people=8, sessions=16)}), DAYS)

    (event,) = report["events"]
    assert (event["rate_per_user"], event["rate_per_session"]) == (0.5, 0.25)
    assert report["traffic"] == {"days": 1, "users": 8, "sessions": 16}


def test_without_traffic_there_is_no_rate() -> None:
    (event,) = event_report(Found([a_part()], {}), DAYS)["events"]

    assert (event["rate_per_user"], event["rate_per_session"]) == (None, None)


def test_delays_have_a_mean_and_every_bucket() -> None:
    first = tuple(3 if bucket == 2 else 0 for bucket in range(BUCKETS))

    report = delay_report([a_part(from_first=first, first_seconds=3_000)], DAYS)

    (event,) = report["events"]
    assert event["mean_first_seconds"] == 1_000
    assert event["buckets"][2] == {"below_seconds": 1800, "from_first": 3, "from_last": 0}
    assert event["buckets"][-1]["below_seconds"] is None


def test_an_event_that_nobody_earned_has_no_delays() -> None:
    assert delay_report([a_part(attributed=0)], DAYS)["events"] == []


def test_cohorts_put_credit_on_the_day_of_the_touch() -> None:
    linear = {"linear": {"2025-12-31": Cohort(500_000_000, 5_000_000)}}
    parts = [a_part(cohorts=linear), a_part("2026-01-02", cohorts=linear)]

    report = cohort_report(parts, DAYS, "linear")

    (event,) = report["events"]
    assert event["by_touch_day"] == [{"day": "2025-12-31", "conversions": "1", "value": "10.00"}]
    assert [day["conversions"] for day in event["by_conversion_day"]] == [4, 4]


def test_cohorts_of_a_model_that_nobody_knows_are_refused_by_name() -> None:
    parts = [a_part(cohorts={"linear": {"2026-01-01": Cohort(1, 1)}})]

    with pytest.raises(Refused) as refused:
        cohort_report(parts, DAYS, "magic")

    assert refused.value.code == "unknown_model"


def test_empty_data_is_an_empty_answer_and_no_error() -> None:
    assert cohort_report([], DAYS, "linear")["events"] == []
    assert event_report(Found([], {}), DAYS)["events"] == []
    assert overview([], DAYS, "EUR")["totals"]["match_rate"] is None


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "0"),
        (1_000_000_000, "1"),
        (2_500_000_000, "2.5"),
        (1, "0.000000001"),
        (-5, "-0.000000005"),
    ],
)
def test_shares_are_exact_decimals(share: int, said: str) -> None:
    assert decimal_share(share) == said


def test_the_overview_shows_every_day_and_each_currency_apart() -> None:
    dollars = a_part(currency="USD", value_micros=7_000_000)

    page = overview([a_part(), dollars], DAYS, "EUR")

    assert page["totals"]["conversions"] == 8
    assert page["totals"]["values"] == {"EUR": "40.00", "USD": "7.00"}
    assert [(day["day"], day["value"]) for day in page["days"]] == [
        ("2026-01-01", "40.00"),
        ("2026-01-02", "0.00"),
    ]


def test_the_overview_names_why_conversions_earned_nothing() -> None:
    page = overview([a_part(excluded={"forbidden_scope": 1, "not_found": 3})], DAYS, "EUR")

    assert [row["reason"] for row in page["unattributed"]] == ["not_found", "forbidden_scope"]
    assert page["unattributed"][0]["meaning"]


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("day", "2024-02-29", "2024-02-29"),
        ("week", "2024-02-26", "2024-03-03"),
        ("month", "2024-02-01", "2024-02-29"),
    ],
)
def test_a_goal_runs_over_its_calendar_period(period: str, first: str, last: str) -> None:
    assert period_of("2024-02-29", period) == Days(first, last)


def a_goal(target: int = 310, period: str = "month") -> EventDefinition:
    return EventDefinition(EventName("purchase"), goal=Goal(target, period))


def test_a_goal_shows_what_is_done_and_what_is_due() -> None:
    (row,) = progress([a_goal()], [a_part(), a_part("2025-12-31")], "2026-01-10")

    assert (row["done"], row["target"], row["due"]) == (4, 310, 100)


def test_goals_need_the_days_of_their_periods_only() -> None:
    no_goal = EventDefinition(EventName("signup"))

    assert days_needed([a_goal(period="day"), no_goal], "2026-01-10") == Days(
        "2026-01-10", "2026-01-10"
    )
    assert days_needed([no_goal], "2026-01-10") is None


@pytest.mark.parametrize("conversions", [1, 1_000_000])
def test_credit_by_channel_of_ninety_days_takes_two_reads_a_day_whatever_their_number(
    conversions: int,
) -> None:
    days = [next_day("2026-01-01", by) for by in range(90)]
    cells = [["purchase", "EUR", channel, conversions * WHOLE, 10, 0] for channel in "abc"]
    shelf = CountingShelf(
        {
            day: [
                {"sk": credit_sk("channel", model), "body": json.dumps(cells)}
                for model in ("linear", "last_touch")
            ]
            for day in days
        }
    )
    ask = Ask(SHOP, Days("2026-01-01", "2026-03-31"))
    asked = credit_ask("linear,last_touch", "channel", ("linear", "last_touch"))

    report = credit_report(shelf, ask, asked, in_turn)

    assert report["totals"][0]["conversions"] == 3 * 90 * conversions
    assert len(shelf.reads) == 1 + 2 * 90
