"""Nobody reaches another account, or what the token's scope does not cover: route by route, from
the route table itself, so that a new route cannot be forgotten."""

import pytest

from admin.handler import ROUTER
from tests.admin_api import AdminApi

OPEN_TO_ANY_TOKEN = {"/admin/whoami"}
WITHOUT_ACCOUNT = {"/admin/schema"}
ROUTES = [(route.method, route.template) for route in ROUTER.routes]
GUARDED = [(m, t) for m, t in ROUTES if t not in OPEN_TO_ANY_TOKEN | WITHOUT_ACCOUNT]

PARTNER = {"id": "acme"}
ANY_VERSION = {"if-match": "*"}


@pytest.fixture
def api() -> AdminApi:
    api = AdminApi()
    api.shop()
    api.post("/admin/accounts", {"id": "other"})
    api.post("/admin/partners", PARTNER, query={"account": "shop"})
    return api


def path_of(template: str, thing: str) -> str:
    while "{" in template:
        before, _, rest = template.partition("{")
        template = before + thing + rest.partition("}")[2]
    return template


@pytest.mark.parametrize(("method", "template"), ROUTES)
def test_no_route_answers_without_a_token(api: AdminApi, method: str, template: str) -> None:
    """SE-11"""
    assert api.send(method, path_of(template, "acme"), {}, token="").status == 401


@pytest.mark.parametrize(("method", "template"), GUARDED)
def test_no_route_answers_another_accounts_token(api: AdminApi, method: str, template: str) -> None:
    """SE-11: with the other account named in the query, and with its things named in the path."""
    foreign = api.token("other", "admin")
    thing = "shop" if "/accounts/" in template else "acme"
    asked = api.send(
        method,
        path_of(template, thing),
        PARTNER,
        token=foreign,
        query={"account": "shop"},
        headers=ANY_VERSION,
    )
    assert asked.status in {403, 404}
    before = api.connections.table("registry").items()
    path = path_of(template, thing)
    if method != "POST" or "{" in template:
        body = {"to": "mine"} if template.endswith("/rename") else {}
        implied = api.send(method, path, body, token=foreign, headers=ANY_VERSION)
        assert implied.status in {403, 404} or (method == "GET" and "{" not in template)
        assert "acme" not in str((implied.body or {}).get("items"))
    after = api.connections.table("registry").items()
    assert [row for row in after if "shop" in str(row["pk"])] == [
        row for row in before if "shop" in str(row["pk"])
    ]


@pytest.mark.parametrize("scope", ["ingest", "site", "report"])
@pytest.mark.parametrize(("method", "template"), GUARDED)
def test_no_route_answers_a_token_without_the_scope(
    api: AdminApi, method: str, template: str, scope: str
) -> None:
    thing = "shop" if "/accounts/" in template else "acme"
    refused = api.send(method, path_of(template, thing), PARTNER, token=api.token("shop", scope))
    assert refused.status == 403
    assert refused.code in {"forbidden_scope", "forbidden_account"}


def test_an_operator_says_which_account_is_meant(api: AdminApi) -> None:
    assert api.get("/admin/partners").code == "account_needed"
    assert api.get("/admin/partners", query={"account": "nobody"}).body["items"] == []
    refused = api.post("/admin/partners", PARTNER, query={"account": "nobody"})
    assert (refused.status, refused.code) == (404, "not_found")
