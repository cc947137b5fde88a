"""The worker: leases, outcomes, schedules, crashes."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from random import Random
from threading import Barrier

import pytest

from tests.delivery_world import SECRET, SHOP, World, an_endpoint
from tests.factories import NOON, a_conversion
from touchline.delivery.keys import delivery_key
from touchline.delivery.model import State
from touchline.delivery.schedule import DELAYS_MS
from touchline.delivery.signing import verifies
from touchline.delivery.verdict import Answer, NoAnswer
from touchline.kernel.clock import MINUTE_MS
from touchline.kernel.errors import StoreUnavailable
from touchline.registry.model import EndpointState, Secret


def unavailable() -> Exception:
    return StoreUnavailable("as the test wants it")


def test_a_conversion_is_told_once_signed():
    world = World()
    world.accept()
    assert world.work() == []

    (request,) = world.scripted.requests
    assert request.method == "POST"
    assert verifies(SECRET, request.headers, request.body, NOON)
    assert world.only().state is State.DELIVERED


def test_di_05_id_and_body_stay_the_same_and_di_06_the_signature_is_fresh():
    world = World()
    world.scripted.then(500, 500, 200)
    world.accept()
    world.work()
    for _ in range(2):
        world.pass_time(6 * MINUTE_MS)
        world.work()

    requests = world.scripted.requests
    assert len(requests) == 3
    assert len({request.headers["webhook-id"] for request in requests}) == 1
    assert len({request.body for request in requests}) == 1
    assert len({request.headers["webhook-signature"] for request in requests}) == 3
    assert world.only().state is State.DELIVERED


def test_di_01_a_dead_receiver_is_tried_ten_times_on_the_schedule():
    world = World()
    world.scripted.then(503)
    world.accept()
    world.work()
    at = [NOON]
    while world.only().state is State.PENDING:
        delivery = world.only()
        at.append(delivery.next_at)
        world.now = delivery.next_at
        world.run(world.jobs())

    assert [later - earlier for earlier, later in pairwise(at)] == list(DELAYS_MS[1:])
    assert (world.only().state, world.only().reason) == (
        State.FAILED,
        "attempts_exhausted:answer_error",
    )


def test_di_02_d19_nothing_is_early_and_nothing_is_lost_when_the_sweeper_was_down():
    world = World()
    world.scripted.then(500, 500, 500, 200)
    world.accept()
    world.work()
    for _ in range(2):
        world.pass_time(6 * MINUTE_MS)
        world.work()
    assert world.only().next_at == world.now + 30 * MINUTE_MS

    world.pass_time(28 * MINUTE_MS)
    assert world.work() == []
    assert len(world.scripted.requests) == 3
    world.pass_time(6 * 60 * MINUTE_MS)
    world.work()
    assert world.only().state is State.DELIVERED


def test_d8_a_refused_request_is_tried_three_times_and_then_visible():
    world = World()
    world.scripted.then(404)
    world.accept()
    world.work()
    for _ in range(3):
        world.pass_time(6 * MINUTE_MS)
        world.work()

    assert len(world.scripted.requests) == 3
    assert world.only().reason == "attempts_exhausted:answer_refused"


def test_di_04_retry_after_delays_the_next_attempt():
    world = World()
    world.scripted.then(Answer(429, {"retry-after": "3600"}), 200)
    world.accept()
    world.work()

    assert world.only().next_at == NOON + 3_600_000
    world.pass_time(3_500_000)
    world.work()
    assert len(world.scripted.requests) == 1


def test_ss_07_a_blocked_address_fails_at_once_and_says_nothing():
    world = World()
    world.scripted.then(NoAnswer("blocked_address", duration_ms=7))
    world.accept()
    world.work()

    assert (world.only().state, world.only().reason) == (State.FAILED, "blocked_address")
    (attempt,) = world.store.attempts(SHOP, world.only().id)
    assert (attempt.status, attempt.response, attempt.duration_ms) == (0, "", 0)


def test_a_url_that_the_guard_forbids_is_never_handed_to_the_sender():
    world = World(an_endpoint(url="https://10.0.0.1/x"))
    world.accept()
    world.work()

    assert world.scripted.requests == []
    assert world.only().reason == "blocked_address"


def test_di_10_no_attempt_starts_without_the_time_to_end_it():
    world = World()
    world.accept()

    assert len(world.work(remaining=3_000)) == 1
    assert world.scripted.requests == []
    assert world.only().state is State.PENDING


def test_di_12_d11_a_crash_after_the_send_leads_to_the_same_send_again():
    world = World()
    world.accept()
    world.table.fail("put", unavailable, times=0)

    async def crash(_):
        raise RuntimeError("the worker dies here")

    world.scripted.then(crash, 200)
    assert len(world.work()) == 1
    assert world.only().state is State.SENDING
    world.pass_time(3 * MINUTE_MS)
    world.work()

    first, second = world.scripted.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert world.only().state is State.DELIVERED


def test_di_13_d21_a_failed_log_write_leaves_the_message_to_come_again():
    world = World()
    world.accept()

    async def answer_and_break(_):
        world.table.fail("put", unavailable)
        return Answer(200)

    world.scripted.then(answer_and_break, 200)
    assert len(world.work()) == 1
    assert world.only().state is State.SENDING

    world.pass_time(3 * MINUTE_MS)
    assert world.work() == []
    assert world.only().state is State.DELIVERED
    assert len({r.headers["webhook-id"] for r in world.scripted.requests}) == 1


def test_di_13_d11_a_crash_before_the_send_leads_to_a_send_later():
    world = World()
    world.accept()
    world.table.fail("put", unavailable)

    assert len(world.work()) == 1
    assert world.scripted.requests == []
    world.pass_time(2 * MINUTE_MS)
    world.work()
    assert world.only().state is State.DELIVERED


def test_d20_the_same_message_twice_is_one_send():
    world = World()
    world.accept()
    world.run(world.jobs() * 5)

    assert len(world.scripted.requests) == 1


def test_di_11_a_lease_stops_every_other_worker_until_it_ends():
    world = World()
    (delivery,) = world.accept()
    world.store.lease(delivery, "att_dead", NOON + 60_000, NOON)

    world.run(world.jobs())
    assert world.scripted.requests == []
    world.now += 60_001
    world.run(world.jobs())
    assert len(world.scripted.requests) == 1


def test_d13_a_worker_that_wakes_after_its_lease_changes_nothing():
    world = World()
    world.accept()

    async def overtaken(_):
        delivery = world.only()
        world.now += 61_000
        taken = world.store.lease(delivery, "att_other", world.now + 60_000, world.now)
        assert taken is not None
        return Answer(500)

    world.scripted.then(overtaken)
    world.work()

    assert (world.only().state, world.only().lease) == (State.SENDING, "att_other")


def test_di_17_what_waits_for_a_deleted_endpoint_is_cancelled():
    world = World()
    world.accept()
    world.declare(an_endpoint(id="another"))

    assert world.work() == []
    assert (world.only().state, world.only().reason) == (State.CANCELLED, "endpoint_deleted")


def test_di_17_what_waits_for_a_deleted_partner_is_cancelled():
    world = World(an_endpoint(partner="acme"))
    world.accept(partner="acme")
    world.declare(an_endpoint(partner="acme"), partners={})

    world.work()
    assert (world.only().state, world.only().reason) == (
        State.CANCELLED,
        "endpoint_partner_deleted",
    )


def test_di_20_a_retry_goes_to_the_url_as_it_is_then():
    world = World()
    world.scripted.then(500, 200)
    world.accept()
    world.work()
    world.declare(an_endpoint(url="https://new.example.net/hook"))
    world.pass_time(2 * MINUTE_MS)
    world.work()

    assert [request.url for request in world.scripted.requests] == [
        "https://acme.example.net/hook",
        "https://new.example.net/hook",
    ]


def test_a_damaged_secret_fails_the_delivery_with_its_reason():
    world = World(an_endpoint(secrets=(Secret("whsec_!"),)))
    world.accept()
    world.work()

    assert world.only().reason == "bad_secret"


def test_a_template_that_breaks_fails_the_delivery_with_its_reason():
    world = World(an_endpoint(url="https://a.example.net/?x={value|nothing}"))
    world.accept()
    world.work()

    assert world.only().reason == "bad_template"


def test_one_broken_job_ends_no_other():
    world = World()
    for number in range(3):
        world.accept(id=f"A-{number}")
    answers = [Answer(200), Answer(200)]

    async def sometimes(_):
        if answers:
            return answers.pop()
        raise RuntimeError("a fault of our own")

    world.scripted.then(sometimes)
    assert len(world.work()) == 1
    states = sorted(delivery.state for delivery in world.all())
    assert states == [State.DELIVERED, State.DELIVERED, State.SENDING]


def test_the_delivery_of_nothing_is_no_error():
    world = World()
    world.accept()
    job = world.jobs()[0]
    world.table.delete(delivery_key(job.realm, job.delivery))

    assert world.run([job]) == []


@pytest.mark.parametrize("state", [EndpointState.PAUSED, EndpointState.DISABLED])
def test_di_16_what_comes_for_a_paused_or_disabled_endpoint_is_held(state):
    world = World(an_endpoint(state=state))
    world.accept()
    world.work()

    assert (world.only().state, world.only().reason) == (State.HELD, f"endpoint_{state.value}")
    assert world.scripted.requests == []


def test_di_16_held_deliveries_go_out_in_order_once_the_endpoint_is_active():
    world = World(an_endpoint(state=EndpointState.PAUSED))
    for number in range(7):
        world.now += 1
        world.accept(id=f"A-{number}")
    world.work()
    assert {delivery.state for delivery in world.all()} == {State.HELD}

    world.declare(an_endpoint())
    world.pass_time(2 * MINUTE_MS)
    world.now += 10
    world.limits = world.limits.__class__(at_once_per_endpoint=1)
    world.work()
    told = [request.body.split(b'"conversion_id":"')[1][:3] for request in world.scripted.requests]
    assert told == [f"A-{number}".encode() for number in range(7)]
    assert {delivery.state for delivery in world.all()} == {State.DELIVERED}


def test_d14_a_pause_during_the_flight_lets_the_attempt_end_and_holds_the_next():
    world = World()
    world.accept()

    async def pause_and_fail(_):
        world.declare(an_endpoint(state=EndpointState.PAUSED))
        return Answer(500)

    world.scripted.then(pause_and_fail)
    world.work()
    assert world.only().state is State.PENDING
    world.pass_time(2 * MINUTE_MS)
    world.work()
    assert world.only().state is State.HELD
    assert len(world.scripted.requests) == 1


def test_d14_a_deletion_during_the_flight_ends_in_cancelled():
    world = World()
    world.accept()

    async def delete_and_fail(_):
        world.declare()
        return Answer(500)

    world.scripted.then(delete_and_fail)
    world.work()
    world.declare(an_endpoint(id="another"))
    world.pass_time(2 * MINUTE_MS)
    world.work()
    assert world.only().state is State.CANCELLED


def test_a_delivery_of_a_test_realm_is_never_made():
    world = World()
    assert world.change(a_conversion(realm="shop~test")) == []
    assert world.queue.messages == []


def test_d12_di_11_two_workers_at_once_send_an_attempt_once():
    world = World()
    world.accept()
    started = Barrier(2)

    async def slow(_):
        await asyncio.sleep(0.05)
        return Answer(200)

    world.scripted.then(slow)
    jobs = world.jobs()

    def work(_: int) -> None:
        started.wait(timeout=30)
        asyncio.run(world.dispatcher().run(jobs, lambda: 60_000))

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(work, range(2)))
    assert len(world.scripted.requests) == 1
    assert world.only().state is State.DELIVERED


def test_d17_after_an_hour_of_everybody_being_down_all_is_delivered_without_a_stampede():
    names = [f"hook-{n}" for n in range(3)]
    world = World(*(an_endpoint(id=name) for name in names))
    world.randbelow = Random(7).randrange  # noqa: S311 - jitter
    world.scripted.then(503)
    for minute in range(60):
        world.now = NOON + minute * MINUTE_MS
        world.accept(id=f"A-{minute}")
        world.sweep()
        world.work()
    attempts = len(world.scripted.requests)
    assert attempts < 3 * 60 * 5  # the breakers spare the receivers

    world.scripted.then(200)
    per_minute: list[int] = []
    for _ in range(90):
        before = len(world.scripted.requests)
        world.pass_time(MINUTE_MS)
        world.work()
        per_minute.append(len(world.scripted.requests) - before)
    assert {delivery.state for delivery in world.all()} == {State.DELIVERED}
    assert len(world.all()) == 180
    assert sum(per_minute) == 180
