"""Spend with its return, and decisions one by one, from the outside."""

import base64

import pytest

from tests.admin_api import AdminApi
from tests.factories import NOON
from tests.handlers.test_reports import JANUARY, a_sale
from tests.reports_api import a_shop
from tests.unit.ledger.test_measures import a_decision
from touchline.kernel.clock import DAY_MS
from touchline.kernel.ids import PartnerId
from touchline.ledger.decisions import Loser

SHOP = {"account": "shop"}


def test_spend_that_operators_tell_stands_in_the_report() -> None:
    admin = AdminApi(now=NOON)
    admin.shop()
    rows = [{"day": "2026-01-01", "channel": "ads", "cost": "12.50"}]
    assert admin.post("/admin/spend", {"rows": rows}, query=SHOP).body["saved"] == 1
    again = [{"day": "2026-01-01", "channel": "ads", "cost": "20"}]
    assert admin.post("/admin/spend", {"rows": again}, query=SHOP).status == 200
    api = a_shop(connections=admin.connections, declared=True)

    (row,) = api.get("/reports/spend", **JANUARY).body["rows"]

    assert (row["channel"], row["cost"], row["roas"]) == ("ads", "20.00", 0.0)


def test_a_wrong_row_of_spend_saves_none() -> None:
    admin = AdminApi(now=NOON)
    admin.shop()
    rows = [{"day": "2026-01-01", "channel": "ads", "cost": "1"}, {"day": "never"}]

    answer = admin.post("/admin/spend", {"rows": rows}, query=SHOP)

    assert (answer.status, answer.code) == (400, "bad_field")
    api = a_shop(connections=admin.connections, declared=True)
    assert api.get("/reports/spend", **JANUARY).body["rows"] == []


def test_a_partner_does_not_see_what_was_spent() -> None:
    api = a_shop()

    assert api.get("/reports/spend", token=api.token("shop", partner="acme")).status == 403


def test_decisions_come_page_by_page_each_once_and_in_order_of_day() -> None:
    api = a_shop()
    days = [NOON - DAY_MS, NOON]
    orders = [f"A-{number}" for number in range(7)]
    api.publish(a_decision(order, occurred_at=at) for at in days for order in orders)
    seen: list[tuple[str, str]] = []
    cursor = ""

    while True:
        page = api.get("/reports/decisions", limit="3", cursor=cursor, **decided()).body
        assert len(page["rows"]) <= 3
        seen += [(row["occurred_at"][:10], row["id"]) for row in page["rows"]]
        if page["next"] is None:
            break
        cursor = page["next"]

    assert len(seen) == len(set(seen)) == 14
    assert [day for day, _ in seen] == sorted(day for day, _ in seen)


def decided() -> dict[str, str]:
    return {"from_": "2025-12-31", "to": "2026-01-01"}


@pytest.mark.parametrize(
    "cursor", ["nonsense", base64.urlsafe_b64encode(b"[1,2,3]").decode(), "é", "e30="]
)
def test_a_cursor_that_nobody_gave_is_refused_by_name(cursor: str) -> None:
    assert a_shop().get("/reports/decisions", cursor=cursor).code == "bad_cursor"


@pytest.mark.parametrize("limit", ["0", "501", "many"])
def test_a_limit_that_cannot_be_is_refused_by_name(limit: str) -> None:
    assert a_shop().get("/reports/decisions", limit=limit).code == "bad_limit"


def test_a_partner_exports_what_it_won_and_lost_without_others_touches() -> None:
    api = a_shop()
    lost = a_decision(
        "A-3",
        NOON - 1000,
        payer=PartnerId("globex"),
        losers=(Loser(PartnerId("acme"), "lost_order:globex"),),
    )
    api.publish([a_sale("A-1", "acme"), a_sale("A-2", "globex"), lost])

    rows = api.get("/reports/decisions", token=api.token("shop", partner="acme"), **decided()).body[
        "rows"
    ]

    assert {row["id"]: (row["payout"], row["payer"]) for row in rows} == {
        "A-1": ("1.00", "acme"),
        "A-3": ("0.00", None),
    }
    assert all(row["path"] == [] for row in rows)


def test_decisions_come_as_json_lines_with_the_cursor_in_a_header() -> None:
    api = a_shop()
    api.publish(a_decision(f"A-{number}") for number in range(3))

    answer = api.request(
        "GET",
        "/reports/decisions",
        "from=2026-01-01&to=2026-01-01&limit=2",
        headers={"accept": "application/jsonl"},
    )

    assert answer.text.count("\n") == 2
    assert answer.headers["x-touchline-next"]
