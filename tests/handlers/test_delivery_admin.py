"""Endpoints and deliveries over the Admin API, the reports and the command line."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from tests.admin_api import SETTINGS, START, AdminApi, MemoryConnections
from tests.delivery_world import ScriptedSender
from tests.factories import a_conversion
from tests.http_bridge import serving
from tests.receivers import Receiver, ok, receiver
from tests.reports_api import ReportsApi
from touchline.delivery.model import Delivery, State
from touchline.delivery.outbox import Outbox
from touchline.delivery.referral_store import ReferralCounts
from touchline.delivery.signing import sign, verifies
from touchline.delivery.store import DeliveryStore
from touchline.kernel.ids import AccountId, Realm
from touchline.kernel.reasons import CATALOGUE
from touchline.ledger.conversion_rows import conversion_item
from touchline.ledger.store import LedgerStore
from touchline.platform.stream import Changed
from touchline.registry.audit import Author
from touchline.registry.kinds import ENDPOINT

SHOP = {"account": "shop"}
REALM = Realm("shop")
SPAN = {"from_": "2025-12-31", "to": "2026-01-02"}


@dataclass
class Shop:
    """Account `shop` with one endpoint `crm`, its admin API, its reports and its outbox."""

    api: AdminApi = field(
        default_factory=lambda: AdminApi(settings=replace(SETTINGS, allow_loopback_receivers=True))
    )

    def __post_init__(self) -> None:
        self.api.shop()
        self.sender = ScriptedSender()

    @property
    def connections(self) -> MemoryConnections:
        return self.api.connections

    @property
    def store(self) -> DeliveryStore:
        return DeliveryStore(self.connections.table("deliveries"))

    def declare(self, **stated: Any) -> Any:
        body = {"id": "crm", "url": "https://crm.example.net/hook", **stated}
        made = self.api.post("/admin/endpoints", body, query=SHOP)
        assert made.status == 201, made.body
        return made.body

    def accept(self, **stated: Any) -> Delivery:
        """A conversion is stored and announced; the new delivery."""
        stated = {"occurred_at": self.api.now, **stated}
        conversion = a_conversion(realm=REALM, **stated)
        LedgerStore(self.connections.table("ledger")).add_conversion(conversion)
        services = self.api.services
        outbox = Outbox(
            self.store,
            services.cache,
            LedgerStore(self.connections.table("ledger")),
            ReferralCounts(self.connections.table("deliveries")),
            self.connections.queue("queue"),
            self.api.clock,
        )
        outbox.announce(Changed("1", self.api.now, None, conversion_item(conversion)))
        (announcement,) = self.store.announcements(REALM, conversion.key)
        delivery = self.store.delivery(REALM, announcement.planned[0])
        assert delivery is not None
        return delivery

    def settle(self, delivery: Delivery, state: State, reason: str = "") -> Delivery:
        changed = self.store.change(delivery, state=state, reason=reason, finished_at=self.api.now)
        assert changed is not None
        return changed

    def reports(self) -> ReportsApi:
        return ReportsApi(now=self.api.now, connections=self.connections)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_di_22_a_new_endpoint_gets_a_secret_that_is_shown_once_and_sealed(shop: Shop) -> None:
    made = shop.declare()
    assert made["secret"].startswith("whsec_")
    read = shop.api.get("/admin/endpoints/crm", query=SHOP).body
    assert "secret" not in read
    rows = str(shop.connections.table("registry").items())
    assert made["secret"] not in rows
    assert made["secret"].removeprefix("whsec_") not in rows
    (kept,) = shop.api.services.registry.snapshot(AccountId("shop")).endpoints.values()
    assert shop.api.services.seals.open(kept.secrets[0].value) == made["secret"]


def test_options_that_are_secret_are_sealed_and_never_told(shop: Shop) -> None:
    options = {"pixel_id": "5", "access_token": "meta-access-token-1"}
    made = shop.declare(url="", format="meta_capi", options=options)
    assert made["options"]["pixel_id"] == "5"
    assert made["options"]["access_token"].startswith("sha256:")
    everything = json.dumps(shop.api.get("/admin/audit", query=SHOP).body)
    everything += str(shop.connections.table("registry").items()) + str(shop.api.log)
    assert "meta-access-token-1" not in everything

    same = shop.api.patch("/admin/endpoints/crm", {"options": made["options"]}, query=SHOP)
    assert same.status == 200
    (kept,) = shop.api.services.registry.snapshot(AccountId("shop")).endpoints.values()
    assert shop.api.services.seals.open(kept.options["access_token"]) == "meta-access-token-1"


@pytest.mark.parametrize(
    ("body", "code", "name"),
    [
        ({"url": "https://crm.example.net/?c={clickid}"}, "macro_unknown", "url"),
        ({"url": "http://crm.example.net/"}, "url_scheme", "url"),
        ({"url": "https://10.0.0.1/"}, "url_ip", "url"),
        ({"url": "https://crm.example.net/", "format": "body", "body": "{atempt}"},
         "macro_unknown", "body"),
        ({"url": "https://crm.example.net/", "headers": {"X": "{nothing}"}},
         "macro_unknown", "headers.X"),
        ({"url": "", "format": "tiktok"}, "endpoint_options", "options"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_at_saving(
    shop: Shop, body: dict[str, Any], code: str, name: str
) -> None:
    refused = shop.api.post("/admin/endpoints", {"id": "crm", **body}, query=SHOP)
    assert (refused.status, refused.code) == (422, code)
    assert refused.body["error"]["field"] == name


def test_a_pasted_template_is_stored_in_our_form(shop: Shop) -> None:
    made = shop.declare(url="https://crm.example.net/?c={{click_id}}&v=[[value]]", format="get")
    assert made["url"] == "https://crm.example.net/?c={click_id}&v={value}"


def test_the_linter_answers_over_http_in_the_words_of_the_command_line(shop: Shop) -> None:
    said = shop.api.post("/admin/lint-template", {"url": "https://h.example.net/?c={{clik_id}}"})
    (problem,) = said.body["problems"]
    assert (problem["code"], problem["suggestion"]) == ("macro_unknown", "click_id")
    assert said.body["example"] is None
    good = shop.api.post("/admin/lint-template", {"url": "https://h.example.net/?c=##click_id##"})
    assert good.body["problems"] == []
    assert good.body["example"] == "https://h.example.net/?c=clk_sample"
    body = shop.api.post("/admin/lint-template", {"body": '{"a": "{secret}"}'})
    assert [one["code"] for one in body.body["problems"]] == ["macro_misplaced"]


def test_di_22_rotating_shows_a_new_secret_and_lets_the_old_one_sign_for_a_day(shop: Shop) -> None:
    first = shop.declare()["secret"]
    told = shop.api.post("/admin/endpoints/crm/rotate", {"kind": "ed25519"}, query=SHOP).body
    assert told["secret"].startswith("whsk_")
    assert told["public_key"].startswith("whpk_")
    assert told["old_until"] == "2026-01-02T00:00:00.000Z"
    (kept,) = shop.api.services.registry.snapshot(AccountId("shop")).endpoints.values()
    opened = [shop.api.services.seals.open(one.value) for one in kept.secrets]
    assert opened == [told["secret"], first]


def tried(shop: Shop, said: dict[str, Any], **endpoint: Any) -> tuple[Any, Receiver]:
    """Declare an endpoint at a receiver on this machine and send it a test."""
    api = shop.api

    async def work() -> tuple[Any, Receiver]:
        async with receiver(ok("200 OK", b"fine, user-1")) as got:
            body = {"id": "crm", "url": got.url(endpoint.pop("path", "/pb")), **endpoint}
            made = api.post("/admin/endpoints", body, query=SHOP)
            assert made.status == 201, made.body
            path = "/admin/endpoints/crm/test"
            answer = await asyncio.to_thread(lambda: api.post(path, said, query=SHOP))
            return answer, got

    return asyncio.run(work())


def test_di_19_a_test_send_is_signed_marked_and_counts_nowhere(shop: Shop) -> None:
    secret = "whsec_" + "c2VjcmV0" * 4
    answer, got = tried(shop, {}, secrets=[{"value": secret}])
    assert answer.status == 200
    (request,) = got.requests
    assert request.headers["touchline-test"] == "1"
    assert json.loads(request.body)["data"]["test"] is True
    assert verifies(secret, request.headers, request.body, shop.api.now)
    told = answer.body
    assert (told["outcome"], told["response"]["status"]) == ("delivered", 200)
    assert told["request"]["headers"]["webhook-signature"].startswith("v1,")
    assert shop.connections.table("deliveries").items() == []
    assert shop.connections.queue("queue").messages == []
    trail = shop.api.get("/admin/audit", query=SHOP).body["items"]
    assert trail[0]["action"] == "test"


def test_a_test_send_can_take_a_real_past_conversion(shop: Shop) -> None:
    conversion = a_conversion(realm=REALM, id="REAL-1", click_ref="their-1")
    LedgerStore(shop.connections.table("ledger")).add_conversion(conversion)
    answer, got = tried(
        shop, {"conversion": "REAL-1", "event": "purchase"}, format="get",
        path="/pb?c={partner_click_id}&t={conversion_id}&test={test}",
    )  # fmt: skip
    assert answer.body["outcome"] == "delivered"
    assert got.requests[0].line == "GET /pb?c=their-1&t=REAL-1&test=1 HTTP/1.1"
    missing = shop.api.post(
        "/admin/endpoints/crm/test", {"conversion": "NO", "event": "purchase"}, query=SHOP
    )
    assert missing.status == 404


def test_the_referral_format_can_be_tried_with_sample_data(shop: Shop) -> None:
    """What users of referral webhooks miss: to see one call before it is needed."""
    answer, got = tried(shop, {}, format="referral")
    assert answer.body["outcome"] == "delivered"
    assert "referrer_name=Sample%20Referrer" in got.requests[0].line
    assert "goal_complete=0" in got.requests[0].line


def test_ss_07_di_19_a_blocked_test_send_says_nothing_of_the_inside(shop: Shop) -> None:
    shop.declare(url="https://localhost.example.net/")
    endpoint = shop.api.services.registry.snapshot(AccountId("shop")).endpoints
    assert endpoint
    entry = next(iter(endpoint.values()))
    inside = replace(entry, url="https://10.0.0.1/")
    registry = shop.api.services.registry
    old = registry.entry(AccountId("shop"), ENDPOINT, "crm")
    registry.replace(AccountId("shop"), old, inside, Author("t", 1, "aud_x"))
    told = shop.api.post("/admin/endpoints/crm/test", {}, query=SHOP).body
    assert (told["outcome"], told["reason"]) == ("blocked", "blocked_address")
    assert told["response"] == {"status": 0, "headers": {}, "body": "", "duration_ms": 0}


def test_what_was_sent_too_long_ago_is_not_sent_again(shop: Shop) -> None:
    shop.declare()
    delivery = shop.accept()
    shop.api.now += 90 * 86_400_000
    assert shop.api.post(f"/admin/deliveries/{delivery.id}/resend", {}, query=SHOP).status == 404


def test_a_resend_is_queued_audited_and_idempotent_by_its_key(shop: Shop) -> None:
    shop.declare()
    delivery = shop.settle(shop.accept(), State.DELIVERED)
    shop.connections.queue("queue").messages.clear()
    path = f"/admin/deliveries/{delivery.id}/resend"
    for _ in range(2):
        told = shop.api.post(path, {}, query=SHOP, headers={"idempotency-key": "k1"})
        assert (told.status, told.body["state"]) == (202, "pending")
    assert len(shop.connections.queue("queue").messages) == 1
    assert shop.api.get("/admin/audit", query=SHOP).body["items"][0]["action"] == "resend"


def test_ob_04_what_failed_is_replayed_by_time_and_state(shop: Shop) -> None:
    shop.declare()
    for number in range(3):
        shop.settle(shop.accept(id=f"A-{number}"), State.FAILED, "attempts_exhausted:timeout")
    body = {"from": "2025-12-31T00:00:00Z", "to": "2026-01-02T00:00:00Z", "states": ["failed"]}
    told = shop.api.post("/admin/endpoints/crm/replay", body, query=SHOP).body
    assert (told["queued"], told["done"]) == (3, True)
    again = shop.api.post("/admin/endpoints/crm/replay", body, query=SHOP).body
    assert again["replay"] == told["replay"]
    assert again["queued"] == 3
    for wrong in ({}, {**body, "from": "soon"}, {**body, "states": ["odd"]}):
        refused = shop.api.post("/admin/endpoints/crm/replay", wrong, query=SHOP)
        assert refused.code == "bad_field"


def test_di_16_a_release_lets_out_what_was_held(shop: Shop) -> None:
    shop.declare()
    shop.settle(shop.accept(), State.HELD, "endpoint_disabled")
    told = shop.api.post("/admin/endpoints/crm/release", {}, query=SHOP).body
    assert told == {"released": 1, "more": False, "state": "active"}


def test_a_paused_endpoint_releases_nothing(shop: Shop) -> None:
    shop.declare(state="paused")
    shop.settle(shop.accept(), State.HELD, "endpoint_paused")
    told = shop.api.post("/admin/endpoints/crm/release", {}, query=SHOP).body
    assert told == {"released": 0, "more": True, "state": "paused"}


def test_di_24_ob_01_the_log_leads_from_the_conversion_to_every_attempt(shop: Shop) -> None:
    shop.declare()
    delivery = shop.accept(id="A-7")
    shop.accept(id="A-8")
    reports = shop.reports()
    found = reports.get("/reports/deliveries", **SPAN).body
    assert [one["conversion"] for one in found["deliveries"]] == ["A-7", "A-8"]
    one = reports.get(
        "/reports/deliveries", **{**SPAN, "event": "purchase", "conversion": "A-7"}
    ).body
    assert [d["id"] for d in one["deliveries"]] == [delivery.id]
    shown = reports.get(f"/reports/deliveries/{delivery.id}").body
    assert (shown["state"], shown["attempts"]) == ("pending", [])
    assert reports.get("/reports/deliveries/dlv_no").status == 404
    failed = reports.get("/reports/deliveries", **{**SPAN, "state": "failed"}).body
    assert failed == {"deliveries": [], "next": None}


def test_the_log_comes_in_pages_and_as_csv(shop: Shop) -> None:
    shop.declare()
    for number in range(7):
        shop.accept(id=f"A-{number}")
    reports = shop.reports()
    seen: list[str] = []
    cursor = ""
    for _ in range(10):
        page = reports.get("/reports/deliveries", **{**SPAN, "limit": "3", "cursor": cursor}).body
        seen += [one["conversion"] for one in page["deliveries"]]
        cursor = page["next"]
        if not cursor:
            break
    assert sorted(seen) == [f"A-{number}" for number in range(7)]
    bad = reports.get("/reports/deliveries", **{**SPAN, "cursor": "odd"})
    assert bad.code == "bad_cursor"
    csv = reports.request(
        "GET",
        "/reports/deliveries",
        "from=2025-12-31&to=2026-01-02",
        headers={"accept": "text/csv"},
    )
    assert csv.text.splitlines()[0].startswith("id,endpoint,type")


def test_ob_02_the_sum_is_reported(shop: Shop) -> None:
    shop.declare()
    shop.settle(shop.accept(id="A-1"), State.DELIVERED)
    shop.accept(id="A-2")
    told = shop.reports().get("/reports/deliveries/balance", **SPAN).body
    assert (told["announced"], told["delivered"], told["pending"]) == (2, 1, 1)
    assert told["difference"] == 0


def test_endpoints_are_reported_with_their_standing(shop: Shop) -> None:
    shop.declare(state="paused")
    shop.settle(shop.accept(), State.HELD, "endpoint_paused")
    (told,) = shop.reports().get("/reports/endpoints").body["endpoints"]
    assert (told["sending"], told["reason"], told["held"]) == (False, "endpoint_paused", 1)


def test_se_11_a_partner_sees_its_own_deliveries_only(shop: Shop) -> None:
    for name in ("acme", "best"):
        shop.api.post("/admin/partners", {"id": name}, query=SHOP)
    shop.declare()
    shop.declare(id="pb", partner="acme")
    delivery = shop.accept(partner="acme")
    reports = shop.reports()
    acme, best = (
        reports.token("shop", "report", partner="acme"),
        reports.token("shop", "report", partner="best"),
    )
    seen = reports.get("/reports/deliveries", **SPAN, token=acme).body["deliveries"]
    assert [one["endpoint"] for one in seen] == ["pb"]
    assert reports.get("/reports/deliveries", **SPAN, token=best).body["deliveries"] == []
    assert reports.get(f"/reports/deliveries/{delivery.id}", token=best).status == 404
    assert reports.get("/reports/deliveries/balance", **SPAN, token=best).status == 403


@pytest.fixture
def command(shop: Shop) -> Iterator[Any]:
    """The command line against the admin function behind HTTP."""
    with serving(shop.api) as url:

        def run(*arguments: str, typed: str = "") -> Result:
            options = ["--api-url", url, "--token", shop.api.operator]
            return CliRunner().invoke(app, [*arguments, *options], input=typed)

        yield run


def test_the_command_line_resends_replays_and_releases(shop: Shop, command: Any) -> None:
    shop.declare()
    delivery = shop.settle(shop.accept(), State.FAILED, "attempts_exhausted:timeout")
    span = ["--from", "2025-12-31", "--to", "2026-01-02"]
    assert command("deliveries", "resend", delivery.id).exit_code == 0
    replayed = command("deliveries", "replay", "crm", *span, "--yes", "--json")
    assert json.loads(replayed.stdout)["done"] is True
    assert command("deliveries", "replay", "crm", *span, typed="n\n").exit_code == 1
    released = command("deliveries", "release", "crm", "--json")
    assert json.loads(released.stdout)["released"] == 0
    assert command("deliveries", "resend", "dlv_no").exit_code == 1


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        (State.PENDING, "timeout", "Next attempt 2026-01-0"),
        (State.HELD, "endpoint_paused", "touchline deliveries release crm"),
        (State.FAILED, "attempts_exhausted:timeout", "touchline deliveries resend dlv_"),
    ],
)
def test_the_command_line_says_what_a_reason_means_and_what_comes_next(
    shop: Shop, state: State, reason: str, expected: str
) -> None:
    shop.declare()
    delivery = shop.settle(shop.accept(), state, reason)
    reports = shop.reports()
    with serving(reports) as url:
        to = ["--api-url", url, "--token", reports.analyst, "--account", "shop"]
        shown = CliRunner().invoke(app, ["deliveries", "show", delivery.id, *to])
        span = ["--from", "2025-12-31", "--to", "2026-01-02"]
        counted = CliRunner().invoke(app, ["deliveries", "list", *span, *to])
        wrong = CliRunner().invoke(app, ["deliveries", "list", "--state", "broken", *span, *to])
    assert shown.exit_code == 0, shown.output
    words = " ".join(shown.stdout.split())
    assert expected in words
    assert CATALOGUE[reason.rsplit(":", maxsplit=1)[-1]].meaning in words
    assert f"1 {state.value}" in counted.stdout
    assert wrong.exit_code == 1
    assert "pending, sending, held" in " ".join((wrong.stdout + wrong.stderr).split())


def test_the_command_line_lints_without_a_stack() -> None:
    run = CliRunner()
    bad = run.invoke(app, ["lint-template", "https://h.example.net/?c={clickid}", "--json"])
    assert bad.exit_code == 1
    assert json.loads(bad.stdout)["problems"][0]["suggestion"] == "click_id"
    good = run.invoke(app, ["lint-template", "https://h.example.net/?c=${click_id}"])
    assert good.exit_code == 0
    assert "{click_id}" in good.stdout
    assert run.invoke(app, ["lint-template", "--body", "{attempt}"]).exit_code == 1


def test_the_command_line_verifies_a_signature(tmp_path: Path) -> None:
    secret = "whsec_" + "c2VjcmV0" * 4
    body = tmp_path / "body.json"
    body.write_bytes(b'{"a":1}')
    signature = sign(secret, "dlv_1", START // 1000, b'{"a":1}')
    stated = ["--secret", secret, "--id", "dlv_1", "--timestamp", str(START // 1000)]
    stated += ["--signature", signature]
    run = CliRunner()
    assert run.invoke(app, ["verify-signature", str(body), *stated, "--any-age"]).exit_code == 0
    body.write_bytes(b'{"a":2}')
    assert run.invoke(app, ["verify-signature", str(body), *stated, "--any-age"]).exit_code == 1
    assert run.invoke(app, ["verify-signature", str(body), *stated]).exit_code == 1
