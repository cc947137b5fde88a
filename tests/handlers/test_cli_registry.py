"""`touchline apply`, `drift`, `export`, `token`, `audit` against the admin function over HTTP."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from tests.admin_api import AdminApi
from tests.http_bridge import serving

SHOP = """
account:
  id: shop
  currency: EUR
  rules: {windows: {click: 14d}}
events:
  - {api_name: make_purchase, owner: Ann, report: revenue, valid_from: 2025-01-01T00:00:00Z}
partners:
  - id: acme
    payouts: [{percent: 5%, campaign: spring}]
campaigns:
  - {id: spring, event: make_purchase, landing_url: "https://shop.example/", hosts: [shop.example]}
endpoints:
  - {id: crm, partner: acme, url: "https://crm.example/hook"}
tokens:
  - {name: backend, scopes: [ingest]}
"""


class Stack:
    """A stack to speak to, and a folder to keep files in."""

    def __init__(self, api: AdminApi, url: str, folder: Path) -> None:
        self.api = api
        self.url = url
        self.folder = folder

    def run(self, *arguments: str, typed: str = "") -> Result:
        options = ["--api-url", self.url, "--token", self.api.operator]
        return CliRunner().invoke(app, [*arguments, *options], input=typed)

    def file(self, text: str = SHOP) -> str:
        path = self.folder / "registry.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    def said(self, *arguments: str) -> dict[str, object]:
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        told: dict[str, object] = json.loads(result.stdout)
        return told


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    api = AdminApi()
    with serving(api) as url:
        yield Stack(api, url, tmp_path)


def test_a_file_is_applied_once_and_a_second_time_changes_nothing(stack: Stack) -> None:
    first = stack.said("apply", stack.file())
    assert [(one["action"], one["kind"]) for one in first["plan"]] == [  # type: ignore[attr-defined]
        ("create", "account"),
        ("create", "event"),
        ("create", "partner"),
        ("create", "campaign"),
        ("create", "endpoint"),
        ("issue", "token"),
    ]
    assert first["tokens"][0]["token"].startswith("tl_live_")  # type: ignore[index]
    before = stack.api.connections.table("registry").items()
    second = stack.said("apply", stack.file())
    assert (second["plan"], second["tokens"]) == ([], [])
    after = stack.api.connections.table("registry").items()
    assert [row for row in before if "last_used_at" not in row] == [
        row for row in after if "last_used_at" not in row
    ]


def test_a_dry_run_shows_the_plan_and_changes_nothing(stack: Stack) -> None:
    result = stack.run("apply", stack.file(), "--dry-run")
    assert result.exit_code == 0
    assert "+ partner acme" in result.output
    assert "nothing was changed" in result.output
    assert stack.api.get("/admin/accounts").body["items"] == []


def test_only_what_differs_is_changed_and_shown(stack: Stack) -> None:
    stack.run("apply", stack.file())
    changed = stack.file(SHOP.replace("5%", "7%").replace("owner: Ann, ", ""))
    shown = stack.run("apply", changed, "--dry-run").output
    assert "owner: 'Ann' → ''" in shown
    assert "'7%'" in shown
    plan = stack.said("apply", changed)["plan"]
    assert [(one["kind"], one["id"]) for one in plan] == [  # type: ignore[attr-defined]
        ("event", "make_purchase"),
        ("partner", "acme"),
    ]
    event = stack.api.get("/admin/events/make_purchase", query={"account": "shop"}).body
    assert (event["owner"], event["valid_from"]) == ("", "2025-01-01T00:00:00.000Z")


def test_drift_is_reported_with_exit_code_1(stack: Stack) -> None:
    stack.run("apply", stack.file())
    assert stack.run("drift", stack.file()).exit_code == 0
    stack.api.patch("/admin/partners/acme", {"name": "by hand"}, query={"account": "shop"})
    stack.api.post("/admin/partners", {"id": "extra"}, query={"account": "shop"})
    drifted = stack.run("drift", stack.file())
    assert drifted.exit_code == 1
    assert "name: 'by hand' → ''" in drifted.output
    assert "partner extra: not in the file" in drifted.output
    assert "2 differences" in drifted.output


def test_what_the_file_does_not_name_is_deleted_only_when_asked_twice(stack: Stack) -> None:
    stack.run("apply", stack.file())
    smaller = stack.file("account: {id: shop, currency: EUR}\npartners: [{id: acme}]\n")
    assert stack.run("apply", smaller).exit_code == 0
    assert stack.api.get("/admin/campaigns/spring", query={"account": "shop"}).status == 200
    refused = stack.run("apply", smaller, "--prune")
    assert refused.exit_code == 1
    assert "--yes" in refused.output
    assert stack.run("apply", smaller, "--prune", "--yes").exit_code == 0
    assert stack.api.get("/admin/campaigns/spring", query={"account": "shop"}).status == 404
    assert stack.api.get("/admin/events/make_purchase", query={"account": "shop"}).status == 404


def test_an_export_applied_again_changes_nothing(stack: Stack) -> None:
    stack.run("apply", stack.file())
    exported = stack.run("export").stdout
    assert "currency: EUR" in exported
    assert "half_life" not in exported
    assert stack.said("apply", stack.file(exported))["plan"] == []


def test_an_export_applied_to_an_empty_stack_declares_the_same(stack: Stack) -> None:
    stack.run("apply", stack.file())
    exported = stack.run("export").stdout
    api = AdminApi()
    with serving(api) as url:
        other = Stack(api, url, stack.folder)
        refused = other.run("apply", other.file(exported))
        assert "no secret has this fingerprint" in refused.output
        exported = re.sub("sha256:[0-9a-f]{16}", "whsec_" + "c2VjcmV0" * 4, exported)
        assert other.run("apply", other.file(exported)).exit_code == 0
        assert other.run("drift", other.file(exported)).exit_code == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "declares nothing"),
        ("[1, 2]", "mapping"),
        ("account: shop\n\tevents: []", "line 2"),
        ("account: {id: shop}\naccount: {id: other}", "named twice"),
        ("account: shop\npartnrs: []", "did you mean `partners`"),
        ("account: shop\npartners: {id: acme}", "is a list"),
        ("account: shop\npartners: [{id: acme, strct: yes}]", "did you mean `strict`"),
        ("account: shop\npartners: [{id: acme}, {id: acme}]", "declared twice"),
        ("account: shop\npartners: [acme]", "partners[0]"),
        ("account: shop\ntokens: [backend]", "tokens[0]"),
        ("account: shop\nevents: [{api_name: buy, goal: {target_count: many}}]", "goal"),
        ("partners: []", "account"),
        ("account: !!python/object:os.system {}", "line 1"),
    ],
)
def test_a_wrong_file_is_explained_and_nothing_is_asked(stack: Stack, text: str, says: str) -> None:
    stack.api.log.clear()
    result = stack.run("apply", stack.file(text))
    assert result.exit_code == 1
    assert says in result.output.replace("\n", " ")
    assert stack.api.log == []


def test_a_file_that_is_not_there_or_not_text_is_explained(stack: Stack) -> None:
    assert "No such file" in stack.run("apply", "nowhere.yaml").output
    binary = stack.folder / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in stack.run("apply", str(binary)).output


def test_a_stack_that_does_not_answer_is_explained(tmp_path: Path) -> None:
    file = tmp_path / "registry.yaml"
    file.write_text(SHOP)
    nowhere = ["--api-url", "http://127.0.0.1:9", "--token", "x"]
    result = CliRunner().invoke(app, ["apply", str(file), *nowhere])
    assert result.exit_code == 1
    assert "make up" in result.output


def test_a_wrong_token_is_explained(stack: Stack) -> None:
    options = ["--api-url", stack.url, "--token", "wrong"]
    result = CliRunner().invoke(app, ["apply", stack.file(), *options])
    assert result.exit_code == 1
    assert "unauthorized" in result.output


def test_tokens_are_made_listed_rotated_and_revoked(stack: Stack) -> None:
    stack.run("apply", stack.file())
    made = stack.said("token", "create", "till", "--scope", "ingest", "--scope", "report")
    assert made["scopes"] == ["ingest", "report"]
    fresh = stack.said("token", "rotate", str(made["id"]), "--overlap", "1h")
    assert fresh["token"] != made["token"]
    listed = stack.run("token", "list")
    assert str(made["token"]) not in listed.output
    assert stack.run("token", "revoke", str(fresh["id"]), typed="n\n").exit_code == 1
    assert stack.run("token", "revoke", str(fresh["id"]), "--yes").exit_code == 0
    assert stack.run("token", "create", "x", "--scope", "root").exit_code == 1


def test_the_audit_trail_is_printed_and_exported(stack: Stack) -> None:
    stack.run("apply", stack.file())
    stack.run("apply", stack.file(SHOP.replace("5%", "7%")))
    assert stack.run("audit").exit_code == 0
    result = stack.run("audit", "--json")
    entries = json.loads(result.stdout)
    assert {entry["kind"] for entry in entries} >= {"account", "event", "partner", "token"}


def test_several_accounts_have_to_be_told_apart(stack: Stack) -> None:
    stack.run("apply", stack.file("account: one\n---\naccount: two\n"))
    result = stack.run("token", "list")
    assert result.exit_code == 1
    assert "--account: one, two" in result.output
    assert stack.run("token", "list", "--account", "two").exit_code == 0


def test_wrong_usage_ends_with_2(stack: Stack) -> None:
    assert stack.run("apply").exit_code == 2
    assert stack.run("nothing").exit_code == 2
    assert CliRunner().invoke(app, ["token", "create", "x"]).exit_code == 2
