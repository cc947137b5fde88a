"""Every reason that intake gives is in the catalogue, and here is a request that gets it."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.factories import NOON
from tests.handlers.ingest_stage import Answer, Stage, an_event
from tests.intake_factories import SHOP, a_registry
from touchline.kernel.clock import DAY_MS
from touchline.kernel.errors import StoreUnavailable
from touchline.kernel.ids import EventName, PartnerId
from touchline.kernel.reasons import conversion, intake, submission
from touchline.ledger.model import Status
from touchline.registry.commission import Cap, PayoutRule
from touchline.registry.model import (
    Account,
    Duplicates,
    EventDefinition,
    Partner,
    ValueRule,
)

SALE = {"event": "purchase", "conversion_id": "A-1", "value": "10", "currency": "EUR"}
Scene = Callable[[Stage], Answer]


def a_postback(**said: str) -> Scene:
    return lambda stage: stage.postback(**{**SALE, **said})


def then(*postbacks: dict[str, str], token: str = "own") -> Scene:
    """The answer to the last of some postbacks about one order, each a minute after the other."""

    def play(stage: Stage) -> Answer:
        for said in postbacks:
            answer = stage.postback(token, **{**SALE, **said})
            stage.now += 60_000
        return answer

    return play


def posted(path: str, body: Any, **more: Any) -> Scene:
    return lambda stage: stage.post(path, body, **more)


def identified(*identities: Any) -> Scene:
    return posted("/identify", {"identities": list(identities)}, token="", query="site_key=site_1")


def unavailable(stage: Stage) -> Answer:
    stage.table.fail("put", StoreUnavailable)
    stage.spill.fail()
    return stage.postback(**SALE)


def internal(stage: Stage) -> Answer:
    stage.registrar.down.append(ZeroDivisionError())
    return stage.postback(**SALE)


def on_hold(stage: Stage) -> Answer:
    stage.postback(**SALE)
    stored = stage.conversion("A-1")
    held = replace(stored, status=Status.HOLD, flags=("held",), version=2)
    stage.ledger.replace_conversion(held, 1)
    return stage.postback(**SALE, status="rejected")


def others_click(stage: Stage) -> Answer:
    where = stage.request("GET", "/c/spring", query="pid=beta").headers["location"]
    return stage.postback("acme", **SALE, click_id=where.rpartition("click_id=")[2])


def crowded(stage: Stage) -> Answer:
    for n in range(1, 7):
        answer = identified("visitor:v", f"crm:{n}")(stage)
    return answer


def many_changes(stage: Stage) -> Answer:
    for n in range(202):
        stage.now += 1
        answer = stage.postback(**{**SALE, "value": str(n + 1)})
    return answer


def much_about_one_user(stage: Stage) -> Answer:
    for n in range(20):
        attributes = {f"a{n}_{m}": "x" * 512 for m in range(60)}
        user = {"identifiers": {"uuid": "u"}, "attributes": attributes}
        answer = stage.post("/users/upsert", {"users": [user]})
    return answer


def a_crowd_at_the_cap(stage: Stage) -> Answer:
    stage.table.fail("transact", StoreUnavailable, times=1)
    return stage.postback("capped", **SALE)


ITEM = {"kind": "click", "user_id": "7"}
SCENES: dict[str, Scene] = {
    # of requests
    "unauthorized": lambda stage: stage.postback("wrong", **SALE),
    "forbidden_scope": lambda stage: stage.postback("report", **SALE),
    "forbidden_account": lambda stage: stage.postback("acme", **SALE, partner="beta"),
    "ip_not_allowed": lambda stage: stage.postback("listed", **SALE),
    "partner_switched_off": lambda stage: stage.postback("gone", **SALE),
    "not_found": lambda stage: stage.request("GET", "/nowhere"),
    "method_not_allowed": lambda stage: stage.request("PUT", "/postback"),
    "body_too_large": posted("/postback", b"x" * 300_000),
    "unavailable": unavailable,
    "internal": internal,
    # of content
    "malformed_json": posted("/event", b"{"),
    "bad_encoding": posted("/event", b'{"\xff": 1}'),
    "duplicate_key": posted("/event", b'{"a": 1, "a": 2}'),
    "not_a_number": posted("/event", b'{"value": -Infinity}'),
    "too_many_parameters": lambda stage: stage.request(
        "GET", "/postback", query="&".join(f"p{n}=1" for n in range(301)), token="own"
    ),
    "missing_field": posted("/event", an_event(actionId="")),
    "bad_type": posted("/event", an_event(userId={})),
    "bad_text": a_postback(conversion_id="x" * 257),
    "bad_choice": posted("/touch", {**ITEM, "kind": "dance"}),
    "bad_length": posted("/touch", {"touches": []}),
    "unknown_item_type": posted("/batch", {"items": [{"type": "wish"}]}),
    "bad_time": a_postback(occurred_at="noon"),
    "in_future": a_postback(occurred_at=str(NOON + 2 * DAY_MS)),
    "too_old": a_postback(occurred_at=str(NOON - 8 * DAY_MS)),
    "bad_amount": a_postback(value="ten"),
    "negative_amount": a_postback(value="-1"),
    "too_precise": a_postback(value="0.0000001"),
    "bad_currency": a_postback(currency="€"),
    "bad_identity": a_postback(user_domain="no such domain!", user_id="7"),
    "blocked_identity": a_postback(user_id="undefined"),
    "bad_email": a_postback(email="jane"),
    "bad_phone": a_postback(phone="12"),
    "no_person": posted("/touch", {"kind": "click"}),
    "one_identity": posted("/identify", {"identities": ["crm:7"]}),
    "two_of_one_domain": identified("visitor:v", "crm:7", "crm:8"),
    "no_visitor": identified("crm:7", "shop:8"),
    "too_many_identities": crowded,
    "kind_not_for_sites": posted("/touch", {**ITEM, "kind": "store_visit"}, token="site"),
    "missing_event": a_postback(event=""),
    "unknown_event": a_postback(event="nonesuch"),
    "no_such_partner": a_postback(partner="nobody"),
    "other_partners_click": others_click,
    "nothing_to_refund": a_postback(status="refunded"),
    "account_mismatch": posted(
        "/customer/shop/event", {**an_event(customerId="other"), "eventName": "purchase"}
    ),
    "too_large_to_store": much_about_one_user,
    # remarks on what is stored
    "late": a_postback(occurred_at=str(NOON - 360_000)),
    "skewed": a_postback(occurred_at=str(NOON + 400_000)),
    "seconds": a_postback(occurred_at=str(NOON // 1000)),
    "assumed_utc": a_postback(occurred_at="2026-01-01T12:00"),
    "derived_id": a_postback(conversion_id=""),
    "unknown_status": a_postback(status="vip"),
    "assumed_currency": a_postback(currency=""),
    "default_value": a_postback(event="lead", value=""),
    "unknown_click": a_postback(click_id="elsewhere"),
    "clickless": a_postback(partner="acme", click_time=str(NOON - 1000)),
    "by_coupon": a_postback(coupon="ACME10"),
    "payout_differs": a_postback(partner="capped", payout="9"),
    "over_cap": lambda stage: [
        stage.postback("capped", **{**SALE, "conversion_id": str(n)}) for n in range(2)
    ][-1],
    "unexpanded_macro": a_postback(sub1="{sub1}"),
    "repeated_parameter": lambda stage: stage.request(
        "GET", "/postback", query="event=purchase&event=lead&conversion_id=1", token="own"
    ),
    "masked_personal": a_postback(sub1="jane@example.com"),
    "parameters_cut": a_postback(note="x" * 600),
    # news of what was stored
    "repeat": then({}, {}),
    "kept_first": then({"event": "first"}, {"event": "first", "value": "11"}),
    "conflicting_repeat": then({"coupon": "A"}, {"coupon": "B"}),
    "stale_status": then({}, {"status": "pending"}),
    "on_hold": on_hold,
    "locked": then({"event": "locked"}, {"event": "locked", "status": "hold"}),
    "corrected": then({"event": "locked"}, {"event": "locked", "value": "9"}),
    "already_refunded": then({}, {"status": "refunded"}, {"status": "refund", "reason": "again"}),
    "refund_too_large": then({}, {"status": "refunded", "refund_value": "11"}),
    "too_many_changes": many_changes,
}
ELSEWHERE = {
    "not_open": "tests/handlers/test_admin_quarantine.py",
    "tally_moved": "tests/unit/intake/test_payout.py",
    **{row.code: "tests/handlers/test_ingest_suspicion.py" for row in conversion.SIGNS},
}


EVENTS: dict[str, dict[str, Any]] = {
    "purchase": {},
    "lead": {"values": (ValueRule(fixed_micros=5_000_000),)},
    "first": {"duplicates": Duplicates.IGNORE},
    "locked": {},
}
PARTNERS: dict[str, dict[str, Any]] = {
    "acme": {"coupons": ("acme10",)},
    "beta": {},
    "listed": {"ip_allow": ("198.51.100.0/24", "nonsense")},
    "gone": {"active": False},
    "capped": {
        "payouts": (PayoutRule(fixed_micros=1_000_000),),
        "caps": (Cap("day", count=1),),
    },
}


def a_stage() -> Stage:
    declared = a_registry(
        account=Account(SHOP, currency="EUR", site_key="site_1", lock_after_seconds=None),
        events={
            EventName(name): EventDefinition(EventName(name), **stated)
            for name, stated in EVENTS.items()
        },
        partners={
            PartnerId(name): Partner(PartnerId(name), **stated) for name, stated in PARTNERS.items()
        },
    )
    stage = Stage(declared)
    for name in ("listed", "gone", "capped"):
        own = stage.registrar.tokens["own"]
        stage.registrar.tokens[name] = replace(own, partner=PartnerId(name))
    return stage


def told(answer: Answer) -> set[str]:
    """Every code that an answer names, wherever it stands."""
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            found.update(value.get("reasons", ()))
            found.update({value["code"]} if "code" in value else ())
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(json.loads(answer.body))
    return found


@pytest.mark.parametrize("code", SCENES)
def test_a_reason_is_given_for_what_it_means(code: str) -> None:
    stage = a_stage()
    if code in {"locked", "corrected"}:
        locked = replace(stage.registrar.shop.account, lock_after_seconds=30)
        stage.registrar.shop = replace(stage.registrar.shop, account=locked)
    assert code in told(SCENES[code](stage))


def test_every_reason_of_intake_has_its_request() -> None:
    rows = [*intake.REASONS, *submission.REASONS, *conversion.REASONS]
    assert {row.code for row in rows} - SCENES.keys() - ELSEWHERE.keys() == set()


def test_a_crowd_at_a_cap_waits_in_the_spill_queue() -> None:
    assert a_crowd_at_the_cap(a_stage()).outcome == "spilled"
