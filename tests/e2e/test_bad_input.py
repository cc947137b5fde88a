"""What is wrong is named, through the deployed HTTP API: never a 500, never a silent 200, nothing
lost."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.api import Api
from local.machine import wait_until
from local.stack import Stack, aws_client
from touchline.kernel.clock import DAY_MS, system_clock

EVENT: dict[str, Any] = {
    "customerId": "shop",
    "apiName": "sign_contract",
    "userDomain": "salesforce",
    "userId": "1",
    "value": "10.00",
}


def an_event(**stated: Any) -> dict[str, Any]:
    """A good conversion an hour ago, but for what is stated."""
    at = system_clock() - 3_600_000
    return {**EVENT, "actionId": "bad-1", "actionTimestamp": at, **stated}


def test_a_wrong_token_is_401_and_never_says_why(anybody: Api) -> None:
    for token in ("x", "tl_live_0000000000000000000000000000000000000000000000"):
        answer = anybody.with_token(token).post("/event", an_event())
        assert answer.status == 401
        assert answer.json()["error"]["code"] == "unauthorized"


@pytest.mark.parametrize(
    ("path", "status"),
    [("/c/" + "x" * 3000, 404), ("/identify?site_key=" + "x" * 3000, 401)],
)
def test_a_name_that_is_longer_than_any_key_of_a_table_is_unknown(
    anybody: Api, path: str, status: int
) -> None:
    answer = anybody.send("GET" if status == 404 else "POST", path)
    assert answer.status == status, answer.body


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ({"apiName": "never_declared"}, "unknown_event"),
        ({"actionTimestamp": system_clock() + DAY_MS}, "in_future"),
        ({"actionTimestamp": system_clock() - 8 * DAY_MS}, "too_old"),
        ({"actionTimestamp": "yesterday"}, "bad_time"),
        ({"actionTimestamp": None}, "missing_field"),
        ({"value": "-1"}, "negative_amount"),
        ({"value": "NaN"}, "bad_amount"),
        ({"value": "1,5"}, "bad_amount"),
        ({"value": [1]}, "bad_type"),
        ({"userId": {"a": 1}}, "bad_type"),
    ],
)
def test_wrong_content_is_refused_by_name_and_kept(
    backend: Api, stated: dict[str, Any], code: str
) -> None:
    answer = backend.post("/event", an_event(**stated))
    assert answer.status in (400, 409, 422), answer.body
    assert answer.json()["error"]["code"] == code
    assert answer.outcome == "quarantined"
    assert answer.receipt


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"a": 1, "a": 2}', b"\xff\xfe", b"null"])
def test_malformed_json_is_refused_and_kept(backend: Api, body: bytes) -> None:
    answer = backend.send("POST", "/event", body, {"content-type": "application/json"})
    assert answer.status in (400, 422)
    assert answer.json()["error"]["code"]
    assert answer.outcome == "quarantined"


def test_a_body_of_300_kib_is_refused_whole(backend: Api) -> None:
    answer = backend.send("POST", "/batch", b"x" * 300 * 1024)
    assert answer.status == 413


def test_twenty_at_once_are_one_conversion(backend: Api, stack: Stack) -> None:
    """IN-03, I10: one is stored and the others are told that they are duplicates; one that the
    table was too slow for is spilled, and is a duplicate when it is drained."""
    content = an_event(actionId="at-once-1")
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: backend.post("/event", content), range(20)))
    assert {answer.status for answer in answers} == {200}
    outcomes = [answer.outcome for answer in answers]
    assert outcomes.count("stored") <= 1
    assert set(outcomes) <= {"stored", "duplicate", "spilled"}
    assert wait_until(lambda: rows_of("at-once-1", stack) == 1, seconds=180)
    assert backend.post("/event", content).outcome == "duplicate"
    assert rows_of("at-once-1", stack) == 1


def rows_of(conversion: str, stack: Stack) -> int:
    """How many conversions the ledger holds under an ID."""
    found = aws_client(stack.endpoint_url, "dynamodb").query(
        TableName=stack.outputs["LedgerTable"],
        KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
        ExpressionAttributeValues={
            ":pk": {"S": f"shop#C#sign_contract#{conversion}"},
            ":sk": {"S": "C#"},
        },
        ConsistentRead=True,
    )
    return int(found["Count"])
