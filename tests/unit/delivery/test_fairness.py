"""One endpoint that answers nothing, or slowly, at a hundred times the volume: what another one
notices of it (DI-14, D18). Many workers, one queue, in virtual time: the same on every run."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

import pytest

from tests import virtual_time
from tests.delivery_traffic import NOISY, Traffic
from tests.delivery_world import SHOP, World, an_endpoint
from tests.factories import NOON
from touchline.delivery.aside import Aside, set_aside
from touchline.delivery.model import State
from touchline.delivery.ports import Limits
from touchline.delivery.seats import Seats, Taken
from touchline.delivery.verdict import Answer, NoAnswer, Outgoing, Result
from touchline.kernel.clock import DAY_MS, MINUTE_MS, SECOND_MS
from touchline.kernel.errors import StoreUnavailable
from touchline.kernel.ids import EndpointId

HOOK = EndpointId("hook")
WORKERS = 50
"""As many as the template's standard scale has."""
SOON = 0.1


@dataclass
class Receivers:
    """The quiet endpoint answers soon; of the noisy one only every so manieth request does."""

    noisy_seconds: float = 60.0
    good_every: int = 0
    asked: int = 0
    at_once: int = 0
    most: int = 0

    async def send(self, request: Outgoing, deadline_seconds: float) -> Result:
        seconds = SOON
        if request.url == NOISY:
            self.asked += 1
            good = self.good_every and self.asked % self.good_every == 0
            seconds = SOON if good else self.noisy_seconds
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        await asyncio.sleep(min(seconds, deadline_seconds))
        self.at_once -= request.url == NOISY
        return Answer(200) if seconds < deadline_seconds else NoAnswer("timeout")


def p95(waits: Iterable[float]) -> float:
    ordered = sorted(waits)
    return ordered[len(ordered) * 95 // 100]


def waits_beside(receivers: Receivers, times: int) -> list[float]:
    """How long each of one quiet delivery a second takes beside so many noisy ones."""

    async def story() -> list[float]:
        return await Traffic(receivers, workers=WORKERS).waits(15, 1.0, times)

    return virtual_time.run(story())


@pytest.mark.parametrize(
    "receivers",
    [Receivers(), Receivers(good_every=2), Receivers(noisy_seconds=2.0)],
    ids=["answers nothing", "answers every second time", "answers after 2 s"],
)
def test_d18_di_14_from_the_first_second_a_quiet_endpoint_notices_nothing(receivers: Receivers):
    alone = p95(waits_beside(receivers, 0))
    assert p95(waits_beside(receivers, 100)) <= 1.2 * alone
    assert 0 < receivers.most < WORKERS


def test_di_14_what_waits_for_a_dead_endpoint_is_set_aside_in_one_go():
    world = World()
    world.scripted.then(500)
    for number in range(10):
        world.accept(id=f"A-{number}")
    world.work()
    world.now += 6 * SECOND_MS
    world.queue.messages.clear()
    jobs = world.jobs()
    world.table.calls.clear()

    world.run(jobs)
    assert world.table.calls == ["query", "batch_get", *["put"] * 10]
    assert len(world.queue.messages) == 10


def test_di_14_a_slow_endpoint_has_so_many_seats_and_no_more():
    world = World(limits=Limits(slow_workers=2))
    seats = Seats(world.surroundings())
    taken: Taken = {}
    first, second = seats.take(SHOP, HOOK, taken), seats.take(SHOP, HOOK, taken)
    assert (first and first.number, second and second.number) == (0, 1)
    assert seats.take(SHOP, HOOK, taken) is None

    world.accept()
    world.work()
    assert world.scripted.requests == []
    assert world.only().next_at == NOON + 5 * SECOND_MS

    assert first is not None
    seats.leave(SHOP, HOOK, first)
    world.pass_time(2 * MINUTE_MS)
    world.work()
    assert world.only().state is State.DELIVERED


def test_di_14_the_seat_of_a_worker_that_died_is_free_again():
    world = World(limits=Limits(slow_workers=1))
    seats = Seats(world.surroundings())
    died = seats.take(SHOP, HOOK, {})
    world.now += world.limits.lease_ms
    _, taken = world.store.endpoint(SHOP, HOOK)
    assert seats.needed(taken)
    after = seats.take(SHOP, HOOK, taken)
    assert after is not None

    assert died is not None
    seats.leave(SHOP, HOOK, died)  # a worker that wakes after its time takes nobody's seat
    assert seats.take(SHOP, HOOK, {}) is None


def test_an_endpoint_that_answers_soon_costs_no_seat():
    world = World()
    world.accept()
    world.work()
    assert world.store.endpoint(SHOP, HOOK)[1] == {}


@pytest.mark.parametrize("table_down", [False, True])
def test_di_14_a_slow_answer_is_waited_for_in_a_seat_if_there_is_one(table_down: bool):
    world = World()
    world.accept()
    during: list[Taken] = []

    async def slowly(_: Outgoing) -> Answer:
        if table_down:
            world.table.fail("put", lambda: StoreUnavailable("down"))
        await asyncio.sleep(1)
        during.append(world.store.endpoint(SHOP, HOOK)[1])
        return Answer(200)

    world.scripted.then(slowly)
    again = virtual_time.run(world.dispatcher().run(world.jobs(), lambda: 60_000))
    assert (again, world.only().state) == ([], State.DELIVERED)
    assert during == [{} if table_down else {0: NOON + world.limits.lease_ms}]
    assert world.store.endpoint(SHOP, HOOK)[1] == ({} if table_down else {0: NOON})


def test_what_waits_longer_is_looked_at_more_rarely():
    def again_after(age_ms: int) -> int:
        world = World()
        world.accept()
        world.now += age_ms
        set_aside(world.surroundings(), world.all(), Aside(State.PENDING))
        return world.only().next_at - world.now

    assert again_after(0) == 5 * SECOND_MS
    assert again_after(40 * SECOND_MS) == 20 * SECOND_MS
    assert again_after(DAY_MS // 2) == MINUTE_MS


def test_d17_what_waits_for_a_breaker_comes_back_spread_over_ten_seconds():
    world = World()
    for number in range(50):
        world.accept(id=f"A-{number}")
    world.randbelow = Random(7).randrange  # noqa: S311 - jitter
    open_until = NOON + MINUTE_MS
    set_aside(world.surroundings(), world.all(), Aside(State.PENDING, until=open_until))
    waits = [one.next_at - open_until for one in world.all()]
    assert 0 <= min(waits) < max(waits) < 10 * SECOND_MS
    assert len(set(waits)) > 40


def test_d14_what_is_being_sent_is_not_set_aside():
    world = World()
    world.accept()
    leased = world.store.lease(world.only(), "att_1", NOON + MINUTE_MS, NOON)
    world.declare(an_endpoint(id="another"))
    world.run(world.jobs())
    assert world.only() == leased


def test_a_table_that_is_down_for_one_endpoint_stops_no_other():
    world = World(an_endpoint(), an_endpoint(id="other"))
    world.accept()
    jobs = world.jobs()
    world.table.fail("query", lambda: StoreUnavailable("down"))
    again = world.run(jobs)
    assert len(again) == 1
    assert sorted(one.state for one in world.all()) == [State.DELIVERED, State.PENDING]
