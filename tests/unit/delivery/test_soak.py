"""Random faults everywhere for a simulated while: nothing is lost, nothing is told twice."""

from contextlib import suppress
from random import Random

import pytest

from tests.delivery_world import SHOP, World, an_endpoint
from tests.factories import NOON, a_conversion
from touchline.delivery.balance import balance_of
from touchline.delivery.model import State
from touchline.delivery.verdict import Answer, NoAnswer
from touchline.kernel.clock import DAY_MS, MINUTE_MS
from touchline.kernel.errors import QueueUnavailable, StoreUnavailable
from touchline.ledger.conversion_rows import conversion_item
from touchline.platform.stream import Changed

OPERATIONS = ("get", "put", "update", "transact", "query", "batch_get")


@pytest.mark.parametrize("seed", range(6))
def test_lo_04_ob_02_under_random_faults_the_sum_stays_zero_and_all_ends_delivered(seed: int):
    chance = Random(seed)  # noqa: S311 - a repeatable story
    world = World(an_endpoint(), an_endpoint(id="second", url="https://second.example.net/"))
    world.randbelow = chance.randrange
    told: dict[str, set[bytes]] = {}

    async def moody(request):
        told.setdefault(request.headers["webhook-id"], set()).add(request.body)
        mood = chance.random()
        if mood < 0.1:
            raise RuntimeError("a fault of our own")
        if mood < 0.3:
            return NoAnswer(chance.choice(["timeout", "connection_lost", "resolver_unavailable"]))
        return Answer(chance.choice([200, 200, 200, 500, 429]))

    world.scripted.then(moody)
    waiting: list[Changed] = []
    for step in range(40):
        world.now = NOON + step * MINUTE_MS
        item = conversion_item(a_conversion(id=f"A-{step}"))
        waiting.append(Changed(f"{step}", world.now, None, item))
        _break_something(world, chance)
        waiting = [change for change in waiting if not _announced(world, change)]
        with suppress(StoreUnavailable, QueueUnavailable):
            world.sweep()
        with suppress(StoreUnavailable, QueueUnavailable):
            world.work()

    world.scripted.then(200)
    world.table.mend()
    world.queue.mend()
    waiting = [change for change in waiting if not _announced(world, change)]
    assert waiting == []
    for _ in range(80):
        world.pass_time(10 * MINUTE_MS)
        world.work()

    deliveries = world.all()
    assert len(deliveries) == 80
    assert {delivery.state for delivery in deliveries} == {State.DELIVERED}
    sums = balance_of(world.store, SHOP, NOON - DAY_MS, NOON + 2 * DAY_MS)
    assert (sums.announced, sums.difference) == (80, 0)
    assert {len(bodies) for bodies in told.values()} == {1}


def _announced(world: World, change: Changed) -> bool:
    """Whether the record was worked on; else its stream brings it again."""
    try:
        world.outbox().announce(change)
    except (StoreUnavailable, QueueUnavailable):
        return False
    return True


def _break_something(world: World, chance: Random) -> None:
    for _ in range(chance.randrange(3)):
        world.table.fail(
            chance.choice(OPERATIONS),
            lambda: StoreUnavailable("as the story wants it"),
            times=chance.randrange(1, 3),
            applied=chance.random() < 0.5,
        )
    if chance.random() < 0.2:
        world.queue.fail(1)


def test_lo_03_after_an_outage_new_events_do_not_wait_behind_old_retries():
    world = World()
    world.scripted.then(503)
    for number in range(30):
        world.accept(id=f"A-{number}")
    world.work()
    world.scripted.then(200)
    world.now += 31 * MINUTE_MS
    world.run(world.jobs()[:1])
    assert world.store.health(SHOP, an_endpoint().id).open_until is None

    world.queue.messages.clear()
    world.scripted.requests.clear()
    world.accept(id="NEW")
    world.work()
    (request,) = world.scripted.requests
    assert b'"NEW"' in request.body
    world.pass_time(MINUTE_MS)
    world.work()
    assert {delivery.state for delivery in world.all()} == {State.DELIVERED}
