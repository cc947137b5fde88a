"""Ad platforms: requests in the shape of their public documentation, answers in their shapes."""

import json
from typing import Any

import pytest

from tests.delivery_world import SHOP, World, an_endpoint
from tests.factories import NOON, a_conversion, a_touch
from touchline.delivery.model import State
from touchline.delivery.platforms import options_problem
from touchline.delivery.verdict import Answer, NoAnswer
from touchline.kernel.clock import DAY_MS, HOUR_MS, MINUTE_MS
from touchline.kernel.ids import ClickId, EndpointId
from touchline.ledger.identity import Identity, of_email, of_phone
from touchline.registry.model import EndpointFormat

GOOGLE_OPTIONS = {
    "customer_id": "123-456-7890", "conversion_action": "987", "developer_token": "dev-token-1",
    "client_id": "client-1", "client_secret": "client-secret-1", "refresh_token": "refresh-1",
    "login_customer_id": "111-222-3333",
}  # fmt: skip
PERSON = (Identity("crm:user-77"), *of_email("Ann.B+x@gmail.com"), *of_phone("+39 333 1234567"))


def google(**stated):
    options = {**GOOGLE_OPTIONS, **stated.pop("options", {})}
    return an_endpoint(
        id="google", format=EndpointFormat.GOOGLE_ADS, url="", secrets=(), options=options, **stated
    )


def meta(**stated):
    options = {"pixel_id": "555", "access_token": "meta-token-1", **stated.pop("options", {})}
    return an_endpoint(
        id="meta", format=EndpointFormat.META_CAPI, url="", secrets=(), options=options, **stated
    )


def tiktok(**stated):
    options = {"pixel_code": "C123", "access_token": "tiktok-token-1", **stated.pop("options", {})}
    return an_endpoint(
        id="tiktok", format=EndpointFormat.TIKTOK, url="", secrets=(), options=options, **stated
    )


def token_answer(token: str = "access-1") -> Answer:
    return Answer(200, body=json.dumps({"access_token": token, "expires_in": 3600}).encode())


def sent_body(world: World) -> Any:
    return json.loads(world.scripted.requests[-1].body)


def test_google_gets_the_click_the_hashes_and_an_id_that_tells_repeats():
    world = World(google(consent=("ads",)))
    world.scripted.then(token_answer(), Answer(200, body=b'{"results": [{"gclid": "g-1"}]}'))
    world.accept(identities=PERSON, parameters={"gclid": "g-1"}, consent=("ads",))
    world.work()

    exchange, request = world.scripted.requests
    assert exchange.url == "https://oauth2.googleapis.com/token"
    assert b"refresh_token=refresh-1" in exchange.body
    assert request.url == (
        "https://googleads.googleapis.com/v26/customers/1234567890:uploadClickConversions"
    )
    assert request.headers["authorization"] == "Bearer access-1"
    assert request.headers["developer-token"] == "dev-token-1"
    assert request.headers["login-customer-id"] == "1112223333"
    body = sent_body(world)
    assert body["partialFailure"] is True
    (conversion,) = body["conversions"]
    google_email = of_email("ann.b+x@gmail.com")[0].partition(":")[2]
    plus_phone = of_phone("+393331234567")[1].partition(":")[2]
    assert conversion == {
        "conversionAction": "customers/1234567890/conversionActions/987",
        "conversionDateTime": "2026-01-01 12:00:00+00:00",
        "conversionValue": 10.0,
        "currencyCode": "EUR",
        "orderId": "purchase:A-1",
        "gclid": "g-1",
        "userIdentifiers": [{"hashedEmail": google_email}, {"hashedPhoneNumber": plus_phone}],
        "consent": {"adUserData": "GRANTED", "adPersonalization": "GRANTED"},
    }
    assert world.only().state is State.DELIVERED


def test_the_click_id_of_an_ad_is_found_with_the_click():
    world = World(google())
    world.scripted.then(token_answer(), 200)
    click = a_touch(identity=Identity("click:clk_1"), ad_ids={"gclid": "from-click"})
    world.ledger.put_touch(SHOP, click)
    world.accept(click_id=ClickId("clk_1"))
    world.work()
    assert sent_body(world)["conversions"][0]["gclid"] == "from-click"


def test_an_access_token_is_kept_until_it_ends_and_exchanged_again_after():
    world = World(google())
    world.scripted.then(token_answer("a"), 200, 200, token_answer("b"), 200)
    for number in range(2):
        world.accept(id=f"A-{number}", parameters={"gclid": "g"})
        world.work()
    world.now += HOUR_MS
    world.accept(id="A-3", parameters={"gclid": "g"})
    world.work()
    assert [r.headers.get("authorization") for r in world.scripted.requests] == [
        None, "Bearer a", "Bearer a", None, "Bearer b"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [NoAnswer("timeout"), NoAnswer("connect_failed"), Answer(401, body=b'{"error":"x"}'),
     Answer(500), Answer(200, body=b"not json"), Answer(200, body=b"{}")],
)  # fmt: skip
def test_d28_a_token_that_cannot_be_had_is_an_error_of_ours_and_tried_again(answer):
    world = World(google())
    world.scripted.then(answer)
    world.accept(parameters={"gclid": "g"})
    world.work()
    assert (world.only().state, world.only().reason) == (State.PENDING, "platform_credentials")
    assert world.store.health(SHOP, EndpointId("google")).failing_since is None


def test_ss_04_d28_the_exchange_of_tokens_goes_through_the_guard():
    world = World(google(options={"token_url": "https://169.254.169.254/token"}))
    world.accept(parameters={"gclid": "g"})
    world.work()
    assert world.scripted.requests == []
    assert world.only().reason == "blocked_address"


def test_what_google_refuses_is_named_by_its_own_code():
    refusal = {
        "partialFailureError": {
            "code": 3,
            "message": "one conversion failed",
            "details": [
                {"errors": [{"errorCode": {"conversionUploadError": "EXPIRED_EVENT"}}]},
            ],
        },
        "results": [{}],
    }
    world = World(google())
    world.scripted.then(token_answer(), Answer(200, body=json.dumps(refusal).encode()))
    world.accept(parameters={"gclid": "g"})
    world.work()
    assert world.only().reason == "platform_rejected:EXPIRED_EVENT"
    assert world.store.health(SHOP, EndpointId("google")).failing_since is None


def test_meta_gets_hashes_by_its_own_rule_and_the_event_id_of_the_order():
    world = World(meta(options={"event.purchase": "Purchase", "test_event_code": "T1"}))
    world.scripted.then(Answer(200, body=b'{"events_received": 1}'))
    world.accept(identities=PERSON, parameters={"fbclid": "f-1"}, clicked_at=NOON - MINUTE_MS)
    world.work()

    (request,) = world.scripted.requests
    assert request.url == "https://graph.facebook.com/v25.0/555/events"
    assert request.headers["authorization"] == "Bearer meta-token-1"
    body = sent_body(world)
    (event,) = body["data"]
    assert body["test_event_code"] == "T1"
    assert (event["event_name"], event["event_id"]) == ("Purchase", "purchase:A-1")
    assert event["event_time"] == NOON // 1000
    assert event["custom_data"] == {"value": 10.0, "currency": "EUR", "order_id": "A-1"}
    assert event["user_data"] == {
        "em": [of_email("ann.b+x@gmail.com")[1].partition(":")[2]],
        "ph": [of_phone("393331234567")[0].partition(":")[2]],
        "external_id": ["user-77"],
        "fbc": f"fb.1.{NOON - MINUTE_MS}.f-1",
    }


def test_tiktok_gets_its_shape():
    world = World(tiktok(options={"event_name": "CompletePayment"}))
    world.scripted.then(Answer(200, body=b'{"code": 0, "message": "OK"}'))
    world.accept(identities=PERSON, parameters={"ttclid": "t-1"})
    world.work()

    (request,) = world.scripted.requests
    assert request.url == "https://business-api.tiktok.com/open_api/v1.3/event/track/"
    assert request.headers["access-token"] == "tiktok-token-1"
    body = sent_body(world)
    assert (body["event_source"], body["event_source_id"]) == ("web", "C123")
    (event,) = body["data"]
    assert (event["event"], event["event_id"]) == ("CompletePayment", "purchase:A-1")
    assert event["user"]["ttclid"] == "t-1"
    assert event["user"]["external_id"] == "user-77"
    assert event["properties"] == {"value": 10.0, "currency": "EUR", "order_id": "A-1"}


@pytest.mark.parametrize(
    ("endpoint", "answer", "reason"),
    [
        (meta(), Answer(400, body=b'{"error":{"code":190}}'), "platform_credentials"),
        (meta(), Answer(400, body=b'{"error":{"code":4}}'), "platform_busy"),
        (
            meta(),
            Answer(400, body=b'{"error":{"code":100,"error_subcode":2804003}}'),
            "platform_rejected:100.2804003",
        ),
        (meta(), Answer(200, body=b'{"events_received":0}'), "platform_rejected:not_received"),
        (meta(), Answer(503), "answer_error"),
        (tiktok(), Answer(200, body=b'{"code":40105}'), "platform_credentials"),
        (tiktok(), Answer(200, body=b'{"code":40100}'), "platform_busy"),
        (tiktok(), Answer(200, body=b'{"code":50000}'), "platform_busy"),
        (tiktok(), Answer(200, body=b'{"code":40002}'), "platform_rejected:40002"),
        (tiktok(), Answer(502, body=b"<html>"), "answer_error"),
    ],
)
def test_errors_of_platforms_are_told_as_reasons(endpoint, answer, reason):
    world = World(endpoint)
    world.scripted.then(answer)
    world.accept(identities=PERSON)
    world.work()
    assert (world.only().state, world.only().reason) == (State.PENDING, reason)


def skipped(world: World) -> dict[str, str]:
    (announcement,) = world.store.announcements(SHOP, a_conversion().key)
    return {str(name): why for name, why in announcement.skipped.items()}


def test_without_consent_no_platform_is_told_and_the_reason_is_kept():
    world = World(meta(consent=("ads",)), google(consent=("ads",)), tiktok(consent=("ads",)))
    assert world.accept(identities=PERSON) == []
    assert skipped(world) == dict.fromkeys(("meta", "google", "tiktok"), "consent_missing")


def test_a_conversion_that_nothing_identifies_is_not_sent():
    world = World(meta(), google(), tiktok())
    assert world.accept(identities=()) == []
    assert set(skipped(world).values()) == {"platform_no_identifier"}


def test_meta_takes_nothing_older_than_a_week():
    world = World(meta())
    world.now = NOON + 8 * DAY_MS
    assert world.accept(identities=PERSON) == []
    assert skipped(world) == {"meta": "platform_too_old"}


def test_platforms_are_told_of_accepted_conversions_only():
    world = World(meta())
    before = a_conversion(identities=PERSON)
    world.change(a_conversion(identities=PERSON, value_micros=1, version=2), before)
    assert skipped(world) == {"meta": "platform_only_accepted"}


def test_no_credential_and_no_hash_of_a_person_is_in_the_log_of_an_attempt():
    world = World(meta(), google(), tiktok())
    world.scripted.then(token_answer("access-secret-1"))
    world.accept(identities=PERSON, parameters={"gclid": "g"})
    world.work()
    told = str([world.store.attempts(SHOP, one.id) for one in world.all()]) + str(world.lines)
    hashes = [one.partition(":")[2] for one in PERSON[1:]]
    for private in ("meta-token-1", "tiktok-token-1", "dev-token-1", "refresh-1", *hashes):
        assert private not in told
    assert "user-77" not in told


def test_what_the_options_lack_is_named():
    assert options_problem(google(options={"customer_id": ""})) == "options customer_id are missing"
    assert options_problem(meta()) == ""
    assert options_problem(an_endpoint()) == ""
