"""Declaring things over the Admin API: validated, versioned, audited, isolated."""

import json
from typing import Any

import pytest

from admin.handler import ROUTER
from tests.admin_api import START, AdminApi
from touchline.kernel.errors import StoreUnavailable
from touchline.kernel.ids import AccountId

SHOP = {"account": "shop"}


@pytest.fixture
def api() -> AdminApi:
    api = AdminApi()
    api.shop()
    return api


def test_what_is_declared_reads_back(api: AdminApi) -> None:
    made = api.post("/admin/partners", {"id": "acme", "payouts": [{"percent": "5%"}]}, query=SHOP)
    assert made.status == 201
    read = api.get("/admin/partners/acme", query=SHOP)
    assert read.body == made.body
    assert read.body["payouts"][0]["percent"] == "5%"
    assert read.body["version"] == 1
    listed = api.get("/admin/partners", query=SHOP)
    assert [item["id"] for item in listed.body["items"]] == ["acme"]


def test_every_answer_carries_a_receipt_and_an_outcome(api: AdminApi) -> None:
    good, bad = api.get("/admin/partners", query=SHOP), api.get("/admin/nothing")
    assert good.headers["x-touchline-receipt"].startswith("rcp_")
    assert good.headers["x-touchline-outcome"] == "ok"
    assert bad.headers["x-touchline-outcome"] == "refused"
    assert bad.body["receipt"] == bad.headers["x-touchline-receipt"]


def test_a_patch_merges_and_leaves_the_rest(api: AdminApi) -> None:
    api.post("/admin/partners", {"id": "acme", "name": "Acme", "strict": True}, query=SHOP)
    changed = api.patch("/admin/partners/acme", {"name": "Acme Ltd"}, query=SHOP)
    assert changed.status == 200
    assert (changed.body["name"], changed.body["strict"]) == ("Acme Ltd", True)
    assert changed.body["version"] == 2


def test_null_in_a_patch_brings_the_default_back(api: AdminApi) -> None:
    api.post("/admin/partners", {"id": "acme", "strict": True}, query=SHOP)
    assert api.patch("/admin/partners/acme", {"strict": None}, query=SHOP).body["strict"] is False


def test_a_patch_that_changes_nothing_makes_no_version(api: AdminApi) -> None:
    api.post("/admin/partners", {"id": "acme"}, query=SHOP)
    assert api.patch("/admin/partners/acme", {}, query=SHOP).body["version"] == 1


@pytest.mark.parametrize(
    "stated", [{"headers": {"if-match": '"1"'}}, {"query": {**SHOP, "version": "1"}}]
)
def test_a_stale_write_is_refused(api: AdminApi, stated: dict[str, dict[str, str]]) -> None:
    api.post("/admin/partners", {"id": "acme"}, query=SHOP)
    api.patch("/admin/partners/acme", {"name": "first"}, query=SHOP)
    about = {"query": SHOP, **stated}
    refused = api.patch("/admin/partners/acme", {"name": "second"}, **about)
    assert (refused.status, refused.code) == (409, "stale_version")
    assert api.delete("/admin/partners/acme", **about).status == 409
    assert api.get("/admin/partners/acme", query=SHOP).body["name"] == "first"


def test_the_version_may_stand_in_the_body(api: AdminApi) -> None:
    api.post("/admin/partners", {"id": "acme"}, query=SHOP)
    assert api.patch("/admin/partners/acme", {"name": "a", "version": 1}, query=SHOP).status == 200
    assert api.patch("/admin/partners/acme", {"name": "b", "version": 1}, query=SHOP).status == 409


CHANGING = [
    (route.method, route.template)
    for route in ROUTER.routes
    if (route.method in {"PATCH", "DELETE"} and "/tokens/" not in route.template)
    or route.template.endswith("/rename")
]
"""Everything that replaces or removes what somebody declared. Revoking a token always works."""


@pytest.mark.parametrize(("method", "template"), CHANGING)
def test_a_change_that_names_no_version_is_refused(
    api: AdminApi, method: str, template: str
) -> None:
    assert api.post("/admin/events", {"api_name": "purchase"}, query=SHOP).status == 201
    before = api.connections.table("registry").items()
    refused = api.send(method, template.replace("{id}", "shop"), {"to": "buy"}, query=SHOP)
    assert (refused.status, refused.code) == (428, "version_needed")
    assert api.connections.table("registry").items() == before


@pytest.mark.parametrize("version", ["x", "-1", "1.0", "٣", "9" * 20])
def test_a_version_is_a_whole_number(api: AdminApi, version: str) -> None:
    about: dict[str, Any] = {"query": SHOP, "headers": {"if-match": f'"{version}"'}}
    api.post("/admin/partners", {"id": "acme"}, query=SHOP)
    assert api.patch("/admin/partners/acme", {"name": "x"}, **about).code == "bad_field"
    assert api.delete("/admin/partners/acme", **about).code == "bad_field"
    assert api.get("/admin/partners/acme", query=SHOP).body["version"] == 1


def test_of_two_who_read_the_same_version_one_changes_it(api: AdminApi) -> None:
    """Neither undoes what the other did: the second is told to read again."""
    read = api.post("/admin/partners", {"id": "acme"}, query=SHOP)
    stated = {"query": SHOP, "headers": {"if-match": read.headers["etag"]}}
    statuses = [
        api.patch("/admin/partners/acme", {"name": name}, **stated).status for name in ("a", "b")
    ]
    assert statuses == [200, 409]
    assert api.get("/admin/partners/acme", query=SHOP).body["name"] == "a"


def test_a_deleted_thing_is_gone(api: AdminApi) -> None:
    api.post("/admin/partners", {"id": "acme"}, query=SHOP)
    gone = api.delete("/admin/partners/acme", query=SHOP)
    assert (gone.status, gone.body["deleted"], gone.body["id"]) == (200, True, "acme")
    assert api.get("/admin/partners/acme", query=SHOP).status == 404


def test_a_thing_that_is_there_is_not_made_again(api: AdminApi) -> None:
    api.post("/admin/partners", {"id": "acme"}, query=SHOP)
    again = api.post("/admin/partners", {"id": "acme"}, query=SHOP)
    assert (again.status, again.code) == (409, "exists")


def test_a_misspelt_field_is_named_with_the_nearest_name(api: AdminApi) -> None:
    refused = api.post("/admin/partners", {"id": "acme", "strct": True}, query=SHOP)
    assert (refused.status, refused.code) == (400, "unknown_field")
    assert "did you mean `strict`" in refused.body["error"]["message"]
    assert api.get("/admin/partners", query=SHOP).body["items"] == []


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("/admin/partners", {"id": "Acme!"}, "id"),
        ("/admin/partners", {"id": ""}, "id"),
        ("/admin/partners", {"id": "a" * 65}, "id"),
        ("/admin/partners", {"id": 5}, "id"),
        ("/admin/partners", {"name": "x"}, "id"),
        ("/admin/partners", {"id": "acme", "strict": "yes"}, "strict"),
        ("/admin/partners", {"id": "acme", "rate_limit": {"count": 0}}, "rate_limit.count"),
        ("/admin/partners", {"id": "acme", "payouts": [{"fixed": "NaN"}]}, "payouts.0.fixed"),
        ("/admin/partners", {"id": "acme", "payouts": [{"percent": "101%"}]}, "payouts.0.percent"),
        ("/admin/partners", {"id": "acme", "name": "\u0000"}, "name"),
        ("/admin/events", {"api_name": "'; DROP TABLE--"}, "api_name"),
        ("/admin/events", {"api_name": "purchase", "kind": "huge"}, "kind"),
        ("/admin/events", {"api_name": "purchase", "max_age_seconds": "7 weeks"}, "max_age"),
        ("/admin/events", {"api_name": "purchase", "valid_from": "yesterday"}, "valid_from"),
        ("/admin/campaigns", {"id": "spring", "hosts": ["https://x"]}, "hosts.0"),
        ("/admin/campaigns", {"id": "spring", "landing_url": "https://x.example/"}, "hosts"),
        ("/admin/endpoints", {"id": "crm", "method": "DELETE"}, "method"),
        ("/admin/endpoints", {"id": "crm", "secrets": [{"value": "x"}]}, "secrets.0.value"),
        ("/admin/endpoints", {"id": "crm", "ports": [99999]}, "ports.0"),
    ],
)
def test_a_wrong_value_is_named(
    api: AdminApi, path: str, body: dict[str, object], named: str
) -> None:
    refused = api.post(path, body, query=SHOP)
    assert (refused.status, refused.code) == (400, "bad_field")
    assert named in refused.body["error"]["message"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("not json", 400, "bad_body"),
        ("[1]", 400, "bad_body"),
        ('{"id": NaN}', 400, "bad_body"),
        ('{"id": "\\ud800"}', 400, "bad_body"),
        ("[" * 5_000, 400, "bad_body"),
        (json.dumps({"id": "a", "name": "x" * 300_000}), 413, "body_too_large"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    api: AdminApi, body: str, status: int, code: str
) -> None:
    refused = api.post("/admin/partners", body, query=SHOP)
    assert (refused.status, refused.code) == (status, code)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/admin/campaigns", {"id": "spring", "event": "purchase"}),
        ("/admin/endpoints", {"id": "crm", "partner": "acme"}),
        ("/admin/partners", {"id": "acme", "default_event": "purchase"}),
        ("/admin/endpoints", {"id": "crm", "firing": {"campaigns": ["spring"]}}),
    ],
)
def test_a_thing_that_is_not_declared_cannot_be_named(
    api: AdminApi, path: str, body: dict[str, object]
) -> None:
    refused = api.post(path, body, query=SHOP)
    assert (refused.status, refused.code) == (400, "unknown_reference")


def test_a_thing_that_another_names_stays(api: AdminApi) -> None:
    api.post("/admin/events", {"api_name": "purchase"}, query=SHOP)
    api.post("/admin/campaigns", {"id": "spring", "event": "purchase"}, query=SHOP)
    refused = api.delete("/admin/events/purchase", query=SHOP)
    assert (refused.status, refused.code) == (409, "in_use")
    assert "spring" in refused.body["error"]["message"]
    assert api.delete("/admin/accounts/shop").code == "in_use"


def test_an_id_cannot_be_changed(api: AdminApi) -> None:
    api.post("/admin/partners", {"id": "acme"}, query=SHOP)
    assert api.patch("/admin/partners/acme", {"id": "other"}, query=SHOP).code == "bad_field"


def test_a_renamed_event_keeps_the_history_of_its_names(api: AdminApi) -> None:
    api.post("/admin/events", {"api_name": "buy", "valid_from": START - 5_000}, query=SHOP)
    api.now += 60_000
    renamed = api.post(
        "/admin/events/buy/rename", {"to": "make_purchase", "version": 1}, query=SHOP
    )
    assert renamed.status == 200
    assert [(span["name"], span["to_at"]) for span in renamed.body["names"]] == [
        ("buy", "2026-01-01T00:01:00.000Z"),
        ("make_purchase", None),
    ]
    assert renamed.body["names"][0]["from_at"] == "2025-12-31T23:59:55.000Z"
    assert api.get("/admin/events/buy", query=SHOP).status == 404
    changed = api.patch("/admin/events/make_purchase", {"owner": "Ann"}, query=SHOP)
    assert changed.body["names"] == renamed.body["names"]


def test_an_event_exists_from_now_on_unless_it_says_since_when(api: AdminApi) -> None:
    made = api.post("/admin/events", {"api_name": "view_page"}, query=SHOP)
    assert made.body["valid_from"] == "2026-01-01T00:00:00.000Z"
    assert made.body["names"][0]["from_at"] == "2026-01-01T00:00:00.000Z"


def test_an_odd_event_is_warned_of(api: AdminApi) -> None:
    made = api.post("/admin/events", {"api_name": "form_submit"}, query=SHOP)
    assert "event_not_verb_object" in [odd["code"] for odd in made.body["warnings"]]


def test_an_account_gets_a_site_key_and_all_windows_are_written_down(api: AdminApi) -> None:
    account = api.get("/admin/accounts/shop").body
    assert account["site_key"].startswith("tl_site_")
    assert account["rules"]["windows"]["view"] == "1d"


def test_a_change_of_rules_gets_the_next_version_and_other_changes_do_not(api: AdminApi) -> None:
    api.patch("/admin/accounts/shop", {"name": "Shop"})
    assert api.get("/admin/accounts/shop").body["rules"]["version"] == 1
    changed = api.patch("/admin/accounts/shop", {"rules": {"windows": {"view": "2d"}}})
    assert changed.body["rules"]["version"] == 2
    assert changed.body["rules"]["windows"]["click"] == "30d"


def test_secrets_are_never_told_and_stay_when_their_fingerprints_come_back(api: AdminApi) -> None:
    """SE-01"""
    secret = "whsec_" + "c2VjcmV0" * 4
    crm = {"id": "crm", "url": "https://crm.example/hook", "secrets": [{"value": secret}]}
    made = api.post("/admin/endpoints", crm, query=SHOP)
    told = made.body["secrets"]
    assert told[0]["value"].startswith("sha256:")
    api.patch("/admin/endpoints/crm", {"method": "PUT", "secrets": told}, query=SHOP)
    entry = api.services.registry.snapshot(AccountId("shop")).endpoints
    kept = next(iter(entry.values())).secrets[0].value
    assert secret not in kept
    assert api.services.seals.open(kept) == secret
    wrong = [{"value": "sha256:0123456789abcdef"}]
    assert api.patch("/admin/endpoints/crm", {"secrets": wrong}, query=SHOP).code == "bad_field"
    trail = api.get("/admin/audit", query=SHOP)
    assert secret not in json.dumps(trail.body)
    assert secret not in "".join(api.log)


def test_partners_keys_are_sealed_and_stay_when_their_fingerprints_come_back(
    api: AdminApi,
) -> None:
    """SE-01, DI-22"""
    secret = "the-shared-secret-of-acme"
    keys = [{"id": "k1", "secret": secret}]
    made = api.post("/admin/partners", {"id": "acme", "signing_keys": keys}, query=SHOP).body
    told = made["signing_keys"]
    assert told[0]["secret"].startswith("sha256:")
    more = [*told, {"id": "k2", "secret": "another-shared-secret"}]
    changed = api.patch("/admin/partners/acme", {"signing_keys": more}, query=SHOP).body
    assert changed["signing_keys"][0] == told[0]
    [kept] = api.services.registry.snapshot(AccountId("shop")).partners.values()
    opened = [api.services.seals.open(key.secret) for key in kept.signing_keys]
    assert opened == [secret, "another-shared-secret"]
    assert secret not in repr(api.connections.table("registry").items())


@pytest.mark.parametrize("secret", ["sha256:0123456789abcdef", "sealed:v1:0123456789abcdef:AAAA"])
@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("/admin/partners", {"id": "x"}, ("signing_keys", "secret")),
        ("/admin/endpoints", {"id": "x", "url": "https://x.example/"}, ("secrets", "value")),
    ],
)
def test_what_names_a_secret_is_not_one(
    api: AdminApi, path: str, body: dict[str, Any], place: tuple[str, str], secret: str
) -> None:
    """An exported file applied to another stack must not make fingerprints into secrets."""
    named, field = place
    one = {field: secret, **({"id": "k"} if named == "signing_keys" else {})}
    assert api.post(path, {**body, named: [one]}, query=SHOP).code == "bad_field"


def test_the_audit_trail_says_who_changed_what(api: AdminApi) -> None:
    api.now += 1_000
    api.post("/admin/partners", {"id": "acme"}, query=SHOP)
    api.now += 1_000
    api.patch("/admin/partners/acme", {"name": "Acme"}, query=SHOP)
    trail = api.get("/admin/audit", query={**SHOP, "from": str(START + 1)}).body["items"]
    assert [(one["action"], one["kind"], one["thing"]) for one in trail] == [
        ("update", "partner", "acme"),
        ("create", "partner", "acme"),
    ]
    assert trail[0]["who"].startswith("tok_")
    assert (trail[0]["before"]["name"], trail[0]["after"]["name"]) == ("", "Acme")
    assert trail[0]["at"] == "2026-01-01T00:00:02.000Z"


def test_lists_come_in_pages_whose_cursors_lead_nowhere_else(api: AdminApi) -> None:
    for number in range(5):
        api.post("/admin/partners", {"id": f"p{number}"}, query=SHOP)
    seen: list[str] = []
    query = {**SHOP, "limit": "2"}
    while True:
        page = api.get("/admin/partners", query=query).body
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        query = {**query, "cursor": page["next"]}
    assert seen == ["p0", "p1", "p2", "p3", "p4"]
    for list_path in ("/admin/events", "/admin/audit"):
        assert api.get(list_path, query=query).code == "bad_cursor"
    for cursor in ("x", "bnVsbA==", "%00", "e30="):
        refused = api.get("/admin/partners", query={**SHOP, "cursor": cursor})
        assert (refused.status, refused.code) == (400, "bad_cursor")


@pytest.mark.parametrize("limit", ["0", "-1", "501", "many", "1e2", "٣"])
def test_a_wrong_limit_is_refused(api: AdminApi, limit: str) -> None:
    assert api.get("/admin/partners", query={**SHOP, "limit": limit}).code == "bad_field"


def test_unknown_routes_and_methods_are_told_apart(api: AdminApi) -> None:
    assert api.get("/admin/nothing").status == 404
    refused = api.send("PUT", "/admin/partners/acme", {}, query=SHOP)
    assert (refused.status, refused.code) == (405, "method_not_allowed")
    assert refused.headers["allow"] == "GET, PATCH, DELETE"


def test_a_table_that_is_down_is_unavailable_not_broken(api: AdminApi) -> None:
    table = api.connections.table("registry")
    table.fail("transact", lambda: StoreUnavailable("down"))
    refused = api.post("/admin/partners", {"id": "acme"}, query=SHOP)
    assert (refused.status, refused.code) == (503, "unavailable")
    assert refused.headers["retry-after"]
    assert api.get("/admin/partners/acme", query=SHOP).status == 404


def test_a_fault_of_ours_is_told_with_its_receipt_and_no_more(api: AdminApi) -> None:
    api.connections.table("registry").fail("transact", lambda: RuntimeError("inside"))
    broken = api.post("/admin/partners", {"id": "acme"}, query=SHOP)
    assert (broken.status, broken.code) == (500, "internal")
    assert "inside" not in json.dumps(broken.body)
    assert "RuntimeError" in "".join(api.log)


def test_the_schema_knows_every_kind(api: AdminApi) -> None:
    schema = api.get("/admin/schema").body
    assert {"account", "events", "campaigns", "partners", "endpoints", "tokens"} == set(
        schema["properties"]
    )
