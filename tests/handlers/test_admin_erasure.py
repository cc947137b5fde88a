"""`POST /admin/erase` and `touchline erase`: a plan first, then a receipt."""

import json

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.admin_api import AdminApi
from tests.factories import a_touch
from tests.http_bridge import serving
from touchline.kernel.ids import Realm
from touchline.ledger.identity import of_email
from touchline.ledger.store import LedgerStore


def a_shop() -> tuple[AdminApi, str]:
    """A shop that knows Jane by one click; with its own admin token."""
    api = AdminApi()
    token = api.shop()
    known = of_email("jane@example.com")[1]
    LedgerStore(api.services.ledger).put_touch(Realm("shop"), a_touch(identity=known))
    return api, token


def touches(api: AdminApi) -> int:
    ledger = LedgerStore(api.services.ledger)
    return len(ledger.around(Realm("shop"), of_email("jane@example.com")[1]).touches)


def test_a_plan_counts_and_changes_nothing() -> None:
    api, token = a_shop()
    body = {"identity": "email:Jane@Example.com", "dry_run": True}
    answer = api.post("/admin/erase", body, token=token)
    assert answer.status == 200
    assert answer.body["erased"] is False
    assert answer.body["counts"]["touches"] == 1
    assert touches(api) == 1


def test_erasing_gives_a_receipt_that_the_audit_trail_names() -> None:
    api, token = a_shop()
    done = api.post("/admin/erase", {"identity": "email:jane@example.com"}, token=token)
    assert done.status == 200
    assert done.body["receipt"].startswith("ers_")
    assert touches(api) == 0
    trail = api.get("/admin/audit", token=token).body["items"]
    assert [one["thing"] for one in trail if one["action"] == "erase"] == [done.body["receipt"]]
    assert "jane" not in json.dumps(trail).lower()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "bad_field"),
        ({"identity": 7}, 400, "bad_field"),
        ({"identity": "jane"}, 400, "bad_field"),
        ({"identity": "email:jane"}, 422, "bad_email"),
        ({"identity": "crm:null"}, 422, "blocked_identity"),
        ({"identity": "crm:7", "dry_run": "no"}, 400, "bad_field"),
        ({"identity": "crm:7", "sure": True}, 400, "unknown_field"),
        ({"identity": "crm:\u202e7"}, 422, "bad_identity"),
        ({"identity": "crm:nobody"}, 404, "unknown_person"),
    ],
)
def test_what_cannot_be_erased_is_refused_by_name(
    body: dict[str, object], status: int, code: str
) -> None:
    api, token = a_shop()
    answer = api.post("/admin/erase", body, token=token)
    assert (answer.status, answer.body["error"]["code"]) == (status, code)
    assert touches(api) == 1


def test_another_account_cannot_erase_here() -> None:
    api, _ = a_shop()
    assert api.post("/admin/accounts", {"id": "other"}).status == 201
    stranger = api.token("other", "admin")
    answer = api.post("/admin/erase", {"identity": "email:jane@example.com"}, token=stranger)
    assert answer.status == 404
    answer = api.post(
        "/admin/erase",
        {"identity": "email:jane@example.com"},
        token=stranger,
        query={"account": "shop"},
    )
    assert answer.status == 403
    assert touches(api) == 1


def test_the_command_shows_a_plan_and_erases_only_when_told_to() -> None:
    api, token = a_shop()
    with serving(api) as url:
        target = ["--api-url", url, "--token", token]
        planned = CliRunner().invoke(app, ["erase", "email:jane@example.com", *target])
        assert planned.exit_code == 0, planned.output
        assert "Nothing was erased" in planned.output
        assert touches(api) == 1
        done = CliRunner().invoke(app, ["erase", "email:jane@example.com", "--yes", *target])
        assert done.exit_code == 0, done.output
        assert "ers_" in done.output
        assert touches(api) == 0
        again = CliRunner().invoke(app, ["erase", "email:jane@example.com", "--yes", *target])
        assert again.exit_code == 1
        assert "unknown_person" in again.output
