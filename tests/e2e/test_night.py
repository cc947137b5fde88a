"""The night as deployed: in the function, and fanned out by the state machine over shards.

Everything is sent now and belongs to the day on which it arrives, whichever that is: the nights
run are those of the days on which the test was running, so that midnight may pass meanwhile.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from local.api import Api
from local.machine import wait_until
from local.stack import Stack, aws_client, invoke
from touchline.attribution.night.progress import CHANGES, Step
from touchline.kernel.clock import HOUR_MS, day_of, days_between, system_clock
from touchline.kernel.ids import Realm
from touchline.ledger.result_keys import progress_key
from touchline.platform.connect import Connections
from touchline.platform.dynamo import Table
from touchline.platform.settings import Aws

ACCOUNT = "night-e2e"
REALM = Realm(ACCOUNT)
ORDERS = 24
PATIENCE_SECONDS = 300
FITTED = {"ads": 16.0, "email": 8.0}
"""Half of all people came by email, then ads, and bought; half by ads alone, and did not. Without
ads nobody buys; without email half of all would come to ads, and half of these buy: a quarter
instead of a half. So the removal effects are 1 and 1/2."""


def created(operator: Api, kind: str, content: Mapping[str, Any]) -> Any:
    answer = operator.post(f"/admin/{kind}", content)
    assert answer.status in {200, 201}, answer.body
    return answer.json()


@pytest.fixture(scope="module")
def owner(operator: Api) -> Api:
    """The admin of an account of its own."""
    created(operator, "accounts", {"id": ACCOUNT, "currency": "EUR"})
    token = {"name": "a", "scopes": ["admin", "report"]}
    made = created(operator, f"tokens?account={ACCOUNT}", token)
    api = operator.with_token(made["token"], scheme="Bearer")
    created(api, "events", {"api_name": "purchase", "valid_from": "2020-01-01T00:00:00Z"})
    return api


@pytest.fixture(scope="module")
def first_day() -> str:
    """The day on which things begin to arrive."""
    return day_of(system_clock())


@pytest.fixture(scope="module")
def sent(owner: Api, anybody: Api, first_day: str) -> str:
    """Orders of many people, each with two touches, and as many people who saw an ad and left; the
    day on which the last of it arrived."""
    assert first_day
    made = created(owner, "tokens", {"name": "b", "scopes": ["ingest"]})
    backend, now = anybody.with_token(made["token"]), system_clock()
    items: list[dict[str, Any]] = []
    for number in range(ORDERS):
        who = {"user_domain": "crm", "user_id": f"u{number}"}
        for hours, channel in ((30, "email"), (5, "ads")):
            at = now - hours * HOUR_MS
            touch = {"kind": "click", "channel": channel, "occurred_at": at}
            items.append({"type": "touch", **who, **touch})
        gone = {"user_domain": "crm", "user_id": f"gone{number}", "channel": "ads"}
        items.append({"type": "touch", **gone, "kind": "click", "occurred_at": now - HOUR_MS})
        sale = {"event": "purchase", "conversion_id": f"N-{number}", "value": "10.00"}
        items.append({"type": "conversion", **who, **sale, "occurred_at": now - HOUR_MS})
    answer = backend.post("/batch", {"items": items})
    assert answer.status == 200, answer.body
    assert {one["outcome"] for one in answer.json()["results"]} == {"stored"}, answer.body
    return day_of(system_clock())


@contextmanager
def table(stack: Stack, name: str) -> Iterator[Table]:
    """One of the stack's tables, as its owner writes to it."""
    connections = Connections(Aws(stack.region, stack.endpoint_url, "test", "test"))
    try:
        yield connections.table(stack.outputs[name])
    finally:
        connections.close()


def run_machine(stack: Stack, days: list[str]) -> tuple[str, str]:
    """Run the state machine to its end: its status, and what it answered or died of."""
    states = aws_client(stack.endpoint_url, "stepfunctions")
    nights = [{"realm": REALM, "day": day, "recompute": False} for day in days]
    started = states.start_execution(
        stateMachineArn=stack.outputs["NightStateMachine"], input=json.dumps({"nights": nights})
    )

    def now() -> dict[str, Any]:
        found: dict[str, Any] = states.describe_execution(executionArn=started["executionArn"])
        return found

    assert wait_until(lambda: now()["status"] != "RUNNING", seconds=PATIENCE_SECONDS, every=1)
    ended = now()
    return str(ended["status"]), str(ended.get("output") or ended.get("cause"))


def test_a_shard_that_fails_is_retried_then_left_and_the_next_night_goes_on_with_it(
    stack: Stack, owner: Api, sent: str, first_day: str
) -> None:
    """B2, BA-02, BA-05 on the state machine: several shards, one that fails for good the first
    time, one conversion that nobody can read."""
    days = list(days_between(first_day, sent))
    broken = progress_key(REALM, f"{days[0]}.1", Step(CHANGES, 3).name)
    with table(stack, "ResultsTable") as results:
        results.put({"pk": broken.pk, "sk": broken.sk, "kind": "progress", "body": "torn"})
    batch = {"batch": f"{REALM}#B#{days[0]}#0", "batch_at": "0"}
    poison = {"pk": f"{REALM}#C#purchase#poison", "sk": "C#", "kind": "conversion", **batch}
    with table(stack, "LedgerTable") as ledger:
        ledger.put({**poison, "status": "no such status"})

    assert run_machine(stack, days)[0] == "FAILED"
    assert owner.get("/reports/runs").json()["rows"] == []

    with table(stack, "ResultsTable") as results:
        results.delete(broken)
    assert run_machine(stack, days)[0] == "SUCCEEDED"
    runs = owner.get("/reports/runs").json()["rows"]
    assert {run["status"] for run in runs} == {"published"}
    assert sum(run["outcomes"].get("attributed", 0) for run in runs) == ORDERS
    assert sum(run["set_aside"] for run in runs) == 1
    report = owner.get("/reports/attribution", {"model": "linear"}).json()
    earned = {row["channel"]: row["value"] for row in report["rows"]}
    assert earned == {"email": "120.00", "ads": "120.00"}
    fitted = owner.get("/reports/attribution", {"model": "markov_1"}).json()
    shares = {row["channel"]: round(row["conversions"], 5) for row in fitted["rows"]}
    assert shares == FITTED, shares
    by_campaign = owner.get("/reports/attribution", {"model": "markov_1", "group_by": "campaign"})
    assert sum(row["conversions"] for row in by_campaign.json()["rows"]) == ORDERS
    paths = owner.get("/reports/paths").json()["rows"]
    assert [(row["path"], row["conversions"]) for row in paths] == [(["email", "ads"], ORDERS)]


def test_attributing_the_same_days_again_restates_nothing(
    stack: Stack, owner: Api, sent: str, first_day: str
) -> None:
    """BA-01 on the deployed function: the first time may have changes, the second has none."""
    event = {"from": first_day, "to": sent, "account": ACCOUNT}
    assert invoke(stack, "AttributionFunction", event)["status"] == "published"
    before = owner.get("/reports/attribution").json()

    again = invoke(stack, "AttributionFunction", event)

    assert (again["status"], again["restated"]) == ("published", [])
    assert owner.get("/reports/attribution").json() == before


def test_other_rules_are_tried_on_the_deployed_function_and_change_nothing(
    stack: Stack, owner: Api, sent: str, first_day: str
) -> None:
    before = owner.get("/reports/attribution").json()
    asked = {"from": first_day, "to": sent, "account": ACCOUNT, "dry_run": True}
    tried = invoke(stack, "AttributionFunction", {**asked, "rules": {"minimum_seconds": 36_000}})

    assert tried["status"] == "dry_run"
    moved = {
        row["value"]: row["value_micros_after"] - row["value_micros_before"]
        for row in tried["difference"]
        if (row["model"], row["dimension"]) == ("linear", "channel")
    }
    assert moved["ads"] == -moved["email"] < 0
    assert owner.get("/reports/attribution").json() == before
