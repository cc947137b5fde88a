"""Exports from the question to the files, and clicks, as each token may see them."""

import csv
import json
from itertools import count
from typing import Any

import pytest

from export.handler import Function
from export.wiring import services_of
from tests.factories import NOON, a_touch
from tests.handlers.test_reports import a_sale
from tests.reports_api import Answer, ReportsApi, a_shop
from touchline.attribution.store import in_turn
from touchline.kernel.clock import DAY_MS, HOUR_MS, SECOND_MS
from touchline.kernel.errors import QueueUnavailable
from touchline.kernel.ids import PartnerId, Realm
from touchline.ledger.model import Touch
from touchline.platform.observability import Log
from touchline.platform.settings import Export
from touchline.registry.kinds import PARTNER
from touchline.registry.model import Partner

SHOP = Realm("shop")
RANGE = {"from_": "2026-01-01", "to": "2026-01-02"}
SETTINGS = Export("ledger", "registry", "results", "deliveries", "exports")


def a_shop_with_partners() -> ReportsApi:
    api = a_shop(now=NOON + HOUR_MS)
    for name in ("acme", "globex"):
        api.declare(PARTNER, Partner(PartnerId(name)))
    return api


def wanted(api: ReportsApi, token: str | None = None, **query: str) -> Answer:
    """Ask for an export."""
    asked = {"from": RANGE["from_"], "to": RANGE["to"], **query}
    text = "&".join(f"{name}={value}" for name, value in asked.items())
    return api.request("POST", "/reports/exports", text, token=token)


def write_all(api: ReportsApi, left_ms: int = 900_000, **more: Any) -> list[dict[str, Any]]:
    """Let the state machine run to its end; what each step answered."""
    services = services_of(SETTINGS, api.connections, api.bucket, api.clock, in_turn)
    log = Log("export", api.clock, write=api.log.append)
    function = Function(services, api.new_id, log)
    answers = []
    for given in api.flow.started:
        for _ in range(20):
            answers.append(function.handle({**given, **more}, lambda: left_ms))
            if answers[-1]["done"]:
                break
    api.flow.started.clear()
    return answers


def files(api: ReportsApi, name: str, token: str | None = None) -> list[str]:
    """What the links of an export lead to."""
    told = api.get(f"/reports/exports/{name}", token=token).body
    keys = [one["url"].split("/", 3)[3].split("?")[0] for one in told["files"]]
    return [api.bucket.files[key].decode() for key in keys]


def a_click(number: int, **stated: Any) -> Touch:
    """Click number so many of partner acme, a minute apart."""
    at = NOON - number * 60 * SECOND_MS
    values = {
        "partner": "acme",
        "listed": True,
        "click_id": f"clk_{number}",
        "id": f"tch_{number}",
        **stated,
    }
    return a_touch(identity=f"click:clk_{number}", occurred_at=at, **values)


def test_decisions_are_exported_in_the_background_and_fetched_by_links() -> None:
    api = a_shop_with_partners()
    api.publish([a_sale("A-1", "acme"), a_sale("A-2", "globex")])

    answer = wanted(api, report="decisions", format="csv")
    before = api.get("/reports/exports").body["rows"]
    write_all(api)

    assert (answer.status, answer.body["state"]) == (202, "running")
    assert [one["state"] for one in before] == ["running"]
    told = api.get(f"/reports/exports/{answer.body['id']}").body
    assert (told["state"], told["progress"], told["rows"]) == ("done", 1.0, 2)
    assert told["files"][0]["name"] == "decisions 2026-01-01 2026-01-02.csv"
    assert "seconds=900" in told["files"][0]["url"]
    (text,) = files(api, told["id"])
    rows = list(csv.DictReader(text.splitlines()))
    assert sorted(row["id"] for row in rows) == ["A-1", "A-2"]
    assert "credit.linear" in rows[0]


def test_an_export_has_the_very_rows_of_the_report() -> None:
    api = a_shop_with_partners()
    api.publish([a_sale(f"A-{number}", "acme") for number in range(30)])

    name = wanted(api, report="decisions", format="jsonl").body["id"]
    write_all(api)

    (text,) = files(api, name)
    assert [json.loads(line) for line in text.splitlines()] == api.get(
        "/reports/decisions", limit="500", **RANGE
    ).body["rows"]


def test_a_partner_exports_its_own_rows_and_sees_its_own_exports() -> None:
    api = a_shop_with_partners()
    acme, globex = (api.token("shop", partner=name) for name in ("acme", "globex"))
    api.publish([a_sale("A-1", "acme"), a_sale("A-2", "globex")])

    own = wanted(api, acme, report="decisions", format="jsonl").body["id"]
    whole = wanted(api, report="decisions").body["id"]
    write_all(api)

    assert ["A-2" in text for text in files(api, own, acme)] == [False]
    assert [one["id"] for one in api.get("/reports/exports", token=acme).body["rows"]] == [own]
    assert api.get(f"/reports/exports/{whole}", token=acme).code == "not_found"
    assert api.get(f"/reports/exports/{own}", token=globex).code == "not_found"
    assert api.get(f"/reports/exports/{own}").status == 200
    assert wanted(api, acme, report="decisions", partner="globex").code == "forbidden_account"


def test_a_test_tokens_exports_are_of_the_test_side() -> None:
    api = a_shop_with_partners()
    name = wanted(api, report="decisions").body["id"]

    assert api.get(f"/reports/exports/{name}", token=api.token("shop", test=True)).status == 404


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"report": "overview"}, "unknown_report"),
        ({"report": "decisions", "format": "xls"}, "unknown_format"),
        ({"report": "clicks"}, "partner_needed"),
        ({"report": "clicks", "partner": "nobody"}, "not_found"),
        ({"report": "decisions", "from": "2026-02-30"}, "bad_range"),
        ({"report": "decisions", "from": "2020-01-01"}, "range_too_long"),
    ],
)
def test_a_wrong_export_is_refused_by_name(query: dict[str, str], code: str) -> None:
    api = a_shop_with_partners()

    assert wanted(api, **query).code == code
    assert api.flow.started == []


def test_no_more_than_five_exports_run_at_once() -> None:
    api = a_shop_with_partners()
    for _ in range(5):
        assert wanted(api, report="decisions").status == 202

    refused = wanted(api, report="decisions")

    assert (refused.status, refused.code) == (429, "too_many_exports")
    assert int(refused.headers["retry-after"]) > 0
    write_all(api)
    assert wanted(api, report="decisions").status == 202


def test_an_export_that_could_not_be_begun_blocks_nothing() -> None:
    api = a_shop_with_partners()
    api.flow.error = lambda: QueueUnavailable("down")

    assert wanted(api, report="decisions").status == 503

    (one,) = api.get("/reports/exports").body["rows"]
    assert (one["state"], one["error"]["code"]) == ("failed", "export_failed")


def test_an_export_whose_steps_fail_for_good_says_so() -> None:
    api = a_shop_with_partners()
    name = wanted(api, report="decisions").body["id"]

    write_all(api, failed=True)

    told = api.get(f"/reports/exports/{name}").body
    assert (told["state"], told["files"]) == ("failed", [])
    assert told["error"]["hint"]


def test_with_little_time_an_export_is_many_files() -> None:
    api = a_shop_with_partners()
    for number in range(2_500):
        api.services.ledger.put_touch(SHOP, a_click(0, id=f"t{number}", click_id=f"clk_{number}"))

    name = wanted(api, report="clicks", partner="acme", format="jsonl").body["id"]
    answers = write_all(api, left_ms=0)

    told = [json.loads(line) for text in files(api, name) for line in text.splitlines()]
    assert len({one["click_id"] for one in told}) == len(told) == 2_500
    assert [one["done"] for one in answers].count(False) >= 2


def test_deliveries_are_exported() -> None:
    api = a_shop_with_partners()
    name = wanted(api, report="deliveries", format="csv", state="delivered").body["id"]

    write_all(api)

    assert files(api, name)[0].startswith("id,endpoint,type,event,conversion")


def test_an_export_that_is_gone_ends_its_state_machine() -> None:
    api = a_shop_with_partners()
    api.flow.start({"realm": "shop", "export": "exp_gone"})

    assert write_all(api)[0]["done"]


# clicks


def test_clicks_of_a_partner_are_told_newest_first_page_after_page() -> None:
    api = a_shop_with_partners()
    for number in range(25):
        api.services.ledger.put_touch(SHOP, a_click(number, subs={"sub1": "news"}))
    acme = api.token("shop", partner="acme")

    seen: list[str] = []
    cursor = ""
    for _ in count():
        page = api.get("/reports/clicks", token=acme, limit="10", cursor=cursor, **RANGE).body
        seen += [row["click_id"] for row in page["rows"]]
        cursor = page["next"]
        if not cursor:
            break

    assert seen == [f"clk_{number}" for number in range(25)]


def test_a_partner_sees_no_click_of_another_and_nothing_of_the_person() -> None:
    api = a_shop_with_partners()
    api.services.ledger.put_touch(SHOP, a_click(1, ip="192.0.2.7", user_agent="x", flags=("bot",)))
    api.services.ledger.put_touch(SHOP, a_click(2, partner="globex"))
    api.services.ledger.put_touch(SHOP, a_click(3, partner=None))
    api.services.ledger.put_touch(SHOP, a_click(4, listed=False))

    (row,) = api.get("/reports/clicks", token=api.token("shop", partner="acme"), **RANGE).body[
        "rows"
    ]

    assert (row["click_id"], row["counts"], row["flags"]) == ("clk_1", False, ["bot"])
    assert "192.0.2.7" not in json.dumps(row)
    assert "identity" not in row


def test_clicks_are_narrowed_and_those_past_their_retention_are_not_told() -> None:
    api = a_shop_with_partners()
    now = api.now // SECOND_MS
    for number, stated in enumerate(
        [
            {"campaign": "spring", "subs": {"sub1": "a"}},
            {"campaign": "spring", "subs": {"sub1": "b"}},
            {"campaign": "summer", "subs": {"sub1": "a"}},
            {"campaign": "spring", "subs": {"sub1": "a"}, "expires_at": now},
        ]
    ):
        api.services.ledger.put_touch(SHOP, a_click(number, **stated))

    page = api.get("/reports/clicks", partner="acme", campaign="spring", sub1="a", **RANGE).body

    assert [row["click_id"] for row in page["rows"]] == ["clk_0"]


def test_a_page_of_clicks_reads_a_bounded_number_of_rows() -> None:
    api = a_shop_with_partners()
    for number in range(400):
        api.services.ledger.put_touch(SHOP, a_click(number % 700, id=f"t{number}"))
    table = api.connections.table("ledger")
    table.calls.clear()

    api.get("/reports/clicks", partner="acme", limit="10", **RANGE)

    assert table.calls.count("query") <= 3 * 8


def test_a_long_range_without_clicks_is_looked_through_in_stretches() -> None:
    api = a_shop_with_partners()
    api.now = NOON + 300 * DAY_MS
    api.services.ledger.put_touch(SHOP, a_click(0))
    asked = {"partner": "acme", "from_": "2026-01-01", "to": "2026-10-01"}
    table = api.connections.table("ledger")

    pages, cursor, found = 0, "", []
    while cursor is not None:
        table.calls.clear()
        page = api.get("/reports/clicks", cursor=cursor, **asked).body
        assert table.calls.count("query") <= 31 * 8 + 20
        found += page["rows"]
        cursor = page["next"]
        pages += 1

    assert [row["click_id"] for row in found] == ["clk_0"]
    assert pages == 9


@pytest.mark.parametrize("cursor", ["x", "2026-01-09|", f"2026-01-01|{'9' * 500}"])
def test_a_cursor_of_somewhere_else_is_refused(cursor: str) -> None:
    answer = a_shop_with_partners().get("/reports/clicks", partner="acme", cursor=cursor, **RANGE)

    assert (answer.status, answer.code) == (400, "bad_cursor")


def test_decisions_of_a_partner_that_there_is_not_are_refused() -> None:
    assert a_shop_with_partners().get("/reports/decisions", partner="nobody").code == "not_found"


def test_one_click_is_found_by_its_id_by_its_partner_and_by_the_account_only() -> None:
    api = a_shop_with_partners()
    api.services.ledger.put_touch(SHOP, a_click(1, listed=False, ip="192.0.2.7"))
    acme, globex = (api.token("shop", partner=name) for name in ("acme", "globex"))

    found = api.get("/reports/clicks/clk_1", token=acme)

    assert (found.body["click_id"], found.body["counts"]) == ("clk_1", True)
    assert "192.0.2.7" not in found.text
    assert api.get("/reports/clicks/clk_1").status == 200
    assert api.get("/reports/clicks/clk_1", token=globex).code == "not_found"
    assert api.get("/reports/clicks/clk_2").code == "not_found"


def test_a_partner_whose_clicks_are_not_listed_is_told_so() -> None:
    api = a_shop_with_partners()
    api.declare(PARTNER, Partner(PartnerId("open"), list_clicks=True))

    assert api.get("/reports/clicks", partner="acme", **RANGE).body["listed"] is False
    assert api.get("/reports/clicks", partner="open", **RANGE).body["listed"] is True


def test_no_export_names_a_person() -> None:
    api = a_shop_with_partners()
    api.publish([a_sale("A-1", "acme")])
    api.services.ledger.put_touch(SHOP, a_click(1, ip="192.0.2.7", user_agent="Firefox"))
    names = [
        wanted(api, report=report, partner="acme", format="jsonl").body["id"]
        for report in ("decisions", "clicks")
    ]

    write_all(api)

    text = "".join(content for name in names for content in files(api, name))
    assert "A-1" in text
    assert "clk_1" in text
    for personal in ("crm:7", "192.0.2.7", "Firefox"):
        assert personal not in text
