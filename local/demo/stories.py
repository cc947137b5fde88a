"""Five short stories, one for each of the systems that Touchline replaces. Each is told through the
public API as its actors would act; what must come of it is stated beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from local.api import Answer, Api
from local.demo.replay import ACCOUNT, Unexpected, expect
from touchline.kernel.clock import DAY_MS, HOUR_MS, MINUTE_MS


@dataclass(frozen=True, slots=True)
class Cast:
    """Who acts: the API as each of them calls it, and the one instant that stories start from."""

    browser: Api
    backend: Api
    partner: Api
    friends: Api
    now: int


@dataclass(frozen=True, slots=True)
class Ending:
    """What the night must make of a conversion: the channel that earned it, or why none did."""

    event: str
    conversion_id: str
    channel: str = ""
    reason: str = ""
    partner: str = ""

    @property
    def words(self) -> str:
        """`credited to email`, `not attributed: skip_hook`."""
        return f"credited to {self.channel}" if self.channel else f"not attributed: {self.reason}"


@dataclass(frozen=True, slots=True)
class Story:
    """A title, and the function that plays it."""

    title: str
    play: Callable[[Cast], list[Ending]]


def follow_click(browser: Api, campaign: str, query: Mapping[str, str]) -> str:
    """Click a tracking link and read the click ID off the page where it leads."""
    answer = browser.get(f"/c/{campaign}", query)
    landed = parse_qs(urlsplit(answer.headers.get("location", "")).query)
    if answer.status != 302 or "click_id" not in landed:
        raise Unexpected(f"a click on {campaign}: {answer.status} {answer.headers}")
    return landed["click_id"][0]


def identify(backend: Api, *identities: str | dict[str, str]) -> Answer:
    """Say that these identities are one person."""
    return expect(backend.post("/identify", {"identities": list(identities)}), "identify", ())


def touch(backend: Api, **said: Any) -> Answer:
    """Tell of one touch."""
    return expect(backend.post("/touch", said), "touch", ())


def affiliate_sale(cast: Cast) -> list[Ending]:
    """A click on a publisher's link, and the shop's postback with the click ID."""
    query = {"pid": "acme", "click_ref": "ACME-77", "sub1": "banner-top"}
    click_id = follow_click(cast.browser, "spring-sale", query)
    sale = {"click_id": click_id, "event": "place_order", "conversion_id": "A-1001"}
    expect(cast.partner.get("/postback", {**sale, "value": "80.00", "currency": "USD"}), "postback")
    return [Ending("place_order", "A-1001", channel="affiliate", partner="acme")]


def signed_contract(cast: Cast) -> list[Ending]:
    """A visitor sees a variation of a page, logs in, and signs offline within the session."""
    signed_at = cast.now - HOUR_MS
    touch(
        cast.backend,
        visitor="v-5e1f",
        kind="optimization_view",
        channel="site",
        name="hero-b",
        occurred_at=signed_at - 10 * MINUTE_MS,
    )
    identify(cast.backend, "visitor:v-5e1f", "salesforce:72349876")
    conversion = {
        "customerId": ACCOUNT,
        "apiName": "sign_contract",
        "userDomain": "salesforce",
        "userId": "72349876",
        "actionId": "opp-0061",
        "actionTimestamp": signed_at,
        "value": "1200.00",
    }
    answer = expect(cast.backend.post("/event", conversion), "event")
    if answer.json() != conversion:
        raise Unexpected(f"/event did not echo what was submitted: {answer.json()}")
    return [Ending("sign_contract", "opp-0061", channel="site")]


def upserted_orders(cast: Cast) -> list[Ending]:
    """A WhatsApp click, then two orders by user upsert: one counts, one skips the hook."""
    bought_at = cast.now - 2 * HOUR_MS
    email = "mia@example.net"
    touch(
        cast.backend, email=email, kind="click", channel="whatsapp", occurred_at=bought_at - DAY_MS
    )
    for order, skip in (("U-1", False), ("U-2", True)):
        event = {
            "event_name": "confirmation_page_view",
            "timestamp": bought_at,
            "event_params": {"event_group_id": order, "unit_price": "45.50", "currency": "USD"},
        }
        user = {"identifiers": {"email": email, "uuid": "u-31"}, "events": [event]}
        upserted = {"users": [{**user, "skip_hook": skip}]}
        expect(cast.backend.post("/users/upsert", upserted), "upsert", ())
    return [
        Ending("confirmation_page_view", "U-1", channel="whatsapp"),
        Ending("confirmation_page_view", "U-2", reason="skip_hook"),
    ]


def referred_friend(cast: Cast) -> list[Ending]:
    """Ann refers Ben; his first order completes her goal, and the referral webhook says so."""
    click_id = follow_click(cast.browser, "refer-a-friend", {"pid": "friends"})
    order = {
        "click_id": click_id,
        "event": "place_order",
        "conversion_id": "R-1",
        "value": "60.00",
        "currency": "USD",
        "referrer_name": "Ann",
        "referrer_email": "ann@example.net",
        "referee_name": "Ben",
        "referee_email": "ben@example.net",
    }
    expect(cast.friends.get("/postback", order), "referral")
    return [Ending("place_order", "R-1", channel="referral", partner="friends")]


def store_purchase(cast: Cast) -> list[Ending]:
    """An email clicked on the phone; days later a purchase in the store with the loyalty card."""
    bought_at = cast.now - 3 * HOUR_MS
    touch(
        cast.backend,
        visitor="phone-88",
        kind="click",
        channel="email",
        name="spring-news",
        occurred_at=bought_at - 2 * DAY_MS,
    )
    identify(cast.backend, "visitor:phone-88", {"email": "Leo@Example.net"})
    identify(cast.backend, {"email": "leo@example.net"}, "loyalty:4711")
    purchase = {
        "type": "conversion",
        "event": "place_order",
        "conversion_id": "till-9-000123",
        "user_domain": "loyalty",
        "user_id": "4711",
        "value": "75.25",
        "currency": "USD",
        "occurred_at": bought_at,
        "source": "store",
    }
    expect(cast.backend.post("/batch", {"items": [purchase]}), "batch", ())
    return [Ending("place_order", "till-9-000123", channel="email")]


STORIES = (
    Story("An affiliate's click and the shop's postback", affiliate_sale),
    Story("A page variation, then a contract signed offline", signed_contract),
    Story("A WhatsApp click, then orders by user upsert", upserted_orders),
    Story("A friend referred, and the goal it completes", referred_friend),
    Story("An email on the phone, then a purchase in the store", store_purchase),
)
