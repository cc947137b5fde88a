"""What deleting something declared does: to its tokens, to what waits, to what is stored."""

from typing import Any

import pytest

from tests.admin_api import AdminApi
from touchline.kernel.errors import StoreUnavailable
from touchline.registry.store import RegistryStore

SHOP = {"account": "shop"}
MINUTE = 60_000


@pytest.fixture
def api() -> AdminApi:
    api = AdminApi()
    api.shop()
    return api


def issued(api: AdminApi, **about: Any) -> tuple[str, str]:
    """A fresh token of the shop: its ID and its text."""
    made = api.post("/admin/tokens", {"name": "x", "scopes": ["ingest"], **about}, query=SHOP).body
    return made["id"], made["token"]


def test_the_tokens_of_a_deleted_account_are_refused_within_a_minute(api: AdminApi) -> None:
    """SE-07: also those that a warm process knew, and also when its ID is declared once more."""
    texts = [issued(api)[1] for _ in range(3)]
    assert {api.get("/admin/whoami", token=text).status for text in texts} == {200}
    gone = api.delete("/admin/accounts/shop")
    assert len(gone.body["revoked_tokens"]) == 4  # its own admin's too
    assert "erase" in gone.body["stays"]
    api.now += MINUTE
    assert {api.get("/admin/whoami", token=text).status for text in texts} == {401}
    assert api.post("/admin/accounts", {"id": "shop"}).status == 201
    assert {api.get("/admin/whoami", token=text).status for text in texts} == {401}


def test_an_operators_token_outlives_every_account(api: AdminApi) -> None:
    api.delete("/admin/accounts/shop")
    api.now += MINUTE
    assert api.get("/admin/accounts").status == 200


def test_deleting_a_partner_ends_the_tokens_bound_to_it_and_no_others(api: AdminApi) -> None:
    """SE-07"""
    for partner in ("acme", "beta"):
        api.post("/admin/partners", {"id": partner}, query=SHOP)
    bound, _ = issued(api, partner="acme")
    others = [issued(api, partner="beta")[1], issued(api)[1]]
    gone = api.delete("/admin/partners/acme", query=SHOP)
    assert gone.body["revoked_tokens"] == [bound]
    api.now += MINUTE
    assert {api.get("/admin/whoami", token=text).status for text in others} == {200}
    trail = api.get("/admin/audit", query=SHOP).body["items"]
    assert [(one["action"], one["kind"]) for one in trail[:2]] == [
        ("delete", "partner"),
        ("revoke", "token"),
    ]


@pytest.mark.parametrize("stale", [{"headers": {"if-match": '"9"'}}, {"headers": {}}])
def test_a_refused_deletion_ends_no_token(api: AdminApi, stale: dict[str, Any]) -> None:
    _, text = issued(api)
    assert api.delete("/admin/accounts/shop", **stale).status in {409, 428}
    api.post("/admin/partners", {"id": "acme"}, query=SHOP)
    assert api.delete("/admin/accounts/shop").code == "in_use"
    assert api.get("/admin/whoami", token=text).status == 200
    trail = api.get("/admin/audit", query=SHOP).body["items"]
    assert {"revoke", "delete"}.isdisjoint(one["action"] for one in trail)


def test_a_deletion_that_broke_off_after_the_tokens_goes_on_when_asked_again(
    api: AdminApi,
) -> None:
    _, text = issued(api)
    lost = StoreUnavailable("the answer was lost")
    api.connections.table("registry").fail("transact", lambda: lost, times=2, applied=True)
    assert api.delete("/admin/accounts/shop").status == 503
    assert api.get("/admin/accounts/shop").status == 200
    assert api.delete("/admin/accounts/shop").status == 503
    assert api.delete("/admin/accounts/shop").status == 200
    api.now += MINUTE
    assert api.get("/admin/whoami", token=text).status == 401


def test_raw_requests_of_a_deleted_account_still_go_when_their_time_is_over(api: AdminApi) -> None:
    """The sweeper goes on with the retention that the account last said, until it is back."""
    api.patch("/admin/accounts/shop", {"raw_retention_seconds": "10d"})
    api.delete("/admin/accounts/shop")
    store = RegistryStore(api.connections.table("registry"))
    assert list(store.raw_retentions()) == [("shop", 10 * 86_400)]
    api.post("/admin/accounts", {"id": "shop"})
    assert list(store.raw_retentions()) == [("shop", 180 * 86_400)]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/admin/events", {"api_name": "purchase"}),
        ("/admin/partners", {"id": "acme"}),
        ("/admin/campaigns", {"id": "spring"}),
        ("/admin/endpoints", {"id": "crm", "url": "https://crm.example/hook"}),
    ],
)
def test_every_deletion_says_what_stays(api: AdminApi, path: str, body: dict[str, str]) -> None:
    assert api.post(path, body, query=SHOP).status == 201
    thing = next(iter(body.values()))
    gone = api.delete(f"{path}/{thing}", query=SHOP)
    assert gone.status == 200
    assert gone.body["revoked_tokens"] == []
    assert len(gone.body["stays"]) > 20
    assert api.get(f"{path}/{thing}", query=SHOP).status == 404
