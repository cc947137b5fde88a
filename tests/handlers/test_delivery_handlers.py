"""Outbox, dispatcher and sweeper over tables and queues in memory, from event to answer."""

import json
from pathlib import Path
from typing import Any

import pytest

from dispatcher.handler import dispatch
from outbox.handler import announce, announce_again
from sweeper.handler import sweep
from tests.delivery_world import World
from tests.memory_queue import MemoryQueue
from touchline.delivery.model import State
from touchline.delivery.sender import HttpSender
from touchline.delivery.sweep import Sweeper
from touchline.intake.heal import Healer
from touchline.kernel.errors import QueueUnavailable, StoreUnavailable
from touchline.ledger.store import LedgerStore
from touchline.platform.observability import Log
from touchline.privacy.retention import Retention

EVENTS = Path(__file__).parents[2] / "events"


def event(name: str) -> dict[str, Any]:
    return json.loads((EVENTS / f"{name}.json").read_text())


def a_log(world: World) -> Log:
    return Log("test", world.clock, write=world.lines.append)


def a_batch(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": f"m{at}", "body": body} for at, body in enumerate(bodies)]}


class Unused(HttpSender):
    """Opens nothing; the world's own sender is asked."""

    def __init__(self) -> None:
        super().__init__(monotonic=lambda: 0.0)


def worked(world: World, batch: dict[str, Any]) -> list[str]:
    answer = dispatch(batch, lambda _: world.surroundings(), Unused(), lambda: 60_000)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_a_stored_conversion_becomes_a_delivery_and_a_message():
    world = World()
    assert announce(event("outbox/accepted"), world.outbox(), MemoryQueue(), a_log(world)) == {
        "announced": 1,
        "failed": 0,
    }
    assert len(world.queue.messages) == 1
    assert world.only().type == "conversion.accepted"


def test_a_rejected_conversion_is_told_as_reversed():
    world = World()
    announce(event("outbox/rejected"), world.outbox(), MemoryQueue(), a_log(world))
    assert world.only().type == "conversion.reversed"


def test_the_same_stream_batch_twice_is_one_delivery():
    world = World()
    for _ in range(2):
        announce(event("outbox/accepted"), world.outbox(), MemoryQueue(), a_log(world))
    assert len(world.all()) == 1


def damaged_and_good() -> dict[str, Any]:
    batch = event("outbox/accepted")
    damaged = json.loads(json.dumps(batch["Records"][0]))
    del damaged["dynamodb"]["NewImage"]["occurred_at"], damaged["dynamodb"]["NewImage"]["status"]
    return {"Records": [damaged, {"eventID": "x"}, *batch["Records"]]}


def test_a_damaged_record_is_kept_whole_and_stops_no_other():
    world, dead = World(), MemoryQueue()
    batch = damaged_and_good()
    told = announce(batch, world.outbox(), dead, a_log(world))
    assert told == {"announced": 1, "failed": 2}
    assert [json.loads(body) for body in dead.bodies()] == batch["Records"][:2]
    assert '"Internal":1' in "".join(world.lines)  # counted, for the alarm


def test_a_damaged_record_that_cannot_be_kept_comes_again():
    """Nothing is dropped in silence: without its queue the batch is the stream's to bring again."""
    world, dead = World(), MemoryQueue()
    dead.fail()
    with pytest.raises(QueueUnavailable):
        announce(damaged_and_good(), world.outbox(), dead, a_log(world))
    assert announce(damaged_and_good(), world.outbox(), dead, a_log(world))["failed"] == 2


def test_in_22_a_redriven_record_is_announced_once_and_only_what_still_fails_comes_again():
    world = World()
    (record,) = event("outbox/accepted")["Records"]
    batch = a_batch(json.dumps(record), json.dumps({"eventID": "x"}), json.dumps(record))
    told = announce_again(batch, world.outbox(), a_log(world))
    assert told == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert len(world.all()) == 1


def test_a_table_that_is_down_brings_the_batch_again():
    world = World()
    world.table.fail("transact", lambda: StoreUnavailable("down"))
    with pytest.raises(StoreUnavailable):
        announce(event("outbox/accepted"), world.outbox(), MemoryQueue(), a_log(world))
    announce(event("outbox/accepted"), world.outbox(), MemoryQueue(), a_log(world))
    assert len(world.all()) == 1


def test_in_19_d20_only_what_failed_comes_again():
    world = World()
    world.accept()
    bodies = world.queue.bodies()

    assert worked(world, a_batch("not json", *bodies, '{"realm": "shop"}')) == ["m0", "m2"]
    assert world.only().state is State.DELIVERED


@pytest.mark.parametrize(
    "body",
    [
        "", "null", "5", "[]", '"text"', "{", "\ud800", '{"realm": "shop"}',
        '{"realm": [], "delivery": {}, "endpoint": null}',
        '{"realm": "shop", "delivery": 5, "endpoint": "hook"}',
        '{"realm": "", "delivery": "", "endpoint": ""}',
    ],
)  # fmt: skip
def test_d20_a_message_that_is_none_of_ours_comes_again_alone(body: str):
    """IN-19: five times, and then it is a dead letter."""
    world = World()
    world.accept()
    assert worked(world, a_batch(body, *world.queue.bodies())) == ["m0"]
    assert world.only().state is State.DELIVERED


def test_messages_of_what_is_gone_are_simply_done():
    world = World()
    gone = [
        {"realm": "nowhere", "delivery": "dlv_1", "endpoint": "hook"},
        {"realm": "shop", "delivery": "dlv_1", "endpoint": "gone"},
        {"realm": "shop~test", "delivery": "dlv_#\u0000é", "endpoint": "hook#\u0000é"},
    ]
    assert worked(world, a_batch(*(json.dumps(one) for one in gone))) == []


def test_a_worker_without_time_gives_everything_back():
    world = World()
    world.accept()
    batch = a_batch(*world.queue.bodies())
    answer = dispatch(batch, lambda _: world.surroundings(), Unused(), lambda: 1_000)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}


def test_the_example_event_of_an_unknown_delivery_is_simply_done():
    assert worked(World(), event("dispatcher/delivery")) == []


def test_ba_07_the_sweeper_queues_what_was_stored_and_never_queued():
    world = World()
    world.accept()
    world.queue.messages.clear()
    world.now += 61_000
    sweeper = Sweeper(
        world.store, world.holds, world.queue, world.clock, lambda: [world.declared.account.id]
    )

    retention = Retention(world.ledger_table, list, world.clock)
    healer = Healer(LedgerStore(world.ledger_table), world.registry, list, world.clock)
    assert sweep(sweeper, retention, healer, a_log(world))["queued"] == 1
    assert len(world.queue.messages) == 1
    assert sweep(sweeper, retention, healer, a_log(world))["queued"] == 0
