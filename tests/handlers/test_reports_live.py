"""What came in last, and one order through its stages, as each token may see them."""

import json
from urllib.parse import urlencode

import pytest

from tests.factories import NOON, a_conversion
from tests.handlers.test_reports import a_sale
from tests.reports_api import Answer, ReportsApi, a_shop
from touchline.delivery.model import Announcement, Attempt, Delivery
from touchline.delivery.store import DeliveryStore
from touchline.kernel.clock import DAY_MS, HOUR_MS, day_of
from touchline.kernel.ids import EndpointId, EventName, PartnerId
from touchline.ledger.model import Conversion, Envelope, Status
from touchline.registry.kinds import ENDPOINT, EVENT, PARTNER
from touchline.registry.model import Endpoint, EventDefinition, Partner


def test_what_came_in_last_is_told_with_its_decision() -> None:
    api = a_shop(now=NOON + HOUR_MS)
    api.services.ledger.add_conversion(a_conversion(id="A-1"))
    api.services.ledger.add_conversion(a_conversion(id="A-2", changed_at=NOON + 5))
    api.publish([a_sale("A-1", "acme")])

    rows = api.get("/reports/live").body["conversions"]

    assert [(row["id"], row.get("outcome")) for row in rows] == [
        ("A-2", None),
        ("A-1", "attributed"),
    ]


def test_a_partner_watches_its_own_conversions_only() -> None:
    api = a_shop(now=NOON + HOUR_MS)
    api.services.ledger.add_conversion(a_conversion(id="A-1", scope="acme"))
    api.services.ledger.add_conversion(a_conversion(id="A-2", scope="globex"))
    acme = api.token("shop", partner="acme")

    live = api.get("/reports/live", token=acme).body["conversions"]
    own = api.get("/reports/stages/A-1", token=acme, event="purchase").body["claims"]
    other = api.get("/reports/stages/A-2", token=acme, event="purchase").body["claims"]

    assert [row["id"] for row in live] == ["A-1"]
    assert len(own) == 1
    assert other == []


def test_one_order_is_followed_from_its_request_to_each_answer_of_a_receiver() -> None:
    api = a_shop(now=NOON + HOUR_MS)
    stored = a_conversion(id="A-1", envelope=an_envelope(), flags=("late",))
    api.services.ledger.add_conversion(stored)
    deliver(api, stored, "acme-postback")
    api.publish([a_sale("A-1", "acme")])

    (claim,) = api.get("/reports/stages/A-1", event="purchase").body["claims"]

    assert claim["request"]["path"] == "/postback"
    (sent,) = claim["deliveries"]
    assert (sent["endpoint"], sent["state"]) == ("acme-postback", "pending")
    assert sent["attempts"][0]["response"]["status"] == 500
    assert claim["announcements"][0]["skipped"][0]["why"]["code"] == "paused"
    assert claim["decision"]["outcome"] == "attributed"


def test_a_partner_sees_what_is_sent_to_its_own_endpoints_only() -> None:
    api = a_shop(now=NOON + HOUR_MS)
    stored = a_conversion(id="A-1", scope="acme", envelope=an_envelope())
    api.services.ledger.add_conversion(stored)
    api.declare(ENDPOINT, Endpoint(EndpointId("acme-postback"), PartnerId("acme")))
    api.declare(ENDPOINT, Endpoint(EndpointId("warehouse")))
    deliver(api, stored, "warehouse")
    deliver(api, stored, "acme-postback")

    answer = api.get("/reports/stages/A-1", token=api.token("shop", partner="acme"))
    (claim,) = api.get(
        "/reports/stages/A-1", token=api.token("shop", partner="acme"), event="purchase"
    ).body["claims"]

    assert answer.body["claims"] == []  # no event of this name is declared
    assert [one["endpoint"] for one in claim["deliveries"]] == ["acme-postback"]
    assert claim["request"] is None
    assert all(news["planned"] is None for news in claim["announcements"])


def test_what_was_kept_long_enough_is_not_shown_any_more() -> None:
    """The request after the account's 180 days, deliveries after 90: it may lie there still."""
    api = a_shop(now=NOON + HOUR_MS)
    stored = a_conversion(id="A-1", envelope=an_envelope())
    api.services.ledger.add_conversion(stored)
    deliver(api, stored, "acme-postback")
    days = {"from": day_of(NOON), "to": day_of(NOON)}

    def seen(after_days: int) -> tuple[bool, int, int, int]:
        api.now = NOON + after_days * DAY_MS
        (claim,) = api.get("/reports/stages/A-1", event="purchase").body["claims"]
        log = api.get("/reports/deliveries", **days).body["deliveries"]
        one = api.get("/reports/deliveries/dlv_acme-postback")
        return (claim["request"] is not None, len(claim["deliveries"]), len(log), one.status)

    assert seen(89) == (True, 1, 1, 200)
    assert seen(90) == (True, 0, 0, 404)
    assert seen(180) == (True, 0, 0, 404)
    assert seen(182) == (False, 0, 0, 404)


def an_envelope() -> Envelope:
    return Envelope("GET", "/postback", "event=purchase", {}, b"", NOON)


def deliver(api: ReportsApi, stored: Conversion, endpoint: str) -> None:
    """Announce a conversion to an endpoint, whose receiver answers 500; another one is paused."""
    store = DeliveryStore(api.connections.table("deliveries"))
    name = f"dlv_{endpoint}"
    delivery = Delivery(
        stored.realm, name, EndpointId(endpoint), "conversion.accepted", stored.key, NOON, NOON
    )
    news = Announcement(
        stored.realm,
        stored.key,
        "conversion.accepted",
        endpoint,
        NOON,
        (name,),
        {EndpointId("sleeper"): "paused"},
    )
    assert store.announce(news, [delivery])
    attempt = Attempt(
        "att_1", 1, NOON, 12, "POST", "https://r.test/", {}, "{}", "retry", status=500
    )
    store.log_attempt(delivery, attempt)


def looked_up(api: ReportsApi, body: object, **query: str) -> Answer:
    token = query.pop("token", None)
    return api.request(
        "POST", "/reports/lookup", urlencode(query), token=token, body=json.dumps(body)
    )


def a_shop_with_purchases() -> ReportsApi:
    api = a_shop(now=NOON + HOUR_MS)
    api.declare(EVENT, EventDefinition(EventName("purchase")))
    api.declare(PARTNER, Partner(PartnerId("acme"), status_map={"ausgezahlt": "approved"}))
    api.declare(PARTNER, Partner(PartnerId("globex")))
    return api


def test_many_conversions_are_looked_up_at_once() -> None:
    api = a_shop_with_purchases()
    api.services.ledger.add_conversion(a_conversion(id="A-1", status=Status.PENDING))
    api.services.ledger.add_conversion(a_conversion(id="A-2", changed_at=NOON + 5))
    api.publish([a_sale("A-2", "acme")])

    told = looked_up(api, {"ids": ["A-1", "A-2", "A-3", "A-1"]}).body["rows"]

    assert [(row["id"], row["status"], row["decided"], row["payer"]) for row in told] == [
        ("A-1", "pending", False, None),
        ("A-2", "approved", True, "acme"),
    ]
    assert told[0]["changed_at"] is None
    assert told[1]["changed_at"] == "2026-01-01T12:00:00.005Z"


def test_a_partner_looks_up_its_own_conversions_only() -> None:
    api = a_shop_with_purchases()
    api.services.ledger.add_conversion(a_conversion(id="A-1", scope="acme"))
    api.services.ledger.add_conversion(a_conversion(id="A-2", scope="globex"))
    acme = api.token("shop", partner="acme")

    rows = looked_up(api, {"ids": ["A-1", "A-2"]}, token=acme).body["rows"]

    assert [row["id"] for row in rows] == ["A-1"]


def test_status_words_mean_what_the_partner_means_by_them() -> None:
    api = a_shop_with_purchases()
    words = {"words": ["ausgezahlt", "paid", "wat"]}

    assert looked_up(api, words, partner="acme").body["words"] == {
        "ausgezahlt": "approved",
        "paid": "approved",
        "wat": None,
    }
    assert looked_up(api, words, partner="globex").body["words"]["ausgezahlt"] is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([], "bad_body"),
        ({"ids": "A-1"}, "bad_field"),
        ({"ids": [1]}, "bad_field"),
        ({"ids": [""]}, "bad_field"),
        ({"ids": ["x"] * 101}, "bad_field"),
        ({"words": {}}, "bad_field"),
    ],
)
def test_a_wrong_lookup_is_refused_by_name(body: object, code: str) -> None:
    assert looked_up(a_shop_with_purchases(), body).code == code


def test_a_body_that_is_no_json_is_refused_by_name() -> None:
    assert a_shop().request("POST", "/reports/lookup", body="{").code == "bad_body"
