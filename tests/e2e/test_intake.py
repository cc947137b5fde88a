"""Intake as deployed: what a partner's server meets, on real tables, queues and roles."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.api import Api

ACCOUNT = "intake-e2e"


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


def test_of_fifty_identical_postbacks_at_once_one_is_stored(backend: Api) -> None:
    """IN-03, I10: on a real table."""
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: backend.get("/postback", a_sale("once")), range(50)))
    assert {answer.status for answer in answers} == {200}
    outcomes = sorted(answer.outcome for answer in answers)
    assert outcomes == ["duplicate"] * 49 + ["stored"]


def test_a_conversion_lives_through_status_value_and_refund(backend: Api, owner: Api) -> None:
    said = [
        a_sale("life", status="pending"),
        a_sale("life", status="approved"),
        a_sale("life", status="approved", value="12"),
        a_sale("life", status="refunded", refund_value="2", refund_id="r1"),
    ]
    assert [backend.get("/postback", one).outcome for one in said] == [
        "stored",
        *["updated"] * 3,
    ]
    (item,) = owner.get("/admin/conversions/life").json()["items"]
    assert (item["status"], item["value"], item["net_value"]) == ("approved", "12.00", "10.00")
    assert len(item["history"]) == 2


def test_a_cap_holds_for_a_crowd(partner: Api) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: partner.get("/postback", a_sale(f"cap-{n}")), range(6)))
    over = ["over_cap" in answer.json()["reasons"] for answer in answers]
    assert {answer.status for answer in answers} == {200}
    spilled = sum(answer.outcome == "spilled" for answer in answers)
    assert over.count(False) <= 2 + spilled


def test_what_cannot_be_read_waits_in_quarantine_and_is_replayed(backend: Api, owner: Api) -> None:
    """IN-13: bytes in, reason out, mended and replayed once."""
    wrong = backend.send("GET", "/postback?event=purchase&conversion_id=q1&value=1,5")
    assert (wrong.status, wrong.outcome) == (200, "quarantined")
    path = f"/admin/quarantine/{wrong.receipt}"
    assert owner.get(path).json()["reason"] == "bad_amount"
    mended = {"query": "event=purchase&conversion_id=q1&value=1.5"}
    assert owner.post(f"{path}/replay", mended).json()["state"] == "replayed"
    assert owner.post(f"{path}/replay", mended).status == 409
    (item,) = owner.get("/admin/conversions/q1").json()["items"]
    assert item["value"] == "1.50"


def test_a_batch_of_five_hundred_touches_is_taken_at_once(backend: Api) -> None:
    items = [
        {"type": "touch", "kind": "click", "channel": "ads", "user_id": f"u{n}", "id": "t"}
        for n in range(500)
    ]
    results = backend.post("/batch", {"items": items}).json()["results"]
    assert [result["outcome"] for result in results] == ["stored"] * 500
