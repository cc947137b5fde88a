"""Breaker, disabling, pace, holds, resends, referral counts, alerts: over the whole room."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest

from tests.delivery_world import SHOP, World, an_endpoint
from tests.factories import NOON, a_conversion
from touchline.delivery.model import Hold, State
from touchline.delivery.ports import Limits
from touchline.delivery.referral_store import ReferralCounts
from touchline.delivery.resend import Resends
from touchline.delivery.verdict import Answer, NoAnswer
from touchline.kernel.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from touchline.kernel.errors import Conflict, NotFound, Refused, StoreUnavailable
from touchline.kernel.ids import CampaignId, EndpointId
from touchline.ledger.model import Status
from touchline.registry.model import (
    Campaign,
    EndpointFormat,
    EndpointState,
    Firing,
    RateLimit,
    Registry,
)

HOOK = EndpointId("hook")


def resends(world: World) -> Resends:
    return Resends(world.store, world.queue, world.clock)


def test_di_15_an_open_breaker_makes_deliveries_wait_without_using_attempts():
    world = World()
    world.scripted.then(500)
    for number in range(10):
        world.accept(id=f"A-{number}")
    world.work()
    assert len(world.scripted.requests) == 10
    assert world.store.health(SHOP, HOOK).open_until == NOON + MINUTE_MS

    world.now += 6 * SECOND_MS
    world.run(world.jobs())
    assert len(world.scripted.requests) == 10
    waiting = world.all()
    assert {one.automatic for one in waiting} == {1}
    assert {one.next_at for one in waiting} == {NOON + MINUTE_MS}


def test_di_15_half_open_one_probe_goes_and_its_success_lets_the_others_follow():
    world = World()
    world.scripted.then(500)
    for number in range(10):
        world.accept(id=f"A-{number}")
    world.work()
    world.scripted.then(200)
    world.now += 2 * MINUTE_MS
    world.run(world.jobs())
    assert len(world.scripted.requests) == 11
    assert world.store.health(SHOP, HOOK).open_until is None

    world.now += 2 * MINUTE_MS
    world.run(world.jobs())
    assert {one.state for one in world.all()} == {State.DELIVERED}


def test_d2_di_15_an_outage_of_our_resolver_opens_no_breaker():
    world = World()
    world.scripted.then(NoAnswer("resolver_unavailable"))
    for number in range(12):
        world.accept(id=f"A-{number}")
    world.work()
    health = world.store.health(SHOP, HOOK)
    assert (health.open_until, health.failing_since) == (None, None)
    assert {one.state for one in world.all()} == {State.PENDING}


def test_d7_gone_disables_holds_and_alerts():
    ops = an_endpoint(id="ops", firing=Firing(types=("endpoint.disabled",)))
    world = World(an_endpoint(), ops)
    world.scripted.then(410)
    world.accept(id="A-1")
    world.work()
    held, alert = sorted(world.all(), key=lambda one: one.type)
    assert (held.state, held.reason) == (State.HELD, "endpoint_disabled")
    assert alert.type == "endpoint.disabled"
    assert json.loads(alert.body)["data"] == {"endpoint": "hook", "reason": "endpoint_gone"}

    world.scripted.then(200)
    world.accept(id="A-2")
    world.work()
    told = world.store.delivery(SHOP, alert.id)
    assert told is not None
    assert told.state is State.DELIVERED
    assert {o.state for o in world.all() if o.endpoint == "hook"} == {State.HELD}


def test_d16_a_receiver_down_for_six_days_is_disabled_after_five_and_loses_nothing():
    ops = an_endpoint(
        id="ops",
        url="https://ops.example.net/",
        firing=Firing(types=("endpoint.disabled", "delivery.exhausted")),
    )
    world = World(an_endpoint(), ops)

    async def down(request):
        return Answer(200 if "ops." in request.url else 503)

    world.scripted.then(down)
    for hour in range(0, 6 * 24, 4):
        world.now = NOON + hour * HOUR_MS
        world.accept(id=f"A-{hour}")
        world.sweep()
        world.work()
    health = world.store.health(SHOP, HOOK)
    assert health.disabled_reason == "endpoint_failing"
    assert health.disabled_at is not None
    assert NOON + 5 * DAY_MS <= health.disabled_at <= NOON + 5 * DAY_MS + 8 * HOUR_MS
    alerts = [one for day in range(7) for one in logged(world, day) if one.endpoint == "ops"]
    assert len([one for one in alerts if one.type == "endpoint.disabled"]) == 1

    world.scripted.then(200)
    world.sweep()
    world.work()
    assert world.store.held(Hold(SHOP, HOOK), 100) != []
    world.holds.enable(SHOP, HOOK)
    for _ in range(3):
        world.pass_time(2 * MINUTE_MS)
        world.work()
    states = [one.state for day in range(7) for one in logged(world, day) if one.endpoint == "hook"]
    assert len(states) == 36
    assert set(states) <= {State.DELIVERED, State.FAILED, State.PENDING}
    assert states.count(State.FAILED) < 20


def logged(world: World, day: int):
    found, _ = world.store.logged(SHOP, NOON + day * DAY_MS, limit=1_000)
    return found


def test_ob_03_an_alert_is_told_once_an_hour():
    ops = an_endpoint(id="ops", firing=Firing(types=("delivery.exhausted",)))
    world = World(an_endpoint(url="https://10.0.0.1/"), ops)
    for number in range(5):
        world.accept(id=f"A-{number}")
    world.work()
    alerts = [one for one in world.all() if one.type == "delivery.exhausted"]
    assert len(alerts) == 1

    world.now += HOUR_MS
    world.accept(id="A-9")
    world.work()
    assert len([one for one in world.all() if one.type == "delivery.exhausted"]) == 2


def test_ob_03_an_alert_whose_receiver_fails_is_tried_again():
    ops = an_endpoint(id="ops", firing=Firing(types=("delivery.exhausted",)))
    world = World(an_endpoint(url="https://10.0.0.1/"), ops)
    world.accept()
    world.work()
    world.scripted.then(500, 200)
    world.work()
    world.pass_time(2 * MINUTE_MS)
    world.work()
    (alert,) = [one for one in world.all() if one.endpoint == "ops"]
    assert alert.state is State.DELIVERED


def test_an_endpoint_is_not_told_about_itself():
    world = World(
        an_endpoint(
            url="https://10.0.0.1/",
            firing=Firing(types=("conversion.accepted", "delivery.exhausted")),
        )
    )
    world.accept()
    world.work()
    assert len(world.all()) == 1


def test_di_21_what_exceeds_the_rate_waits_and_is_not_dropped():
    one_by_one = Limits(at_once_per_endpoint=1)  # each wait moves the clock of the world
    world = World(an_endpoint(rate_limit=RateLimit(2)), limits=one_by_one)
    sent: list[int] = []

    async def noted(_):
        sent.append(world.now)
        return Answer(200)

    world.scripted.then(noted)
    for number in range(40):
        world.accept(id=f"A-{number}")
    for _ in range(200):
        world.run(world.jobs())
        if {one.state for one in world.all()} == {State.DELIVERED}:
            break
        world.now += 500
    assert len(sent) == 40
    for start in range(NOON, NOON + 20_000, 1_000):
        assert sum(start <= at < start + 10_000 for at in sent) <= 21


def test_di_21_a_place_far_ahead_is_kept_by_the_row_not_by_the_worker():
    world = World(an_endpoint(rate_limit=RateLimit(1, 60)))
    for number in range(3):
        world.accept(id=f"A-{number}")
    world.work()
    assert len(world.scripted.requests) == 1
    waits = sorted(one.next_at - NOON for one in world.all() if one.state is State.PENDING)
    assert waits == [60_000, 120_000]


def test_d18_di_14_a_slow_endpoint_delays_no_other_in_the_same_batch():
    world = World(an_endpoint(), an_endpoint(id="slow", url="https://slow.example.net/"))
    order: list[str] = []

    async def by_host(request):
        if "slow." in request.url:
            await asyncio.sleep(0.2)
        order.append(request.url)
        return Answer(200)

    world.scripted.then(by_host)
    for number in range(5):
        world.accept(id=f"A-{number}")
    world.work()
    assert ["slow." in url for url in order] == [False] * 5 + [True] * 5


def test_di_14_no_more_than_so_many_at_once_to_one_endpoint():
    world = World()
    now = most = 0

    async def counted(_):
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return Answer(200)

    world.scripted.then(counted)
    for number in range(20):
        world.accept(id=f"A-{number}")
    world.work()
    assert most == world.limits.at_once_per_endpoint
    assert len(world.scripted.requests) == 20


def test_di_14_messages_are_grouped_by_endpoint():
    world = World(an_endpoint(), an_endpoint(id="other"))
    world.accept()
    assert {message.group for message in world.queue.messages} == {"shop/hook", "shop/other"}


def test_di_18_di_05_a_resend_has_the_same_id_and_body_and_is_none_of_the_schedule():
    world = World()
    world.accept()
    world.work()
    resends(world).resend(SHOP, world.only().id, "token-1")
    world.work()

    first, second = world.scripted.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    delivery = world.only()
    assert (delivery.state, delivery.attempts, delivery.automatic) == (State.DELIVERED, 2, 1)
    assert [one.manual for one in world.store.attempts(SHOP, delivery.id)] == [False, True]


def test_di_18_a_resend_that_fails_leaves_the_delivery_as_it_was():
    world = World()
    world.accept()
    world.work()
    world.scripted.then(500)
    resends(world).resend(SHOP, world.only().id, "token-1")
    world.work()
    assert world.only().state is State.DELIVERED


def test_di_18_a_failed_delivery_can_be_resent_and_is_then_delivered():
    world = World()
    world.scripted.then(NoAnswer("blocked_address"))
    world.accept()
    world.work()
    world.scripted.then(200)
    resends(world).resend(SHOP, world.only().id, "token-1")
    world.work()
    assert world.only().state is State.DELIVERED


def test_di_18_a_resend_of_a_pending_delivery_does_not_use_up_its_schedule():
    world = World()
    world.scripted.then(500)
    world.accept()
    world.work()
    for number in range(5):
        resends(world).resend(SHOP, world.only().id, f"token-{number}")
        world.work()
    assert (world.only().attempts, world.only().automatic) == (6, 1)
    assert world.only().state is State.PENDING


def test_di_18_the_same_resend_twice_is_one_send():
    world = World()
    world.accept()
    world.work()
    for _ in range(3):
        resends(world).resend(SHOP, world.only().id, "same")
    world.work()
    assert len(world.scripted.requests) == 2


def test_a_held_or_unknown_delivery_is_not_resent():
    world = World(an_endpoint(state=EndpointState.PAUSED))
    world.accept()
    world.work()
    with pytest.raises(Conflict, match="delivery_held"):
        resends(world).resend(SHOP, world.only().id, "t")
    with pytest.raises(NotFound):
        resends(world).resend(SHOP, "dlv_nothing", "t")


def test_a_delivery_that_is_being_sent_is_not_resent():
    world = World()
    (delivery,) = world.accept()
    world.store.lease(delivery, "att_1", NOON + 60_000, NOON)
    with pytest.raises(Conflict, match="delivery_busy"):
        resends(world).resend(SHOP, delivery.id, "t")


def failed_world(count: int) -> World:
    world = World()
    world.scripted.then(NoAnswer("blocked_address"))
    for number in range(count):
        world.now += 1
        world.accept(id=f"A-{number:04}")
    world.work()
    world.scripted.then(200)
    world.scripted.requests.clear()
    return world


def replayed(world: World, **stated):
    span = stated.pop("span", (NOON - DAY_MS, NOON + DAY_MS))
    states = stated.pop("states", (State.FAILED,))
    return resends(world).open_replay(SHOP, HOOK, span, states, "ann", **stated)


def test_di_18_ob_04_a_replay_sends_what_was_not_delivered_once_however_often_it_is_asked():
    world = failed_world(30)
    replay = replayed(world)
    while not replay.done:
        replay = resends(world).go_on(replay)
    world.work()
    assert (replay.queued, len(world.scripted.requests)) == (30, 30)

    again = replayed(world)
    assert again.done
    assert resends(world).go_on(again) == again
    world.work()
    assert len(world.scripted.requests) == 30


def test_di_18_a_replay_goes_on_where_it_stopped_and_says_who_asked():
    world = failed_world(25)
    few = Resends(world.store, world.queue, world.clock, looked_at_once=10)
    part = few.go_on(replayed(world))
    assert not part.done
    assert 0 < part.queued < 25
    rest = replayed(world)
    assert (rest.queued, rest.asked_by) == (part.queued, "ann")
    while not rest.done:
        rest = few.go_on(rest)
    assert rest.queued == 25


def test_di_18_a_replay_is_capped():
    world = failed_world(20)
    opened = replayed(world)
    capped = world.store.save_replay(replace(opened, cap=5))
    done = resends(world).go_on(capped)
    assert done.done
    assert 5 <= done.queued <= 20


def test_di_18_a_replay_takes_only_its_range_and_states():
    world = failed_world(10)
    replay = replayed(world, span=(NOON + 3, NOON + 6))
    while not replay.done:
        replay = resends(world).go_on(replay)
    assert replay.queued == 3
    none = replayed(world, states=(State.DELIVERED,))
    while not none.done:
        none = resends(world).go_on(none)
    assert none.queued == 0
    with pytest.raises(Refused, match="bad_range"):
        replayed(world, span=(NOON, NOON - 1))
    with pytest.raises(Refused, match="bad_range"):
        replayed(world, span=(NOON, NOON + 40 * DAY_MS))


def test_di_16_what_is_held_for_a_deleted_endpoint_is_cancelled():
    world = World(an_endpoint(state=EndpointState.PAUSED))
    world.accept()
    world.work()
    world.declare(an_endpoint(id="another"))
    world.pass_time(MINUTE_MS)
    assert world.only().state is State.CANCELLED


def test_an_inactive_partner_holds_its_deliveries():
    world = World(an_endpoint(partner="acme"))
    world.accept(partner="acme")
    partners = {name: replace(one, active=False) for name, one in world.declared.partners.items()}
    world.declare(an_endpoint(partner="acme"), partners=partners)
    world.work()
    assert world.only().reason == "endpoint_partner_inactive"


def test_the_mark_of_a_hold_goes_once_nothing_is_held():
    world = World(an_endpoint(state=EndpointState.PAUSED))
    world.accept()
    world.work()
    assert len(world.store.holds()) == 1
    world.declare(an_endpoint())
    world.pass_time(MINUTE_MS)
    world.work()
    world.pass_time(10 * MINUTE_MS)
    assert world.store.holds() == []


def referral(**stated):
    return an_endpoint(
        id="referral",
        format=EndpointFormat.REFERRAL,
        url="https://invite.example.net/hook?k=1",
        **stated,
    )


def referred(number: int, **stated):
    parameters = {
        "referrer_name": "Ann", "referrer_email": "ann@example.net", "referee_name": "Bo & Co",
        "referee_email": "bo@example.net", "referrer_customValue": "gold",
    }  # fmt: skip
    return a_conversion(
        id=f"A-{number}", campaign=CampaignId("spring"), parameters=parameters, **stated
    )


def referral_world(goal: int | None = 5) -> World:
    campaign = Campaign(CampaignId("spring"), goal_count=goal)
    return World(referral(), campaigns={CampaignId("spring"): campaign})


def test_the_referral_format_has_the_names_and_meanings_its_receivers_know():
    world = referral_world(goal=1)
    world.change(referred(1))
    world.work()
    (request,) = world.scripted.requests
    assert request.method == "GET"
    assert request.url == (
        "https://invite.example.net/hook?k=1&conversion=success&referrer_name=Ann"
        "&referrer_email=ann%40example.net&referee_name=Bo%20%26%20Co"
        "&referee_email=bo%40example.net&orderID=A-1&purchaseValue=10.00&referrer_converts=1"
        "&referrer_customValue=gold&goal_complete=1"
    )
    (attempt,) = world.store.attempts(SHOP, world.only().id)
    assert "ann" not in attempt.url
    assert "orderID=A-1" in attempt.url


def counts_of(world: World) -> list[tuple[str, str]]:
    return [
        (one.facts["referrer_converts"], one.facts["goal_complete"])
        for one in sorted(world.all(), key=lambda one: one.key.id)
    ]


def test_the_goal_is_complete_on_exactly_the_nth_conversion():
    world = referral_world(goal=3)
    for number in range(1, 7):
        world.change(referred(number))
    assert counts_of(world) == [
        ("1", "0"), ("2", "0"), ("3", "1"), ("4", "0"), ("5", "0"), ("6", "0")
    ]  # fmt: skip


def test_pending_conversions_count_when_they_are_approved_and_rejected_ones_are_taken_off():
    world = referral_world(goal=2)
    pending = referred(1, status=Status.PENDING)
    (first,) = world.change(pending)
    assert first.facts["referrer_converts"] == "0"
    approved = replace(pending, status=Status.APPROVED, version=2)
    (second,) = world.change(approved, pending)
    assert second.facts["referrer_converts"] == "1"
    (third,) = world.change(replace(approved, status=Status.REJECTED, version=3), approved)
    assert (third.facts["status"], third.facts["referrer_converts"]) == ("rejected", "0")
    world.change(referred(2))
    (last,) = world.change(referred(3))
    assert (last.facts["referrer_converts"], last.facts["goal_complete"]) == ("2", "1")


def test_the_count_is_exact_when_many_count_at_once_and_every_record_comes_twice():
    world = referral_world(goal=10)
    counts = ReferralCounts(world.table)
    conversions = [referred(number) for number in range(16)] * 2

    def count(conversion):
        while True:
            with suppress(StoreUnavailable):  # too many at once: the record comes again
                return counts.count(conversion, "ann@example.net", 10)

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(count, conversions))
    by_conversion = made[:16]
    assert made[16:] == by_conversion
    assert sorted(one.converts for one in by_conversion) == list(range(1, 17))
    assert [one.converts for one in by_conversion if one.goal_complete] == [10]


def test_an_account_without_campaign_or_goal_never_completes_one():
    world = World(referral())
    world.change(referred(1))
    assert counts_of(world) == [("1", "0")]
    assert isinstance(world.declared, Registry)
