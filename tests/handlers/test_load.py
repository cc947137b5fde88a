"""Much at once, with a table that fails in between: what was taken is found, once."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from tests.delivery_world import SHOP, World
from tests.factories import NOON
from tests.handlers.ingest_stage import Answer, Stage
from touchline.delivery.balance import balance_of
from touchline.kernel.clock import DAY_MS
from touchline.kernel.errors import StoreUnavailable
from touchline.platform.stream import Changed

THREADS = 16
ORDERS = [f"A-{number}" for number in range(200)]


def at_once(stage: Stage, requests: list[tuple[str, str]]) -> list[Answer]:
    """A postback for each (token, order), from many threads."""

    def send(request: tuple[str, str]) -> Answer:
        token, order = request
        return stage.postback(token, event="purchase", conversion_id=order, value="10")

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(send, requests))


def throttle(stage: Stage, times: int) -> None:
    """So many writes are not answered with success; half of them are applied all the same."""
    for applied in (True, False):
        stage.table.fail(
            "put",
            lambda: StoreUnavailable("ThrottlingException"),
            times=times // 2,
            applied=applied,
        )


def announced(world: World, stage: Stage) -> None:
    """The stream of the conversions, each record twice."""
    outbox = world.outbox()
    for row in stage.rows("conversion"):
        for _ in range(2):
            outbox.announce(Changed(f"{row['pk']}", NOON, None, row))


@pytest.mark.parametrize("seed", range(3))
def test_lo_01_ob_02_whatever_fails_every_order_is_found_exactly_once_downstream(seed: int):
    world = World()
    stage = Stage(table=world.ledger_table)
    throttle(stage, 60)
    requests = [("own", order) for order in ORDERS] * 2  # every sender tries twice
    Random(seed).shuffle(requests)  # noqa: S311 - a repeatable story
    answers = at_once(stage, requests)
    assert {answer.status for answer in answers} == {200}
    assert {answer.outcome for answer in answers} >= {"stored", "spilled", "duplicate"}
    stage.table.mend()
    assert stage.drain() == []

    announced(world, stage)
    world.work()
    told = Counter(
        json.loads(request.body)["data"]["conversion_id"] for request in world.scripted.requests
    )
    assert told == Counter(ORDERS)
    sums = balance_of(world.store, SHOP, NOON - DAY_MS, NOON + DAY_MS)
    assert (sums.announced, sums.found) == (len(ORDERS), {"delivered": len(ORDERS)})


def test_lo_02_a_hot_partner_meets_no_throttling_and_fills_no_partition():
    """Nine of ten requests are one partner's, and the table refuses every fifth write."""
    stage = Stage()
    throttle(stage, 40)
    requests = [
        ("beta" if number % 10 == 0 else "acme", order) for number, order in enumerate(ORDERS)
    ]
    answers = at_once(stage, requests)
    assert {answer.status for answer in answers} == {200}
    assert not [answer.body for answer in answers if b"hrottl" in answer.body]
    stage.table.mend()
    assert stage.drain() == []

    rows = stage.rows("conversion")
    assert Counter(row["partner"] for row in rows) == {"acme": 180, "beta": 20}
    assert len({row["pk"] for row in rows}) == len(ORDERS)
