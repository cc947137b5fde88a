"""What came in last, and one order through its stages, as each token may see them."""

from tests.factories import NOON, a_conversion
from tests.handlers.test_reports import a_sale
from tests.reports_api import ReportsApi, a_shop
from touchline.delivery.model import Announcement, Attempt, Delivery
from touchline.delivery.store import DeliveryStore
from touchline.kernel.clock import DAY_MS, HOUR_MS, day_of
from touchline.kernel.ids import EndpointId, PartnerId
from touchline.ledger.model import Conversion, Envelope
from touchline.registry.kinds import ENDPOINT
from touchline.registry.model import Endpoint


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
