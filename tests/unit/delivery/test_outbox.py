"""What becomes news, who is told, and that it is told once."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.delivery_world import SHOP, TEST_SIDE, URL, World, a_decision, an_endpoint
from tests.factories import NOON, a_conversion
from touchline.delivery.alerts import Alerts
from touchline.delivery.balance import balance_of
from touchline.delivery.keys import delivery_key
from touchline.delivery.model import State
from touchline.delivery.news import of_conversion, of_decision
from touchline.delivery.payload import MAX_BODY_BYTES
from touchline.kernel.clock import DAY_MS
from touchline.kernel.ids import CampaignId, EventName, PartnerId, Realm, Receipt
from touchline.ledger.conversion_rows import conversion_item
from touchline.ledger.identity import Identity
from touchline.ledger.model import Entry, Status
from touchline.platform.stream import Changed
from touchline.registry.model import EndpointFormat, Firing


def kind(before, now):
    news = of_conversion(before, now, NOON)
    return news.type.removeprefix("conversion.") if news else None


PENDING = a_conversion(status=Status.PENDING)
APPROVED = a_conversion(version=2)
REJECTED = a_conversion(status=Status.REJECTED, version=3)
HOLD = a_conversion(status=Status.HOLD)
EXCLUDED = a_conversion(excluded="over_cap")
REFUNDED = replace(
    APPROVED,
    version=4,
    entries=(Entry("e1", "refund", -4_000_000, 0, "returned", NOON, Receipt("r")),),
)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (None, PENDING, "accepted"),
        (None, APPROVED, "accepted"),
        (None, HOLD, None),
        (None, REJECTED, None),
        (None, EXCLUDED, None),
        (HOLD, APPROVED, "accepted"),
        (REJECTED, APPROVED, "accepted"),
        (EXCLUDED, APPROVED, "accepted"),
        (PENDING, APPROVED, "updated"),
        (APPROVED, replace(APPROVED, value_micros=1), "updated"),
        (APPROVED, replace(APPROVED, version=9, flags=("late",)), None),
        (APPROVED, REJECTED, "reversed"),
        (PENDING, HOLD, "reversed"),
        (APPROVED, EXCLUDED, "reversed"),
        (APPROVED, REFUNDED, "reversed"),
        (REFUNDED, replace(REFUNDED, version=5, flags=("x",)), None),
        (REJECTED, HOLD, None),
    ],
)
def test_what_a_change_of_a_conversion_means_outside(before, now, expected):
    assert kind(before, now) == expected


def test_a_reversal_says_why():
    rejected = replace(REJECTED, parameters={"reason": "fraud"})
    changes = (rejected, REJECTED, REFUNDED, EXCLUDED)
    told = [of_conversion(APPROVED, changed, NOON) for changed in changes]
    assert [news.reason for news in told if news] == ["fraud", "rejected", "returned", "over_cap"]


def decided(name: str, partner: str | None = None, **firing):
    return an_endpoint(
        id=name, partner=partner, firing=Firing(types=("attribution.decided",), **firing)
    )


def test_a_decision_is_told_to_the_winner_the_loser_and_the_account_each_in_its_own_words():
    world = World(
        decided("account"), decided("won", "acme"), decided("lost", "best"), decided("no", "other"),
        partners=("acme", "best", "other"),
    )  # fmt: skip
    world.ledger.add_conversion(a_conversion())
    told = {str(one.endpoint): one for one in world.decide(a_decision())}

    assert sorted(told) == ["account", "lost", "won"]
    won, lost = told["won"].facts, told["lost"].facts
    assert (won["credit"], won["payout"], won["partner_click_id"]) == ("1", "0.50", "a-1")
    assert (won["sub1"], won["seconds_to_conversion"], won["touch_type"]) == ("x", "3600", "click")
    assert (lost["reason"], lost["payout"], lost["credit"]) == ("last_touch_elsewhere", "0.00", "0")
    assert json.loads(told["lost"].body)["data"]["outcome"] == "lost"
    assert "acme" not in told["lost"].body
    account = json.loads(told["account"].body)["data"]
    assert [one["channel"] for one in account["path"]] == ["affiliate", "affiliate"]
    assert account["losers"] == [{"partner": "best", "reason": "last_touch_elsewhere"}]


def test_conditions_on_a_decision_look_at_share_and_outcome():
    world = World(
        decided("half", "best", model="linear", minimum_share_ppm=500_000),
        decided("more", "best", model="linear", minimum_share_ppm=500_001),
        decided("only-losers", "best", outcome="lost"),
        decided("only-winners", "best", outcome="won"),
        partners=("best",),
    )
    told = [one.endpoint for one in world.decide(a_decision())]
    assert sorted(told) == ["half", "only-losers"]


def test_a_decision_that_says_the_same_is_no_news_and_a_restated_one_is():
    before = a_decision(run="1")
    assert of_decision(before, a_decision(run="2", rules_version="9"), "m", NOON) is None
    restated = of_decision(before, a_decision(payer=PartnerId("best")), "m", NOON)
    assert restated is not None
    assert restated.restated


def test_a_decision_that_goes_back_to_what_it_was_is_told_again():
    world = World(decided("account"))
    first, other = a_decision(), a_decision(payer=PartnerId("best"), losers=())
    world.decide(first)
    world.decide(other, first)
    world.decide(first, other)
    assert len(world.all()) == 3


@pytest.mark.parametrize(
    ("firing", "fires"),
    [
        (Firing(), True),
        (Firing(types=("conversion.reversed",)), False),
        (Firing(events=(EventName("purchase"),)), True),
        (Firing(events=(EventName("sign_up"),)), False),
        (Firing(statuses=("approved",)), True),
        (Firing(statuses=("pending",)), False),
        (Firing(campaigns=(CampaignId("spring"),)), True),
        (Firing(campaigns=(CampaignId("autumn"),)), False),
        (Firing(partners=(PartnerId("acme"),)), True),
        (Firing(partners=(PartnerId("best"),)), False),
        (Firing(minimum_micros=10_000_000), True),
        (Firing(minimum_micros=10_000_001), False),
        (Firing(maximum_micros=9_999_999), False),
    ],
)
def test_every_condition_must_hold(firing, fires):
    world = World(an_endpoint(firing=firing))
    assert bool(world.accept(partner="acme", campaign="spring")) is fires


def test_a_partner_hears_of_its_own_conversions_only():
    world = World(an_endpoint(partner="acme"), partners=("acme", "best"))
    assert world.accept(partner="best") == []
    assert world.accept(id="A-2") == []
    assert len(world.accept(id="A-3", partner="acme")) == 1


def test_the_same_record_at_once_by_many_is_one_delivery():
    world = World()
    outbox, change = world.outbox(), a_conversion()
    record = Changed("1", NOON, None, conversion_item(change))
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: outbox.announce(record), range(24)))
    assert sum(made) == 1
    assert len(world.all()) == 1


def test_a_message_that_was_not_sent_is_no_loss():
    world = World()
    world.queue.fail(1)
    world.accept()
    assert world.queue.messages == []
    world.pass_time(61_000)
    world.work()
    assert world.only().state is State.DELIVERED


def test_more_endpoints_than_a_transaction_holds_are_all_told():
    world = World(*(an_endpoint(id=f"hook-{n:03}") for n in range(150)))
    world.accept()
    assert len(world.all()) == 150
    assert len({one.id for one in world.all()}) == 150


def test_without_consent_nothing_personal_is_told():
    gated = an_endpoint(consent=("ads",), format=EndpointFormat.GET, url=URL + "&e={email}")
    world = World(gated)
    (without,) = world.accept(id="A-1", identities=(Identity("email_meta:abc"),))
    (given,) = world.accept(id="A-2", identities=(Identity("email_meta:abc"),), consent=("ads",))
    assert "email" not in without.facts
    assert given.facts["email"] == "abc"


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=3_000), max_size=20))
def test_a_body_is_json_under_20_kb(parameters):
    subs = {f"sub{n}": value for n, value in enumerate(parameters.values(), start=1)}
    subs = {name: value.encode("utf-8", "replace").decode() for name, value in subs.items()}
    world = World()
    (delivery,) = world.accept(subs=subs)
    assert json.loads(delivery.body)["type"] == "conversion.accepted"
    assert len(delivery.body.encode()) < MAX_BODY_BYTES


def test_a_body_template_is_rendered_once_with_its_own_content_type():
    world = World(
        an_endpoint(
            format=EndpointFormat.BODY,
            headers={"Content-Type": "application/xml", "X-Key": "k-{secret}"},
            body="<c id='{conversion_id}'>{value}</c>",
            options={"secret": "s3cret-value"},
        )
    )
    world.accept(id="A<1")
    world.work()
    (request,) = world.scripted.requests
    assert request.body == b"<c id='A&lt;1'>10.00</c>"
    assert request.headers["content-type"] == "application/xml"
    assert request.headers["x-key"] == "k-s3cret-value"


def test_ob_02_the_sum_is_zero_and_a_lost_delivery_is_named():
    world = World(an_endpoint(), an_endpoint(id="second"))
    for number in range(3):
        world.accept(id=f"A-{number}")
    world.work()
    sums = balance_of(world.store, SHOP, NOON - DAY_MS, NOON + DAY_MS)
    assert (sums.announced, dict(sums.found), sums.difference) == (6, {"delivered": 6}, 0)

    lost = world.all()[0].id
    world.table.delete(delivery_key(SHOP, lost))
    broken = balance_of(world.store, SHOP, NOON, NOON + 1)
    assert (broken.difference, broken.missing) == (1, (lost,))


def test_ob_02_the_sweeper_checks_what_was_announced_since_it_last_did():
    world = World()
    world.sweep()
    world.accept()
    world.work()
    world.pass_time(3 * 60_000, sweep=False)
    assert world.sweep().balance.announced == 1
    world.pass_time(60_000, sweep=False)
    assert world.sweep().balance.announced == 0


def test_a_realm_that_nobody_declared_announces_nothing():
    world = World()
    assert world.change(a_conversion(realm=Realm("nobody"))) == []


def test_the_test_side_is_told_to_endpoints_for_tests_and_to_no_other() -> None:
    world = World(an_endpoint(), an_endpoint(id="lab", test=True))

    of_test = world.accept(realm=TEST_SIDE)
    live = world.accept(id="A-2")

    assert [(one.endpoint, one.realm) for one in of_test] == [("lab", TEST_SIDE)]
    assert [one.endpoint for one in live] == ["hook"]


def test_what_is_sent_as_a_test_says_so() -> None:
    world = World(an_endpoint(id="lab", test=True))
    world.accept(realm=TEST_SIDE)

    world.work()

    (request,) = world.scripted.requests
    assert request.headers["touchline-test"] == "1"
    assert json.loads(request.body)["data"]["test"] is True


def test_live_requests_bear_no_mark_of_a_test() -> None:
    world = World()
    world.accept()

    world.work()

    assert "touchline-test" not in world.scripted.requests[0].headers


def test_no_live_endpoint_is_alerted_of_what_failed_in_a_test() -> None:
    alarmed = Firing(types=("delivery.exhausted",))
    world = World(
        an_endpoint(id="lab", test=True),
        an_endpoint(id="ops", firing=alarmed),
        an_endpoint(id="ops-lab", firing=alarmed, test=True),
    )
    lab, *_ = world.accept(realm=TEST_SIDE)

    Alerts(world.store, world, world.queue).exhausted(lab, NOON)

    assert {one.endpoint for one in world.all()} == {"lab", "ops-lab"}
