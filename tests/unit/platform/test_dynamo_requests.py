"""What is sent to DynamoDB: values that come back, expressions with placeholders only, batches
retried until nothing is left."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchline.kernel.errors import ConditionFailed, StoreRefused, StoreUnavailable
from touchline.platform.dynamo import (
    Add,
    AllOf,
    AnyOf,
    Append,
    Change,
    Contains,
    Equals,
    Exists,
    Key,
    Missing,
    Not,
    Remove,
    Set,
    SetIfMissing,
    TransactPut,
)
from touchline.platform.dynamo.codec import decode_item, encode_item
from touchline.platform.dynamo.expressions import Expressions
from touchline.platform.dynamo.table import DynamoTable
from touchline.platform.dynamo.transport import error_of
from touchline.platform.patience import Patience

SCALARS = st.none() | st.booleans() | st.integers(-(10**37), 10**37) | st.text() | st.binary()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def same(raw: bytes) -> bytes:
    return raw


@given(st.dictionaries(st.text(min_size=1), VALUES, max_size=5))
def test_an_item_decodes_to_what_was_encoded(item: dict[str, Any]) -> None:
    assert decode_item(encode_item(item, same), same) == item


@pytest.mark.parametrize("value", [1.5, {1, 2}, object(), 10**38, -(10**38), [0.1], {"a": 1j}])
def test_what_has_no_exact_place_in_a_table_is_refused(value: Any) -> None:
    with pytest.raises(StoreRefused):
        encode_item({"a": value}, same)


@pytest.mark.parametrize("packed", [{"SS": ["a"]}, {"NS": ["1"]}])
def test_kinds_that_we_never_write_are_refused(packed: dict[str, Any]) -> None:
    with pytest.raises(StoreRefused):
        decode_item({"a": packed}, same)


def test_a_condition_is_said_with_placeholders_only() -> None:
    said = Expressions(same)
    condition = AllOf(
        Exists("pk"),
        AnyOf(Missing("a.b"), Not(Equals("status", "x' OR 1=1"))),
        Contains("list", 5),
    )
    assert said.condition(condition) == (
        "(attribute_exists(#0)) AND ((attribute_not_exists(#1.#2)) OR (NOT (#3 = :0)))"
        " AND (contains(#4, :1))"
    )
    assert said.placeholders() == {
        "ExpressionAttributeNames": {
            "#0": "pk",
            "#1": "a",
            "#2": "b",
            "#3": "status",
            "#4": "list",
        },
        "ExpressionAttributeValues": {":0": {"S": "x' OR 1=1"}, ":1": {"N": "5"}},
    }


def test_changes_are_said_with_placeholders_only() -> None:
    said = Expressions(same)
    changes: list[Change] = [
        Set("a", 1),
        SetIfMissing("b", "x"),
        Add("n", -2),
        Append("l", [1]),
        Remove("a.b"),
    ]
    assert said.changes(changes) == (
        "SET #0 = :0, #1 = if_not_exists(#1, :1), #2 = if_not_exists(#2, :2) + :3,"
        " #3 = list_append(if_not_exists(#3, :5), :4) REMOVE #0.#1"
    )


@pytest.mark.parametrize(
    ("kind", "answer", "expected"),
    [
        ("ConditionalCheckFailedException", {}, ConditionFailed),
        ("ProvisionedThroughputExceededException", {}, StoreUnavailable),
        ("ThrottlingException", {}, StoreUnavailable),
        ("RequestLimitExceeded", {}, StoreUnavailable),
        ("InternalServerError", {}, StoreUnavailable),
        ("TransactionInProgressException", {}, StoreUnavailable),
        ("ValidationException", {}, StoreRefused),
        ("AccessDeniedException", {}, StoreRefused),
        ("ResourceNotFoundException", {}, StoreRefused),
        (
            "TransactionCanceledException",
            {"CancellationReasons": [{"Code": "None"}, {"Code": "ConditionalCheckFailed"}]},
            ConditionFailed,
        ),
        (
            "TransactionCanceledException",
            {"CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}]},
            StoreUnavailable,
        ),
        (
            "TransactionCanceledException",
            {"CancellationReasons": [{"Code": "ValidationError"}]},
            StoreRefused,
        ),
        ("TransactionCanceledException", {}, StoreRefused),
    ],
)
def test_every_error_of_dynamodb_becomes_one_of_ours(
    kind: str, answer: Mapping[str, Any], expected: type[Exception]
) -> None:
    assert type(error_of(kind, "message", answer)) is expected


class Scripted:
    """A transport that answers from a list and remembers what was asked."""

    def __init__(self, *answers: Mapping[str, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    def call(self, operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append((operation, request))
        return self.answers.pop(0) if self.answers else {}

    def pack(self, raw: bytes) -> bytes:
        return raw

    def unpack(self, packed: Any) -> bytes:
        return bytes(packed)


def a_table(transport: Scripted, waits: list[float], attempts: int = 3) -> DynamoTable:
    return DynamoTable(transport, "t", Patience(attempts, 1, 1, 1), waits.append)


def put(number: int) -> dict[str, Any]:
    return {"PutRequest": {"Item": {"pk": {"S": "p"}, "sk": {"S": str(number)}}}}


def test_what_a_batch_leaves_unprocessed_is_sent_again_until_nothing_is() -> None:
    """B4"""
    waits: list[float] = []
    transport = Scripted(
        {"UnprocessedItems": {"t": [put(1), put(2)]}}, {"UnprocessedItems": {"t": [put(2)]}}, {}
    )
    a_table(transport, waits).batch_write([{"pk": "p", "sk": str(n)} for n in range(3)])
    sent = [len(request["RequestItems"]["t"]) for _, request in transport.asked]
    assert sent == [3, 2, 1]
    assert len(waits) == 2
    assert waits[1] > waits[0] / 2


def test_what_a_batch_never_processes_is_told() -> None:
    """B4: never silently lost."""
    left = {"UnprocessedItems": {"t": [put(1)]}}
    transport = Scripted(left, left, left)
    with pytest.raises(StoreUnavailable, match="1 unprocessed"):
        a_table(transport, []).batch_write([{"pk": "p", "sk": "1"}])


def test_keys_that_a_batch_leaves_unread_are_asked_again() -> None:
    """B3"""
    key = {"pk": {"S": "p"}, "sk": {"S": "1"}}
    transport = Scripted(
        {"Responses": {"t": []}, "UnprocessedKeys": {"t": {"Keys": [key]}}},
        {"Responses": {"t": [key]}},
    )
    assert a_table(transport, []).batch_get([Key("p", "1")]) == [{"pk": "p", "sk": "1"}]


def test_each_transaction_has_a_token_of_its_own() -> None:
    """B5: a retry of the call repeats the token; another call never has it."""
    transport = Scripted()
    table = a_table(transport, [])
    for _ in range(2):
        table.transact([TransactPut({"pk": "p", "sk": "1"})])
    first, second = (request["ClientRequestToken"] for _, request in transport.asked)
    assert first != second
