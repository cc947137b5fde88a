"""Each route of partners and sites, from HTTP to rows."""

import pytest

from tests.factories import NOON
from tests.handlers.ingest_stage import Stage, an_event
from touchline.kernel.ids import Realm
from touchline.ledger.identity import Identity
from touchline.ledger.model import Status

SHOP = Realm("shop")


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_health_answers_without_a_token(stage: Stage) -> None:
    assert stage.request("GET", "/health").status == 200


def test_a_postback_is_stored(stage: Stage) -> None:
    answer = stage.postback(
        "acme", event="purchase", conversion_id="A-1", value="10.50", currency="EUR", sub1="x"
    )
    assert (answer.status, answer.outcome) == (200, "stored")
    assert answer.json == {
        "outcome": "stored",
        "receipt": answer.receipt,
        "reasons": [],
        "conversion_id": "A-1",
    }
    stored = stage.conversion("A-1", scope="acme")
    assert (stored.value_micros, stored.currency, stored.partner) == (10_500_000, "EUR", "acme")
    assert (stored.subs, stored.status) == ({"sub1": "x"}, Status.APPROVED)


def test_the_same_postback_again_is_a_duplicate(stage: Stage) -> None:
    for expected in ("stored", "duplicate", "duplicate"):
        answer = stage.postback(event="purchase", conversion_id="A-1", value="1")
        assert (answer.status, answer.outcome) == (200, expected)
    assert len(stage.rows("repeat")) == 2


def test_a_later_status_moves_the_conversion(stage: Stage) -> None:
    stage.postback(event="purchase", conversion_id="A-1", value="1", status="pending")
    answer = stage.postback(event="purchase", conversion_id="A-1", status="approved")
    assert answer.outcome == "updated"
    stored = stage.conversion("A-1")
    assert (stored.status, stored.value_micros, stored.version) == (Status.APPROVED, 1_000_000, 2)
    assert stored.history[0].before["status"] == "pending"


def test_an_event_is_stored_and_echoed_byte_for_byte(stage: Stage) -> None:
    body = b'{ "customerId":"shop","apiName":"purchase","userDomain":"crm","userId":"7",\n'
    body += f'"actionId":"A-1","actionTimestamp":{NOON},"value":10.50 }}'.encode()
    answer = stage.post("/event", body)
    assert (answer.status, answer.outcome, answer.body) == (200, "stored", body)
    assert stage.conversion("A-1").value_micros == 10_500_000
    assert stage.conversion("A-1").identities == (Identity("crm:7"),)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"actionTimestamp": "yesterday"}, 400, "bad_time"),
        ({"actionTimestamp": "2026-01-01T12:00:00Z"}, 400, "bad_time"),
        ({"actionTimestamp": NOON + 301_000}, 422, "in_future"),
        ({"actionTimestamp": NOON - 7 * 86_400_000 - 1}, 422, "too_old"),
        ({"apiName": "Purchase"}, 422, "unknown_event"),
        ({"apiName": None}, 400, "missing_field"),
        ({"userId": ["7"]}, 400, "bad_type"),
        ({"userId": "null"}, 422, "blocked_identity"),
        ({"value": "-1"}, 422, "negative_amount"),
        ({"value": "1,5"}, 422, "bad_amount"),
        ({"value": "0.0000001"}, 422, "too_precise"),
        ({"currency": "euro"}, 422, "bad_currency"),
    ],
)
def test_a_refused_event_is_named_and_kept(
    stage: Stage, change: dict[str, object], status: int, code: str
) -> None:
    answer = stage.post("/event", an_event(**change))
    assert (answer.status, answer.code, answer.outcome) == (status, code, "quarantined")
    (kept,) = stage.rows("quarantine")
    assert (kept["reason"], kept["sk"]) == (code, answer.receipt)


def test_an_event_for_another_account_is_forbidden(stage: Stage) -> None:
    answer = stage.post("/event", an_event(customerId="other"))
    assert (answer.status, answer.code) == (403, "forbidden_account")


def test_a_contradicting_event_is_a_conflict(stage: Stage) -> None:
    stage.post("/event", an_event(source="crm"))
    answer = stage.postback(event="purchase", conversion_id="A-1", coupon="X", value="10.50")
    assert answer.outcome in {"updated", "duplicate"}


def test_the_customer_route_takes_event_name_and_seconds(stage: Stage) -> None:
    body = an_event(eventName="purchase", actionTimestamp=NOON // 1000 - 60)
    del body["apiName"]
    answer = stage.post("/customer/shop/event", body)
    assert (answer.status, answer.json) == (200, body)
    assert stage.conversion("A-1").occurred_at == NOON - 60_000
    assert "seconds" in stage.conversion("A-1").flags


def test_touches_are_stored_and_linked(stage: Stage) -> None:
    answer = stage.post(
        "/touch",
        {"touches": [{"kind": "click", "channel": "ads", "user_id": "7", "visitor": "v1"}] * 2},
    )
    assert [result["outcome"] for result in answer.json["results"]] == ["stored", "duplicate"]
    around = stage.ledger.around(SHOP, Identity("user:7"))
    assert [touch.channel for touch in around.touches] == ["ads"]
    assert [link.other for link in around.links] == [Identity("visitor:v1")]


def test_a_site_tells_touches_with_its_public_key(stage: Stage) -> None:
    answer = stage.post(
        "/touch",
        {"kind": "optimization_view", "name": "hero:b", "visitor": "v1"},
        token="",
        query="site_key=site_1",
    )
    assert (answer.status, answer.outcome) == (200, "stored")
    assert answer.headers["access-control-allow-origin"] == "*"


def test_identities_are_linked(stage: Stage) -> None:
    answer = stage.post("/identify", {"identities": ["visitor:v1", "crm:7", {"email": "a@b.io"}]})
    assert (answer.status, answer.outcome) == (200, "stored")
    assert len(stage.ledger.around(SHOP, Identity("visitor:v1")).links) == 3


def test_users_are_upserted_with_their_events(stage: Stage) -> None:
    event = {
        "event_name": "purchase",
        "timestamp": "2026-01-01T11:59:00Z",
        "event_params": {"event_group_id": "S-1", "unit_price": 20.5, "currency": "EUR"},
    }
    user = {
        "identifiers": {"email": "a@b.io", "custom": {"crm": "7"}},
        "attributes": {"city": "Gdynia", "x.y": 1},
        "events": [event, {**event, "event_name": "unheard_of"}],
    }
    hidden = {"identifiers": {"uuid": "u1"}, "events": [event | {"event_params": {}}]}
    answer = stage.post(
        "/users/upsert", {"users": [user, {**hidden, "skip_hook": True}, {"identifiers": {}}]}
    )
    assert answer.status == 200
    first, second, third = answer.json["results"]
    assert [part["outcome"] for part in first["events"]] == ["stored", "quarantined"]
    assert second["events"][0]["reasons"][0] == "skip_hook"
    assert third["error"]["code"] == "no_person"
    assert stage.conversion("S-1").value_micros == 20_500_000
    known = stage.conversion("S-1").identities[0]
    assert stage.ledger.attributes(SHOP, known) == {"city": "Gdynia", "x.y": "1"}


def test_a_batch_answers_item_by_item(stage: Stage) -> None:
    items = [
        {"type": "conversion", "event": "purchase", "conversion_id": "B-1", "value": "1"},
        {"type": "conversion", "event": "purchase", "conversion_id": "B-1", "value": "1"},
        {"type": "conversion", "event": "nope"},
        {"type": "touch", "kind": "click", "user_id": "7"},
        {"type": "touch", "kind": "dance", "user_id": "7"},
        {"type": "identify", "identities": ["crm:7", "visitor:v"]},
        {"type": "refund"},
        "nonsense",
    ]
    answer = stage.post("/batch", {"items": items})
    assert answer.status == 200
    assert [result["outcome"] for result in answer.json["results"]] == [
        *("stored", "duplicate", "quarantined", "stored", "quarantined", "stored"),
        *("quarantined", "quarantined"),
    ]
    assert len({result["receipt"] for result in answer.json["results"]}) == len(items)


def test_the_click_of_a_postback_is_found(stage: Stage) -> None:
    redirect = stage.request("GET", "/c/spring", query="pid=acme&click_ref=r1&sub2=y")
    assert redirect.status == 302
    click_id = redirect.headers["location"].rpartition("click_id=")[2]
    stage.postback("acme", click_id=click_id, conversion_id="A-1", value="1")
    stored = stage.conversion("A-1", scope="acme")
    assert (stored.campaign, stored.click_ref, stored.subs["sub2"]) == ("spring", "r1", "y")


def test_what_a_test_token_sends_stays_apart(stage: Stage) -> None:
    stage.postback("test", event="purchase", conversion_id="A-1", value="1")
    assert {row["realm"] for row in stage.rows("conversion")} == {"shop~test"}


def test_a_body_over_the_limit_is_refused_whole(stage: Stage) -> None:
    """IN-11, I13."""
    limit = 256 * 1024
    assert stage.post("/postback", b"a" * (limit + 1)).code == "body_too_large"
    assert stage.table.items() == []
    assert (
        stage.post("/postback", b"event=purchase&conversion_id=1&x=" + b"a" * (limit - 33)).status
        == 200
    )


def test_a_token_is_needed_and_must_fit(stage: Stage) -> None:
    wrong = [
        stage.postback("", event="purchase"),
        stage.postback("nonsense", event="purchase"),
    ]
    assert {(answer.status, answer.code) for answer in wrong} == {(401, "unauthorized")}
    forbidden = stage.postback("report", event="purchase")
    assert (forbidden.status, forbidden.code) == (403, "forbidden_scope")
    assert stage.table.items() == []
    assert stage.table.calls == []


def test_a_token_may_stand_in_the_url(stage: Stage) -> None:
    answer = stage.request(
        "GET", "/postback", query="token=acme&event=purchase&conversion_id=A-1&value=1"
    )
    assert answer.outcome == "stored"
    kept = stage.conversion("A-1", scope="acme").envelope
    assert kept is not None
    assert kept.raw_query == "token=hidden&event=purchase&conversion_id=A-1&value=1"
