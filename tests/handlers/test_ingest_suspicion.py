"""Signs of fraud in new conversions: remarked, or held for an operator; never dropped."""

from dataclasses import replace
from typing import Any

import pytest

from tests.factories import NOON, a_touch
from tests.handlers.ingest_stage import Answer, Stage, an_event
from tests.intake_factories import a_registry
from touchline.intake.corrections import Order, release
from touchline.kernel.clock import DAY_MS, HOUR_MS, MINUTE_MS
from touchline.kernel.ids import ClickId, Receipt
from touchline.ledger.identity import Identity
from touchline.ledger.model import Status
from touchline.registry.contracts import parse
from touchline.registry.fraud_rules import FraudRules
from touchline.registry.kinds import ACCOUNT


def a_stage(clicked_at: int = NOON - HOUR_MS, clicks: int = 1, **rules: Any) -> Stage:
    """A shop with these rules, and clicks `c1`, `c2`, … of one address."""
    registry = a_registry()
    stage = Stage(replace(registry, account=replace(registry.account, fraud=FraudRules(**rules))))
    for number in range(1, clicks + 1):
        click = a_touch(
            identity=Identity(f"click:c{number}"),
            click_id=ClickId(f"c{number}"),
            occurred_at=clicked_at,
            ip="203.0.113.0",
        )
        stage.ledger.put_touch("shop", click)  # type: ignore[arg-type]
    return stage


def sale(stage: Stage, order: str, click: str = "c1", **said: str) -> Answer:
    return stage.postback(event="purchase", conversion_id=order, click_id=click, **said)


@pytest.mark.parametrize(("seconds", "sign"), [(9, True), (10, False)])
def test_a_conversion_sooner_than_a_person_is_remarked(seconds: int, *, sign: bool) -> None:
    stage = a_stage(clicked_at=NOON - seconds * 1000, minimum_click_seconds=10)
    assert ("fraud_too_soon" in sale(stage, "A").json["reasons"]) is sign
    assert stage.conversion("A").status is Status.APPROVED


@pytest.mark.parametrize(
    ("said", "sign"),
    [
        ({"value": "1000.01"}, True),
        ({"value": "1000"}, False),
        ({"value": "1000.01", "currency": "JPY"}, False),
    ],
)
def test_an_unlikely_value_is_remarked(said: dict[str, str], *, sign: bool) -> None:
    """In the account's own currency: an amount in another one says nothing here."""
    stage = a_stage(largest_value_micros=1_000_000_000)
    assert ("fraud_large_value" in sale(stage, "A", **said).json["reasons"]) is sign


@pytest.mark.parametrize(
    ("address", "sign"),
    [
        ("jane@mail.example", True),
        ("Jane@Sub.Mail.Example", True),
        ("jane@notmail.example", False),
    ],
)
def test_an_address_that_nobody_keeps_is_remarked_on_every_way_in(
    address: str, *, sign: bool
) -> None:
    stage = a_stage(disposable_domains=("mail.example",))
    stage.postback(event="purchase", conversion_id="A", email=address)
    stage.post("/event", an_event(userDomain="email", userId=address, actionId="B"))
    item = {"type": "conversion", "event": "purchase", "conversion_id": "C", "email": address}
    stage.post("/batch", {"items": [item]})
    params = {"event_group_id": "D"}
    event = {"event_name": "purchase", "timestamp": stage.now, "event_params": params}
    user = {"identifiers": {"email": address}, "events": [event]}
    stage.post("/users/upsert", {"users": [user]})
    found = ["fraud_disposable_email" in stage.conversion(order).flags for order in "ABCD"]
    assert found == [sign] * 4


def test_many_conversions_of_one_address_in_an_hour_are_remarked() -> None:
    stage = a_stage(clicks=5, most_per_address=3)
    reasons = [sale(stage, f"A-{n}", f"c{n}").json["reasons"] for n in range(1, 6)]
    assert ["fraud_velocity" in one for one in reasons] == [False, False, False, True, True]
    stage.now += HOUR_MS
    assert "fraud_velocity" not in sale(stage, "A-6", "c1").json["reasons"]


def test_one_click_that_pays_again_and_again_is_remarked() -> None:
    stage = a_stage(clicks=2, most_per_click=1)
    assert "fraud_repeated_click" not in sale(stage, "A-1").json["reasons"]
    assert "fraud_repeated_click" in sale(stage, "A-2").json["reasons"]
    assert "fraud_repeated_click" not in sale(stage, "B-1", "c2").json["reasons"]


def test_what_is_sent_twice_is_counted_once() -> None:
    stage = a_stage(most_per_click=1, most_per_address=1, verdict="hold")
    assert sale(stage, "A").outcome == "stored"
    for _ in range(3):
        assert sale(stage, "A").outcome == "duplicate"
    assert not [flag for flag in stage.conversion("A").flags if flag.startswith("fraud")]
    assert stage.conversion("A").status is Status.APPROVED


def test_what_is_counted_is_forgotten_and_names_nobody() -> None:
    stage = a_stage(most_per_click=1, most_per_address=1)
    sale(stage, "A")
    rows = stage.rows("tally")
    assert sorted(int(str(row["expires_at"])) for row in rows) == [
        NOON // 1000 + 3600,
        (NOON - HOUR_MS + 30 * DAY_MS) // 1000,
    ]
    assert "203.0.113" not in repr(rows)
    assert "c1" not in repr([row["name"] for row in rows]).replace("'click:", "")


@pytest.mark.parametrize("status", ["approved", "pending"])
def test_a_held_conversion_waits_for_an_operator_and_is_then_what_it_was(status: str) -> None:
    stage = a_stage(clicked_at=NOON - 1000, minimum_click_seconds=10, verdict="hold")
    assert sale(stage, "A", status=status).outcome == "stored"
    held = stage.conversion("A")
    assert held.status is Status.HOLD
    assert {"held", "fraud_too_soon"} <= set(held.flags)
    sale(stage, "A", status="approved")
    assert stage.conversion("A").status is Status.HOLD
    order = Order(who="ops", at=stage.now + MINUTE_MS, receipt=Receipt("rcp_o"))
    assert release(held, order).status is Status(status)


def test_a_held_conversion_pays_nothing_until_it_is_released() -> None:
    stage = a_stage(clicked_at=NOON - 1000, minimum_click_seconds=10, verdict="hold")
    sale(stage, "A", value="10")
    assert stage.conversion("A").tallies == ()


def test_a_rejected_conversion_stays_rejected() -> None:
    stage = a_stage(clicked_at=NOON - 1000, minimum_click_seconds=10, verdict="hold")
    sale(stage, "A", status="rejected")
    assert stage.conversion("A").status is Status.REJECTED


def test_without_rules_nothing_is_looked_at_or_counted() -> None:
    stage = a_stage(clicked_at=NOON - 1)
    sale(stage, "A", value="99999999")
    assert not [flag for flag in stage.conversion("A").flags if flag.startswith("fraud")]
    assert stage.rows("tally") == []


def test_the_rules_are_declared_with_the_account() -> None:
    said = {
        "id": "shop",
        "fraud": {
            "verdict": "hold",
            "minimum_click_seconds": "10s",
            "largest_value": "1000",
            "most_per_address": 20,
            "most_per_click": 3,
            "disposable_domains": ["mail.example"],
        },
    }
    assert parse(ACCOUNT, said).fraud == FraudRules(
        "hold", 10, 1_000_000_000, 20, 3, ("mail.example",)
    )
