"""The attribution function from the outside, and what reports say afterwards."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import pytest

from attribution.handler import Function
from attribution.wiring import tools_of
from tests.factories import NOON, a_conversion, a_touch
from tests.reports_api import ReportsApi, a_shop
from touchline.kernel.clock import DAY_MS, HOUR_MS, day_of
from touchline.kernel.ids import EventName, PartnerId, Realm
from touchline.ledger.store import LedgerStore
from touchline.platform.observability import Log
from touchline.platform.settings import Attribution, Aws
from touchline.registry.kinds import EVENT, PARTNER
from touchline.registry.model import EventDefinition, Partner

SHOP = Realm("shop")
TODAY, TOMORROW = day_of(NOON), day_of(NOON + DAY_MS)


def a_night(api: ReportsApi, event: Mapping[str, Any], *, now: int = NOON + DAY_MS) -> Any:
    """Invoke the attribution function over the tables that reports read."""
    settings = Attribution("ledger", "registry", "results")
    api.now = now
    tools = tools_of(settings, Aws(), api.connections, api.clock, api.new_id)
    function = Function(tools, Log("attribution", api.clock, write=api.log.append))
    return function.handle(event, lambda: 900_000)


def a_busy_shop() -> ReportsApi:
    """Two orders from three touches of one person, one visitor who bought nothing."""
    api = a_shop()
    api.declare(EVENT, EventDefinition(EventName("purchase")))
    api.declare(PARTNER, Partner(PartnerId("acme")))
    ledger = LedgerStore(api.connections.table("ledger"))
    for touch in (
        a_touch(channel="email", occurred_at=NOON - 3 * HOUR_MS),
        a_touch(channel="affiliate", partner=PartnerId("acme"), occurred_at=NOON - 2 * HOUR_MS),
        a_touch(channel="ads", occurred_at=NOON + HOUR_MS),
        a_touch(channel="ads", identity="visitor:v9", occurred_at=NOON - HOUR_MS),
    ):
        ledger.put_touch(SHOP, touch)
    ledger.add_conversion(a_conversion(payout_micros=1_000_000, payout_currency="EUR"))
    ledger.add_conversion(
        a_conversion(id="A-2", occurred_at=NOON + 2 * HOUR_MS, value_micros=30_000_000)
    )
    return api


def test_the_night_just_ended_is_run_and_reported() -> None:
    api = a_busy_shop()
    answer = a_night(api, {})

    assert (answer["status"], answer["received"], answer["decided"]) == ("published", 2, 2)
    report = api.get("/reports/attribution", model="linear", from_=TODAY, to=TODAY).body
    earned = {row["channel"]: (row["conversions"], row["value"]) for row in report["rows"]}
    assert earned == {
        "email": (0.833333, "15.00"),
        "affiliate": (0.833333, "15.00"),
        "ads": (0.333333, "10.00"),
    }
    assert report["totals"][0]["value"] == "40.00"
    assert report["published"]["through"] == TODAY


def test_markov_counts_journeys_that_did_not_convert() -> None:
    api = a_busy_shop()
    a_night(api, {})

    report = api.get("/reports/attribution", model="markov_1", from_=TODAY, to=TODAY).body
    earned = {row["channel"]: row["conversions"] for row in report["rows"]}
    assert sum(earned.values()) == pytest.approx(2)
    assert earned["email"] > earned["ads"]


@pytest.mark.parametrize("group", ["campaign", "partner", "event", "day", "kind", "sub1"])
def test_credit_is_divided_by_every_dimension(group: str) -> None:
    api = a_busy_shop()
    a_night(api, {"date": TODAY})

    answer = api.get(
        "/reports/attribution", model="last_touch", group_by=group, from_=TODAY, to=TODAY
    )
    assert answer.status == 200
    assert group == "sub1" or answer.body["totals"][0]["conversions"] == 2.0


def test_a_table_comes_as_csv_where_that_is_accepted() -> None:
    api = a_busy_shop()
    a_night(api, {"date": TODAY})

    answer = api.request(
        "GET",
        "/reports/attribution",
        f"model=last_touch&from={TODAY}&to={TODAY}",
        headers={"accept": "text/csv"},
    )
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["channel"], row["value"]) for row in rows] == [
        ("ads", "30.00"),
        ("affiliate", "10.00"),
    ]


def test_an_unknown_dimension_is_refused_by_name() -> None:
    answer = a_busy_shop().get("/reports/attribution", group_by="colour")

    assert (answer.status, answer.code) == (400, "unknown_dimension")


def test_one_conversions_decision_tells_every_touch_and_why_it_lost() -> None:
    api = a_busy_shop()
    a_night(api, {"date": TODAY})

    told = api.get("/reports/conversions/A-1").body["conversions"][0]["decision"]
    assert told["summary"] == (
        "Credited to 2 touches: email first, affiliate last; 1 more did not count; "
        "acme is paid (user_id)."
    )
    lost = told["candidates"][2]
    assert (lost["channel"], lost["before"], lost["verdict"]["code"]) == (
        *("ads", "1 h after", "after_conversion"),
    )


def test_a_conversion_waits_for_its_night() -> None:
    told = a_busy_shop().get("/reports/conversions/A-1").body

    assert told["conversions"][0]["decision"] is None


def test_a_conversion_that_nobody_sent_is_not_found() -> None:
    assert a_busy_shop().get("/reports/conversions/A-9").code == "not_found"


def test_a_partner_sees_its_own_credit_and_nothing_of_others() -> None:
    api = a_busy_shop()
    a_night(api, {"date": TODAY})
    acme = api.token("shop", partner="acme")

    own = api.get("/reports/attribution", token=acme, group_by="partner", from_=TODAY, to=TODAY)
    assert {row["partner"] for row in own.body["rows"]} == {"acme"}
    for report in ("attribution", "paths", "fits", "unattributed", "match-rate", "runs"):
        assert api.get(f"/reports/{report}", token=acme).status == 403
    assert api.get("/reports/conversions/A-1", token=acme).code == "not_found"


def test_paths_reasons_match_rates_and_runs_are_reported() -> None:
    api = a_busy_shop()
    LedgerStore(api.connections.table("ledger")).add_conversion(
        a_conversion(id="A-3", identities=())
    )
    a_night(api, {"date": TODAY})
    days = {"from_": TODAY, "to": TODAY}

    paths = api.get("/reports/paths", **days).body["rows"]
    assert paths[0]["path"] == ["email", "affiliate", "ads"]
    reasons = api.get("/reports/unattributed", **days).body["rows"]
    assert [(row["reason"], row["conversions"]) for row in reasons] == [("no_identity", 1)]
    rate = api.get("/reports/match-rate", **days).body
    assert (rate["rate"], rate["rows"][0]["matched"]) == (0.666667, 2)
    runs = api.get("/reports/runs", **days).body["rows"]
    assert [(run["run"], run["status"]) for run in runs] == [(f"{TODAY}.1", "published")]


def test_what_a_model_was_fitted_on_and_found_is_reported() -> None:
    """Two in three convert. Without email or affiliate one in six would, through ads; without ads
    one in three."""
    api = a_busy_shop()
    a_night(api, {"date": TODAY})
    found = api.get("/reports/fits", from_=TODAY, to=TOMORROW, model="markov_1").body

    assert (found["day"], found["refitted"]) == (TODAY, False)
    assert [(one["journeys"], one["conversions"]) for one in found["fits"]] == [(3, 2)]
    assert {row["channel"]: (row["removal_effect"], row["share"]) for row in found["rows"]} == {
        "ads": (0.5, 0.25),
        "affiliate": (0.75, 0.375),
        "email": (0.75, 0.375),
    }
    assert {
        (row["from"], row["to"]): round(row["probability"], 3) for row in found["transitions"]
    } == {
        ("(start)", "ads"): 0.333,
        ("(start)", "email"): 0.667,
        ("email", "affiliate"): 1.0,
        ("affiliate", "ads"): 0.5,
        ("affiliate", "(conversion)"): 0.5,
        ("ads", "(conversion)"): 0.5,
        ("ads", "(null)"): 0.5,
    }
    assert api.get("/reports/fits", from_=TOMORROW, to=TOMORROW).body["rows"] == []
    assert api.get("/reports/fits", model="guess").code == "unknown_model"


def test_other_rules_are_tried_without_changing_anything() -> None:
    api = a_busy_shop()
    a_night(api, {"date": TODAY})
    before = api.connections.table("results").items()

    tried = a_night(
        api,
        {
            "from": TODAY,
            "to": TODAY,
            "account": "shop",
            "dry_run": True,
            "rules": {"minimum_seconds": 9000},
        },
    )
    assert (tried["status"], tried["changed"]) == ("dry_run", {"credited_otherwise": 2})
    moved = {
        row["value"]: (row["conversions_before"], row["conversions_after"])
        for row in tried["difference"]
        if (row["model"], row["dimension"]) == ("last_touch", "channel")
    }
    assert moved == {"ads": (1.0, 0.0), "affiliate": (1.0, 1.0), "email": (0.0, 1.0)}
    assert api.connections.table("results").items() == before


def test_tried_rules_are_published_on_request_under_a_version_of_their_own() -> None:
    api = a_busy_shop()
    a_night(api, {"date": TODAY})

    done = a_night(
        api,
        {
            "from": TODAY,
            "to": TODAY,
            "account": "shop",
            "rules": {"minimum_seconds": 9000},
        },
    )
    assert done["restated"] == [TODAY]
    decision = api.get("/reports/conversions/A-1").body["conversions"][0]["decision"]
    assert decision["rules_version"].startswith("1+")
    assert decision["cause"] == "recomputed"


@pytest.mark.parametrize(
    "event",
    [
        {"date": "2026-02-30"},
        {"from": "2026-01-02", "to": "2026-01-01"},
        {"from": "2026-01-02"},
        {"colour": "red"},
        {"rules": {}, "date": TODAY},
    ],
)
def test_an_impossible_night_is_refused_by_name(event: dict[str, Any]) -> None:
    answer = a_night(a_busy_shop(), event)

    assert (answer["status"], answer["error"]["code"]) == ("refused", "bad_night")


def test_an_unknown_rule_is_refused_by_name() -> None:
    event = {"date": TODAY, "account": "shop", "dry_run": True, "rules": {"colour": 1}}

    assert a_night(a_busy_shop(), event)["error"]["code"] == "bad_rules"


def test_credit_is_counted_by_day_event_and_a_dimension_at_once() -> None:
    api = a_busy_shop()
    a_night(api, {})

    whole = api.get("/reports/attribution", model="linear", from_=TODAY, to=TODAY).body
    parts = api.get(
        "/reports/attribution", model="linear", group_by="day,event,channel", from_=TODAY, to=TODAY
    ).body

    assert parts["totals"] == whole["totals"]
    assert {(row["day"], row["event"]) for row in parts["rows"]} == {(TODAY, "purchase")}
    assert {row["channel"] for row in parts["rows"]} == {row["channel"] for row in whole["rows"]}


def test_two_dimensions_of_touches_are_not_counted_together() -> None:
    answer = a_busy_shop().get("/reports/attribution", group_by="channel,campaign")

    assert (answer.status, answer.code) == (400, "unknown_dimension")


def test_a_channel_is_told_what_it_began_assisted_and_ended() -> None:
    api = a_busy_shop()
    a_night(api, {})
    asked = {"from_": TODAY, "to": TODAY}

    rows = api.get("/reports/assists", **asked).body["rows"]

    paths = api.get("/reports/paths", **asked).body["rows"]
    for row in rows:
        own = [one for one in paths if row["channel"] in one["path"]]
        ended = sum(one["conversions"] for one in own if one["path"][-1] == row["channel"])
        assert row["last"] == ended
        assert row["assisted"] == sum(one["conversions"] for one in own) - ended
        begun = [one for one in own if one["path"][0] == row["channel"]]
        assert row["first"] == sum(one["conversions"] for one in begun)
    assert sum(row["last"] for row in rows) == sum(one["conversions"] for one in paths) > 0


def test_what_a_channel_assisted_is_not_for_partners() -> None:
    api = a_busy_shop()

    answer = api.get("/reports/assists", token=api.token("shop", partner="acme"))

    assert answer.code == "forbidden_account"
