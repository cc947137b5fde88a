"""Tokens over the Admin API: shown once, rotated with an overlap, revoked within 60 s."""

import json
from typing import Any

import pytest

from tests.admin_api import AdminApi

SHOP = {"account": "shop"}
BACKEND = {"name": "backend", "scopes": ["ingest"]}


@pytest.fixture
def api() -> AdminApi:
    api = AdminApi()
    api.shop()
    return api


def test_a_tokens_text_is_shown_once_and_stored_nowhere(api: AdminApi) -> None:
    """SE-01"""
    made = api.post("/admin/tokens", BACKEND, query=SHOP)
    text = made.body["token"]
    assert made.status == 201
    assert text.startswith("tl_live_")
    read = api.get(f"/admin/tokens/{made.body['id']}", query=SHOP)
    assert "token" not in read.body
    assert text not in json.dumps([read.body, api.get("/admin/tokens", query=SHOP).body])
    assert text not in repr(api.connections.table("registry").items())
    assert text not in "".join(api.log)


def test_a_token_says_what_it_may_do(api: AdminApi) -> None:
    made = api.post("/admin/tokens", {**BACKEND, "test": True}, query=SHOP).body
    assert made["token"].startswith("tl_test_")
    who = api.get("/admin/whoami", token=made["token"])
    assert who.status == 200
    assert (who.body["account"], who.body["scopes"], who.body["test"]) == ("shop", ["ingest"], True)
    assert "hash" not in who.body


def test_a_revoked_token_is_refused_within_a_minute(api: AdminApi) -> None:
    """SE-07"""
    made = api.post("/admin/tokens", BACKEND, query=SHOP).body
    assert api.get("/admin/whoami", token=made["token"]).status == 200
    assert api.delete(f"/admin/tokens/{made['id']}", query=SHOP).status == 200
    api.now += 60_000
    assert api.get("/admin/whoami", token=made["token"]).status == 401


def test_both_tokens_work_until_the_end_of_a_rotations_overlap(api: AdminApi) -> None:
    """SE-06"""
    old = api.post("/admin/tokens", BACKEND, query=SHOP).body
    fresh = api.post(f"/admin/tokens/{old['id']}/rotate", {"overlap": "1h"}, query=SHOP).body
    api.now += 3_599_999
    assert api.get("/admin/whoami", token=old["token"]).status == 200
    assert api.get("/admin/whoami", token=fresh["token"]).status == 200
    api.now += 1
    assert api.get("/admin/whoami", token=old["token"]).status == 401
    assert api.get("/admin/whoami", token=fresh["token"]).body["name"] == "backend"


def test_an_expired_token_is_refused_from_that_very_instant(api: AdminApi) -> None:
    """SE-06, I16"""
    made = api.post("/admin/tokens", {**BACKEND, "expires_at": api.now + 5_000}, query=SHOP).body
    api.now += 4_999
    assert api.get("/admin/whoami", token=made["token"]).status == 200
    api.now += 1
    assert api.get("/admin/whoami", token=made["token"]).status == 401


def test_the_last_use_of_a_token_is_shown(api: AdminApi) -> None:
    made = api.post("/admin/tokens", BACKEND, query=SHOP).body
    api.get("/admin/whoami", token=made["token"])
    read = api.get(f"/admin/tokens/{made['id']}", query=SHOP).body
    assert read["last_used_at"] == "2026-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ({"name": ""}, "bad_field"),
        ({"name": 5}, "bad_field"),
        ({"name": "a\nb"}, "bad_field"),
        ({"scopes": []}, "bad_scope"),
        ({"scopes": ["root"]}, "bad_scope"),
        ({"scopes": "ingest"}, "bad_scope"),
        ({"scopes": [["ingest"]]}, "bad_scope"),
        ({"test": "yes"}, "bad_field"),
        ({"partner": "nobody"}, "unknown_reference"),
        ({"partner": ["x"]}, "unknown_reference"),
        ({"expires_at": "soon"}, "bad_field"),
        ({"scope": ["ingest"]}, "unknown_field"),
        ({"account": 5}, "bad_field"),
    ],
)
def test_a_wrong_wish_is_refused_by_name(api: AdminApi, stated: dict[str, Any], code: str) -> None:
    refused = api.post("/admin/tokens", {**BACKEND, **stated}, query=SHOP)
    assert (refused.status, refused.code) == (400, code)
    assert len(api.get("/admin/tokens", query=SHOP).body["items"]) == 1


@pytest.mark.parametrize("overlap", ["soon", -1, None, 1.5, "99999999d"])
def test_a_wrong_overlap_is_refused_and_rotates_nothing(api: AdminApi, overlap: object) -> None:
    old = api.post("/admin/tokens", BACKEND, query=SHOP).body
    path = f"/admin/tokens/{old['id']}/rotate"
    assert api.post(path, {"overlap": overlap}, query=SHOP).code == "bad_field"
    assert len(api.get("/admin/tokens", query=SHOP).body["items"]) == 2


def test_a_partners_token_never_acts_for_the_account(api: AdminApi) -> None:
    """SE-11: bound to a partner, a token sends that partner's things and reads them."""
    api.post("/admin/partners", {"id": "acme"}, query=SHOP)
    bound = {"name": "acme", "scopes": ["ingest", "admin"], "partner": "acme"}
    assert api.post("/admin/tokens", bound, query=SHOP).code == "bad_scope"
    assert api.post("/admin/tokens", {**bound, "scopes": ["report"]}, query=SHOP).status == 201


def test_only_an_operator_makes_operators(api: AdminApi) -> None:
    mine = api.token("shop", "admin")
    wanted = {"name": "me", "scopes": ["admin"], "account": "*"}
    assert api.post("/admin/tokens", wanted, token=mine).code == "forbidden_account"
    assert api.post("/admin/tokens", wanted).body["account"] == "*"
    assert api.get("/admin/tokens", query={"account": "*"}, token=mine).status == 403
    assert len(api.get("/admin/tokens", query={"account": "*"}).body["items"]) == 2


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer wrong",
        "Basic dXNlcjpwYXNz",
        "Bearer tl_live_żółć",
        "ApiKey " + "x" * 9999,
    ],
)
def test_every_wrong_token_gets_the_same_answer(api: AdminApi, authorization: str) -> None:
    """SE-03, SE-12"""
    refused = api.get("/admin/partners", token="", headers={"authorization": authorization})
    assert refused.status == 401
    assert refused.body["error"] == api.get("/admin/partners", token="").body["error"]


def test_the_scheme_may_be_apikey_too(api: AdminApi) -> None:
    made = api.post("/admin/tokens", BACKEND, query=SHOP).body
    headers = {"authorization": f"ApiKey {made['token']}"}
    assert api.get("/admin/whoami", token="", headers=headers).status == 200
