"""What an operator sees of a person, and taking a link back."""

from typing import Any

import pytest

from tests.admin_api import START, AdminApi
from tests.factories import a_touch
from tests.night_world import SHOP as SHOP_REALM
from tests.night_world import a_link
from touchline.kernel.clock import day_of
from touchline.ledger.store import LedgerStore

SHOP = {"account": "shop"}


@pytest.fixture
def office() -> AdminApi:
    api = AdminApi()
    api.shop()
    ledger = LedgerStore(api.connections.table("ledger"))
    ledger.put_touch(SHOP_REALM, a_touch(identity="visitor:v1"))
    ledger.put_links(
        SHOP_REALM,
        [a_link("crm:7", "visitor:v1", at=START), a_link("crm:7", "loyalty:77", at=START + 1)],
    )
    return api


def test_a_person_is_shown_with_every_identity_and_link(office: AdminApi) -> None:
    found = office.get("/admin/people/visitor%3Av1", query=SHOP).body
    assert found["identities"] == ["visitor:v1", "crm:7", "loyalty:77"]
    assert found["touches"] == 1
    assert [(one["one"], one["other"], one["source"]) for one in found["links"]] == [
        ("crm:7", "visitor:v1", "api"),
        ("crm:7", "loyalty:77", "api"),
    ]


def test_touches_whose_time_is_over_are_not_shown(office: AdminApi) -> None:
    ledger = LedgerStore(office.connections.table("ledger"))
    over = a_touch(id="tch_over", identity="visitor:v1", expires_at=START // 1000)
    ledger.put_touch(SHOP_REALM, over)
    found = office.get("/admin/people/visitor%3Av1", query=SHOP).body
    assert found["touches"] == 1


def test_nobody_is_known_under_an_identity_that_never_came(office: AdminApi) -> None:
    assert office.get("/admin/people/crm%3A9", query=SHOP).code == "not_found"


def test_the_log_of_links_tells_what_was_made_on_a_day(office: AdminApi) -> None:
    log = office.get("/admin/links", query={**SHOP, "day": day_of(START)}).body
    assert len(log["items"]) == 2


def test_a_link_is_taken_back_once_and_it_is_noted_who_did_it(office: AdminApi) -> None:
    said = {"one": "visitor:v1", "other": "crm:7"}
    done = office.post("/admin/links/undo", said, query=SHOP)
    assert (done.status, done.body["undone"]) == (200, True)
    assert office.get("/admin/people/visitor%3Av1", query=SHOP).body["identities"] == ["visitor:v1"]
    assert office.post("/admin/links/undo", said, query=SHOP).code == "not_found"
    [entry] = [
        one for one in office.get("/admin/audit", query=SHOP).body["items"] if one["kind"] == "link"
    ]
    assert (entry["action"], entry["thing"]) == ("undo", "visitor:v1 crm:7")


@pytest.mark.parametrize(
    "said", [{}, {"one": "crm:7"}, {"one": 7, "other": "crm:8"}, {"one": "a:b", "other": "c"}]
)
def test_an_impossible_link_is_refused_by_name(office: AdminApi, said: dict[str, Any]) -> None:
    assert office.post("/admin/links/undo", said, query=SHOP).status in {400, 422}


def test_an_impossible_day_is_refused_by_name(office: AdminApi) -> None:
    assert office.get("/admin/links", query={**SHOP, "day": "2026-02-30"}).code == "bad_field"
