"""Intake as deployed: what a partner's server meets, on real tables, queues and roles."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from local.api import Api
from local.machine import wait_until

ACCOUNT = "intake-e2e"
PATIENT = 180.0
"""Seconds that a drain may take on a machine with much else to do."""


def created(operator: Api, kind: str, content: Mapping[str, Any]) -> Any:
    answer = operator.post(f"/admin/{kind}", content)
    assert answer.status in {200, 201}, answer.body
    return answer.json()


@pytest.fixture(scope="module")
def owner(operator: Api) -> Api:
    """The admin of an account of its own."""
    created(operator, "accounts", {"id": ACCOUNT, "currency": "EUR"})
    made = created(operator, f"tokens?account={ACCOUNT}", {"name": "a", "scopes": ["admin"]})
    return operator.with_token(made["token"], scheme="Bearer")


@pytest.fixture(scope="module")
def partner(owner: Api, anybody: Api) -> Api:
    """A partner with a cap of two paid conversions a day."""
    created(owner, "events", {"api_name": "purchase", "valid_from": 0})
    created(
        owner,
        "partners",
        {
            "id": "capped",
            "payouts": [{"fixed": "5", "currency": "EUR"}],
            "caps": [{"period": "total", "count": 2}],
        },
    )
    made = created(owner, "tokens", {"name": "p", "scopes": ["ingest"], "partner": "capped"})
    return anybody.with_token(made["token"])


@pytest.fixture(scope="module")
def backend(owner: Api, anybody: Api, partner: Api) -> Api:
    """The account's own systems."""
    assert partner
    made = created(owner, "tokens", {"name": "b", "scopes": ["ingest"]})
    return anybody.with_token(made["token"])


def a_sale(order: str, **said: str) -> dict[str, str]:
    return {"event": "purchase", "conversion_id": order, "value": "10", "currency": "EUR", **said}


def items(owner: Api, order: str) -> list[Any]:
    """The claims to an order; none while it does not exist."""
    answer = owner.get(f"/admin/conversions/{order}")
    found: list[Any] = answer.json()["items"] if answer.status == 200 else []
    return found


def has_version(owner: Api, order: str, version: int) -> bool:
    return [item["version"] for item in items(owner, order)] == [version]


def test_of_fifty_identical_postbacks_at_once_one_is_stored(backend: Api, owner: Api) -> None:
    """IN-03, I10: on a real table. On a slow machine some may be spilled; they are duplicates
    when they are drained."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: backend.get("/postback", a_sale("once")), range(50)))
    assert {answer.status for answer in answers} == {200}
    outcomes = Counter(answer.outcome for answer in answers)
    assert outcomes["stored"] + outcomes["duplicate"] + outcomes["spilled"] == 50
    assert outcomes["stored"] == 1 or outcomes["spilled"]
    assert wait_until(lambda: len(items(owner, "once")) == 1, seconds=PATIENT)


def test_a_conversion_lives_through_status_value_and_refund(backend: Api, owner: Api) -> None:
    said = [
        a_sale("life", status="pending"),
        a_sale("life", status="approved"),
        a_sale("life", status="approved", value="12"),
        a_sale("life", status="refunded", refund_value="2", refund_id="r1"),
    ]
    for version, one in enumerate(said, 1):
        expected = "updated" if version > 1 else "stored"
        assert backend.get("/postback", one).outcome in {expected, "spilled"}
        assert wait_until(partial(has_version, owner, "life", version), seconds=PATIENT)
    (item,) = items(owner, "life")
    assert (item["status"], item["value"], item["net_value"]) == ("approved", "12.00", "10.00")
    assert len(item["history"]) == 2


def test_a_cap_holds_for_a_crowd_and_what_is_rejected_gives_room(partner: Api, owner: Api) -> None:
    orders = [f"cap-{n}" for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda order: partner.get("/postback", a_sale(order)), orders))
    assert {answer.status for answer in answers} == {200}
    assert wait_until(lambda: all(items(owner, order) for order in orders), seconds=PATIENT)
    payouts = [item["payout"] for order in orders for item in items(owner, order)]
    assert sorted(payouts) == ["0.00"] * 4 + ["5.00"] * 2
    paid = orders[payouts.index("5.00")]
    assert owner.post(f"/admin/conversions/{paid}/reject", {"reason": "fake"}).status == 200
    assert partner.get("/postback", a_sale("cap-room")).status == 200
    assert wait_until(lambda: bool(items(owner, "cap-room")), seconds=PATIENT)
    assert items(owner, "cap-room")[0]["payout"] == "5.00"


def test_what_cannot_be_read_waits_in_quarantine_and_is_replayed(backend: Api, owner: Api) -> None:
    """IN-13: bytes in, reason out, mended and replayed once."""
    wrong = backend.send("GET", "/postback?event=purchase&conversion_id=q1&value=1,5")
    assert wrong.status == 200
    assert wrong.outcome in {"quarantined", "spilled"}
    path = f"/admin/quarantine/{wrong.receipt}"
    assert wait_until(lambda: owner.get(path).status == 200, seconds=PATIENT)
    assert owner.get(path).json()["reason"] == "bad_amount"
    mended = {"query": "event=purchase&conversion_id=q1&value=1.5"}
    assert owner.post(f"{path}/replay", mended).json()["state"] == "replayed"
    assert owner.post(f"{path}/replay", mended).status == 409
    (item,) = items(owner, "q1")
    assert item["value"] == "1.50"


def test_a_batch_of_five_hundred_touches_is_taken_at_once(backend: Api) -> None:
    sent = [
        {"type": "touch", "kind": "click", "channel": "ads", "user_id": f"u{n}", "id": "t"}
        for n in range(500)
    ]
    answer = backend.post("/batch", {"items": sent})
    assert answer.status == 200
    if answer.outcome != "spilled":
        assert [one["outcome"] for one in answer.json()["results"]] == ["stored"] * 500
