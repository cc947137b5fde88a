"""The reports function from the outside: who may ask what, and what is answered."""

import pytest

from tests.factories import NOON
from tests.reports_api import a_shop
from tests.unit.ledger.test_measures import a_decision, a_step
from touchline.kernel.clock import DAY_MS, HOUR_MS
from touchline.kernel.ids import AccountId, EventName, PartnerId
from touchline.ledger.decisions import Decision, Loser, Payout
from touchline.registry.kinds import ACCOUNT, EVENT
from touchline.registry.model import Account, EventDefinition, Goal

REPORTS = ("overview", "events", "delays", "cohorts")
JANUARY = {"from_": "2026-01-01", "to": "2026-01-31"}


def a_sale(order: str, partner: str) -> Decision:
    """Earned and paid: a click of the partner an hour before noon."""
    click = a_step(NOON - HOUR_MS)
    return a_decision(
        order,
        NOON - HOUR_MS,
        candidates=(click,),
        payer=PartnerId(partner),
        payouts=(Payout(PartnerId(partner), 1_000_000, 0),),
    )


@pytest.mark.parametrize("token", ["", "tl_live_wrong", "Basic abc"])
@pytest.mark.parametrize("report", REPORTS)
def test_nobody_reads_a_report_without_a_valid_token(report: str, token: str) -> None:
    answer = a_shop().get(f"/reports/{report}", token=token)

    assert (answer.status, answer.code) == (401, "unauthorized")


def test_an_expired_token_opens_nothing() -> None:
    api = a_shop()
    token = api.token("shop", expires_at=api.now + HOUR_MS)
    assert api.get("/reports/me", token=token).status == 200

    api.now += DAY_MS

    assert api.get("/reports/me", token=token).code == "unauthorized"


def test_a_token_for_intake_reads_no_report() -> None:
    api = a_shop()

    answer = api.get("/reports/overview", token=api.token("shop", "ingest"))

    assert (answer.status, answer.code) == (403, "forbidden_scope")


def test_an_admin_token_reads_reports_too() -> None:
    api = a_shop()

    assert api.get("/reports/overview", token=api.token("shop", "admin")).status == 200


def test_another_accounts_reports_stay_closed() -> None:
    api = a_shop()
    api.declare(ACCOUNT, Account(AccountId("other")), account="other")

    answer = api.get("/reports/overview", account="other")

    assert (answer.status, answer.code) == (403, "forbidden_account")


def test_an_operators_token_must_say_which_account_it_means() -> None:
    api = a_shop()
    operator = api.token("*", "admin", "report")

    assert api.get("/reports/me", token=operator).code == "account_needed"
    assert api.get("/reports/me", token=operator, account="shop").body["account"]["id"] == "shop"


def test_me_says_who_the_token_is_and_what_may_be_asked_for() -> None:
    me = a_shop().get("/reports/me").body

    assert me["account"] == {"id": "shop", "name": "The shop", "currency": "EUR"}
    assert me["token"]["scopes"] == ["report"]
    assert "linear" in me["models"]


@pytest.mark.parametrize("report", REPORTS)
def test_an_account_without_data_gets_an_empty_answer(report: str) -> None:
    assert a_shop().get(f"/reports/{report}").status == 200


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"from_": "2026-02-30"}, "bad_range"),
        ({"from_": "2026-02-01", "to": "2026-01-01"}, "bad_range"),
        ({"from_": "2020-01-01", "to": "2026-01-01"}, "range_too_long"),
    ],
)
@pytest.mark.parametrize("report", REPORTS)
def test_impossible_ranges_are_refused_by_name(
    report: str, query: dict[str, str], code: str
) -> None:
    answer = a_shop().get(f"/reports/{report}", **query)

    assert (answer.status, answer.code) == (400, code)
    assert answer.body["error"]["hint"]


def test_a_model_that_does_not_exist_is_refused_by_name() -> None:
    api = a_shop()
    api.publish([a_sale("A-1", "acme")])

    answer = api.get("/reports/cohorts", model="magic", **JANUARY)

    assert (answer.status, answer.code) == (400, "unknown_model")


def test_the_overview_sums_what_was_published() -> None:
    api = a_shop()
    api.publish([a_sale("A-1", "acme"), a_sale("A-2", "globex"), a_decision("A-3")])

    page = api.get("/reports/overview", **JANUARY).body

    assert page["totals"] == {
        "conversions": 3,
        "attributed": 2,
        "match_rate": 0.666667,
        "values": {"EUR": "30.00"},
        "payouts": {"EUR": "2.00"},
    }


def test_events_come_as_csv_too_one_line_a_day() -> None:
    api = a_shop()
    api.publish([a_sale("A-1", "acme")])

    answer = api.request(
        "GET",
        "/reports/events",
        "from=2026-01-01&to=2026-01-31",
        headers={"accept": "text/csv"},
    )

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.splitlines() == [
        "event,currency,day,conversions,attributed,value,payout",
        "purchase,EUR,2026-01-01,1,1,10.00,1.00",
    ]


def test_a_partner_sees_its_own_conversions_payouts_and_reasons_only() -> None:
    api = a_shop()
    lost = a_decision(
        "A-9",
        NOON - HOUR_MS,
        payer=PartnerId("globex"),
        losers=(Loser(PartnerId("acme"), "lost_order:globex"),),
    )
    api.publish([a_sale("A-1", "acme"), a_sale("A-2", "globex"), lost])

    page = api.get("/reports/overview", token=api.token("shop", partner="acme"), **JANUARY).body

    assert page["totals"]["conversions"] == 1
    assert page["totals"]["payouts"] == {"EUR": "1.00"}
    assert [row["reason"] for row in page["unattributed"]] == ["lost_order"]


@pytest.mark.parametrize("report", REPORTS)
def test_a_stranger_among_partners_sees_nothing(report: str) -> None:
    api = a_shop()
    api.publish([a_sale("A-1", "acme"), a_sale("A-2", "globex")])

    answer = api.get(f"/reports/{report}", token=api.token("shop", partner="initech"), **JANUARY)

    assert answer.status == 200
    assert "acme" not in answer.text
    assert "globex" not in answer.text
    assert '"conversions":1' not in answer.text


def test_what_is_not_divided_by_partner_is_closed_to_partners() -> None:
    api = a_shop()

    answer = api.get("/reports/goals", token=api.token("shop", partner="acme"))

    assert (answer.status, answer.code) == (403, "forbidden_account")


def test_test_data_and_live_data_never_meet() -> None:
    api = a_shop()
    api.publish([a_sale("A-1", "acme")])

    page = api.get("/reports/overview", token=api.token("shop", test=True), **JANUARY).body

    assert page["totals"]["conversions"] == 0


def test_goals_count_the_calendar_month_whatever_the_range() -> None:
    api = a_shop()
    api.declare(EVENT, EventDefinition(EventName("purchase"), goal=Goal(10)))
    api.publish([a_sale("A-1", "acme")])

    (goal,) = api.get("/reports/goals", from_="2026-01-20", to="2026-01-31").body["goals"]

    assert (goal["done"], goal["target"], goal["due"]) == (1, 10, 10)
