"""Whatever a hostile or clumsy sender sends: a named answer, never a 500, and nothing lost."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOON
from tests.handlers.ingest_stage import Stage, an_event
from touchline.kernel.ids import Realm
from touchline.ledger.identity import Identity

ROUTES = (
    *("/postback", "/event", "/customer/shop/event", "/touch", "/identify"),
    *("/users/upsert", "/batch"),
)
NAMES = (
    *("customerId", "apiName", "eventName", "userDomain", "userId", "actionId", "actionTimestamp"),
    *("value", "type", "kind", "event", "conversion_id", "status", "touches", "items", "users"),
    *("identities", "identifiers", "events", "event_name", "timestamp", "event_params", "email"),
    *("attributes", "custom", "skip_hook", "subs", "metadata", "user_id", "occurred_at", "partner"),
)
WORDS = (
    *("shop", "purchase", "conversion", "touch", "identify", "click", "refunded", "acme", ""),
    *("null", "-0", "NaN", "9" * 50, str(NOON), "\u0000", "ud:uid", "visitor:v", "☃" * 300),
)
SCALAR = st.sampled_from(WORDS) | st.none() | st.booleans() | st.integers() | st.floats()
THING = st.recursive(
    SCALAR,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
    ),
    max_leaves=25,
)


@given(route=st.sampled_from(ROUTES), body=THING)
def test_any_json_gets_a_named_answer(route: str, body: Any) -> None:
    """SE-03, IN-13: no content makes a 500, a missing receipt or an unnamed error."""
    answer = Stage().post(route, body)
    assert answer.status in {200, 400, 403, 409, 413, 422}
    assert answer.receipt.startswith("rcp_")
    if answer.status >= 400:
        assert answer.code


@given(
    raw=st.binary(max_size=300),
    route=st.sampled_from(ROUTES),
    kind=st.sampled_from(["", "application/json", "application/x-www-form-urlencoded", "text/x"]),
)
def test_any_bytes_get_a_named_answer(raw: bytes, route: str, kind: str) -> None:
    stage = Stage()
    answer = stage.post(route, raw, headers={"content-type": kind} if kind else {})
    assert answer.status in {200, 400, 403, 409, 422}
    kept = stage.rows("conversion") + stage.rows("quarantine") + stage.rows("touch")
    assert kept, "what came after authentication is kept"


@given(query=st.text(max_size=200), header=st.text(max_size=60))
def test_any_query_and_header_get_a_named_answer(query: str, header: str) -> None:
    """SE-03: also where the token belongs."""
    stage = Stage()
    for token in ("own", ""):
        headers = {"authorization": header, "content-type": header, "user-agent": header}
        answer = stage.request(
            "GET", "/postback", query=query, token=token, headers=headers if not token else {}
        )
        assert answer.status in {200, 401}


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"requestContext": None, "headers": None, "rawPath": None},
        {"requestContext": {"http": {"method": "POST"}}, "rawPath": "/event", "body": "%%%"},
        {"rawPath": "/postback", "isBase64Encoded": True, "body": "not base64!"},
    ],
)
def test_a_broken_event_of_the_gateway_gets_an_answer(event: dict[str, Any]) -> None:
    assert Stage().ingest.handle(event)["statusCode"] in {401, 404, 405}


def test_a_compressed_body_is_kept_and_not_unpacked() -> None:
    """I13: a bomb of 200 kB stays 200 bytes."""
    stage = Stage()
    bomb = gzip.compress(b"0" * 200_000)
    answer = stage.post("/postback", bomb, headers={"content-encoding": "gzip"})
    assert answer.outcome == "quarantined"
    assert "compressed" in stage.post("/event", bomb).body.decode()
    found = stage.ledger.find_quarantined(Realm("shop"), answer.receipt)  # type: ignore[arg-type]
    assert found is not None
    assert found.envelope.body == bomb


def test_one_order_number_used_for_two_people_joins_nobody() -> None:
    stage = Stage()
    assert stage.post("/event", an_event(userId="7")).status == 200
    answer = stage.post("/event", an_event(userId="8"))
    assert (answer.status, answer.code) == (409, "conflicting_repeat")
    assert stage.rows("link") == []
    assert stage.conversion("A-1").identities == (Identity("crm:7"),)


def test_a_list_where_an_object_belongs_is_named() -> None:
    answer = Stage().post("/users/upsert", json.loads('{"users": {"identifiers": {}}}'))
    assert (answer.status, answer.code) == (400, "bad_type")


@pytest.mark.parametrize("path", ["/c/" + "x" * 3000, "/v/" + "☃" * 400 + ".gif"])
def test_a_name_that_is_longer_than_any_key_is_not_found(path: str) -> None:
    assert Stage().request("GET", path).status == 404


@pytest.mark.parametrize("filler", ["x", "#", "%", "é", "☃", "😀"])
def test_the_longest_texts_fit_into_every_key(filler: str) -> None:
    """DynamoDB's keys end at 2048 and 1024 bytes, and `#` takes three of them."""
    stage = Stage()
    long = filler * (255 // len(filler.encode()))
    said = {"event": "purchase", "conversion_id": long, "status": long, "user_id": long}
    assert stage.postback("own", **said, click_id=long, visitor=long, sub1=long).outcome == "stored"
    person = {"user_id": long, "visitor": long, "occurred_at": NOON - 90_000_000}
    touch = {
        "kind": "click",
        "channel": "ads",
        "id": filler * (64 // len(filler.encode())),
        **person,
    }
    assert stage.post("/touch", touch).outcome == "stored"
    assert stage.spill.messages == []


@pytest.mark.parametrize("word", ["null", "NULL", "undefined", "None", "n/a", "[object Object]"])
def test_a_word_for_nothing_is_no_conversion_id(word: str) -> None:
    """Taken at its word, all sales of such a sender were one."""
    stage = Stage()
    for value in ("10", "20"):
        answer = stage.postback("own", event="purchase", conversion_id=word, value=value)
        assert "derived_id" in answer.json["reasons"]
    assert len(stage.rows("conversion")) == 2


def test_asking_for_the_head_of_a_postback_is_no_sale() -> None:
    stage = Stage()
    answer = stage.request("HEAD", "/postback", query="event=purchase&conversion_id=A", token="own")
    assert answer.status == 405
    assert stage.rows("conversion") == []
