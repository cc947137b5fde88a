"""What may go wrong in a night, and what must happen then: BA-01 to BA-08, B1 to B14."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.handler import Function
from attribution.wiring import tools_of
from tests.factories import NOON, a_conversion, a_touch
from tests.memory_table import MemoryTable
from tests.night_world import SHOP, TODAY, World, a_full_world, a_registry, tomorrow
from tests.reports_api import ReportsApi, a_shop
from tests.system.template import functions
from touchline.attribution.night.progress import Job
from touchline.attribution.night.run import run_night
from touchline.attribution.night.store import LEASE_SECONDS, NightStore, Pointer
from touchline.kernel.clock import DAY_MS, HOUR_MS, SECOND_MS, day_of, next_day, start_of
from touchline.kernel.errors import Conflict, StoreUnavailable
from touchline.kernel.ids import EventName
from touchline.ledger import keys
from touchline.ledger.model import Status
from touchline.ledger.result_keys import progress_pk, version_pk
from touchline.ledger.store import LedgerStore
from touchline.platform.dynamo import Item, Key
from touchline.platform.observability import Log
from touchline.platform.settings import Attribution, Aws
from touchline.registry.attribution_rules import AttributionRules
from touchline.registry.kinds import EVENT
from touchline.registry.model import EventDefinition


def test_b1_ba_01_started_twice_at_once_makes_one_run() -> None:
    calm = a_full_world()
    calm.night(tomorrow())
    world = a_full_world()
    endings: list[str] = []

    def start(owner: str) -> None:
        try:
            endings.append(run_night(SHOP, tomorrow(), world.bench(owner))["status"])
        except Conflict as error:
            endings.append(error.code)

    threads = [threading.Thread(target=start, args=(f"own_{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert "published" in endings
    assert set(endings) <= {"published", "night_busy"}
    assert world.written() == calm.written()


def test_b1_a_lease_that_its_holder_let_run_out_is_taken() -> None:
    world = World().happened(a_touch(), a_conversion())
    NightStore(world.results, lambda: world.now).take_lease(SHOP, "the dead one")
    world.now += (LEASE_SECONDS + 1) * SECOND_MS

    assert world.night()["status"] == "published"


def test_ba_04_a_lease_outlives_the_longest_invocation() -> None:
    timeout = functions()["AttributionFunction"]["Timeout"]

    assert timeout < LEASE_SECONDS


def test_b3_a_page_that_fails_midway_leaves_no_gap_and_no_double() -> None:
    calm = a_full_world(ledger_table=MemoryTable(page_items=1))
    calm.night(tomorrow())
    world = a_full_world(ledger_table=MemoryTable(page_items=1))
    for _ in range(3):
        world.ledger_table.fail("query", lambda: StoreUnavailable("throttled"), times=1)
        with pytest.raises(StoreUnavailable):
            world.night(tomorrow())
    record = world.night(tomorrow())

    assert record["balanced"]
    assert world.written() == calm.written()


def test_b4_a_write_that_stays_unprocessed_publishes_nothing_until_it_is_done() -> None:
    world = World().happened(a_touch(), a_conversion())
    world.results.fail("batch_write", lambda: StoreUnavailable("unprocessed items"))
    with pytest.raises(StoreUnavailable):
        world.night()
    nights = NightStore(world.results, lambda: world.now)
    assert nights.pointers(SHOP, TODAY, TODAY) == []

    assert world.night()["status"] == "published"
    assert world.decisions()["A-1"].outcome == "attributed"


def test_b5_publishing_again_hours_later_is_safe_by_its_own_condition() -> None:
    world = World()
    nights = NightStore(world.results, lambda: world.now)
    first = Pointer(TODAY, "v1", "r.1", content="c1")
    second = replace(first, version="v2", run="r.2", was="v1")
    nights.point(SHOP, first, None)
    nights.point(SHOP, second, first)
    world.now += 3 * HOUR_MS
    nights.point(SHOP, second, first)

    with pytest.raises(Conflict, match="published meanwhile"):
        nights.point(SHOP, replace(first, version="v3"), first)
    assert nights.pointer(SHOP, TODAY) == second


def test_b6_ba_05_a_record_that_cannot_be_read_is_set_aside_and_the_night_goes_on() -> None:
    world = World().happened(
        a_touch(),
        a_conversion(),
        a_conversion(id="A-2", value_micros=-5_000_000),
        a_conversion(id="A-3", currency="JPY"),
        a_conversion(id="A-4"),
    )
    broken = dict(next(row for row in world.ledger_table.items() if row.get("id") == "A-4"))
    world.ledger_table.put({**broken, "status": "no such status"})
    record = world.night()

    assert (record["status"], record["set_aside"]) == ("published", 1)
    assert record["aside"][0] == ["shop#C#purchase#A-4 C#", "unreadable:ValueError"]
    assert record["outcomes"] == {"attributed": 2, "negative_value": 1}
    assert world.decisions()["A-3"].currency == "JPY"


def test_b6_a_touch_that_cannot_be_read_costs_only_itself() -> None:
    world = World().happened(a_touch(channel="email"), a_touch(id="tch_2"), a_conversion())
    broken = dict(next(row for row in world.ledger_table.items() if "tch_2" in str(row["sk"])))
    world.ledger_table.put({**broken, "touch_kind": "telepathy"})
    record = world.night()

    assert record["set_aside"] == 0
    assert record["aside"][0][1] == "unreadable:ValueError"
    assert [step.channel for step in world.decisions()["A-1"].path] == ["email"]


class LossyTable(MemoryTable):
    """Says that it wrote, and did not write one order's decision."""

    lost = ""

    def batch_write(self, puts: Any = (), deletes: Any = ()) -> None:
        super().batch_write([item for item in puts if item.get("id") != self.lost], deletes)


def test_b7_ba_06_totals_that_do_not_balance_publish_nothing() -> None:
    table = LossyTable()
    world = World(results=table).happened(a_touch(), a_conversion(), a_conversion(id="A-2"))
    table.lost = "A-2"
    record = world.night()

    assert (record["status"], record["balanced"]) == ("failed", False)
    assert record["remarks"] == ["out_of_balance"]
    assert record["faults"] == [f"{TODAY}: 2 decisions were made, 1 are there"]
    assert NightStore(table, lambda: 0).pointers(SHOP, TODAY, TODAY) == []

    table.lost = ""
    healed = world.night()
    assert (healed["status"], healed["outcomes"]) == ("published", {"attributed": 2})
    assert healed["restated"][0]["causes"] == {"new": 2}


def test_b8_what_was_published_stays_when_a_late_event_corrects_it() -> None:
    world = World().happened(a_touch(), a_conversion())
    world.night()
    nights = NightStore(world.results, lambda: world.now)
    first = nights.pointer(SHOP, TODAY)
    assert first is not None
    original = list(nights.version(SHOP, TODAY, first.version, ""))
    world.happened(
        a_conversion(id="A-2", received_at=NOON + DAY_MS, changed_at=NOON + DAY_MS),
    )
    record = world.night(tomorrow())

    assert (record["restated"][0]["day"], record["restated"][0]["was"]) == (TODAY, first.version)
    assert list(nights.version(SHOP, TODAY, first.version, "")) == original
    assert nights.pointer(SHOP, TODAY) != first


def test_b9_ba_08_missed_nights_are_caught_up_in_order() -> None:
    api = a_declared_shop()
    at_night(api, {}, now=NOON + DAY_MS)
    answer = at_night(api, {}, now=NOON + 4 * DAY_MS)

    assert [run["day"] for run in answer["runs"]] == [tomorrow(n) for n in (1, 2, 3)]


def test_b9_a_night_that_starts_two_hours_late_is_the_same_night() -> None:
    early, late = a_declared_shop(), a_declared_shop()
    at_night(early, {}, now=start_of(tomorrow()))
    at_night(late, {}, now=start_of(tomorrow()) + 2 * HOUR_MS)

    assert written(early) == written(late)


instants = st.integers(start_of("2023-12-25"), start_of("2026-04-05"))


@given(instants)
def test_b10_ba_03_every_instant_belongs_to_exactly_one_night(received_at: int) -> None:
    """Half-open UTC days: leap days, month ends and nights of clock changes are days like any."""
    day = day_of(received_at)
    assert start_of(day) <= received_at < start_of(next_day(day))


@pytest.mark.parametrize("day", ["2024-02-29", "2025-12-31", "2026-03-29", "2026-10-25"])
def test_b10_the_last_millisecond_of_a_day_is_its_own_and_the_next_is_not(day: str) -> None:
    world = World()
    for number, at in enumerate(
        (start_of(day), start_of(next_day(day)) - 1, start_of(next_day(day)))
    ):
        world.happened(
            a_conversion(id=f"A-{number}", occurred_at=at, received_at=at, changed_at=at)
        )
    assert world.night(day)["received"] == 2
    assert world.night(next_day(day))["received"] == 1


def test_b12_when_time_runs_out_the_night_goes_on_where_it_stopped() -> None:
    calm = a_full_world(ledger_table=MemoryTable(page_items=1))
    calm.night(tomorrow())
    world = a_full_world(ledger_table=MemoryTable(page_items=1))
    rounds = 0
    while True:
        world.enough_time = for_pages(3)
        rounds += 1
        if world.night(tomorrow())["status"] == "published":
            break
    assert rounds > 5
    assert world.written() == calm.written()


def test_b13_a_run_whose_rules_change_midway_starts_over_under_the_new_ones() -> None:
    world = World(ledger_table=MemoryTable(page_items=1)).happened(
        a_touch(), *(a_conversion(id=f"A-{n}") for n in range(6))
    )
    world.enough_time = for_pages(4)
    assert world.night()["status"] == "unfinished"
    assert {one.rules_version for one in world.decisions().values()} == {"1"}

    world.registry = a_registry(rules=AttributionRules(version=2, data_driven_models=()))
    world.enough_time = lambda: True
    record = world.night()

    assert (record["status"], record["rules_version"]) == ("published", "2")
    assert {one.rules_version for one in world.decisions().values()} == {"2"}


def test_b14_a_night_that_runs_again_writes_no_decision_so_nothing_is_announced_twice() -> None:
    world = a_full_world()
    world.night(tomorrow())
    rows = {Key(str(row["pk"]), str(row["sk"])): row for row in world.written()}

    class Watched(MemoryTable):
        """Notes the decisions that are written."""

        announced: list[Item] = []  # noqa: RUF012 - one table, one list

        def batch_write(self, puts: Any = (), deletes: Any = ()) -> None:
            self.announced.extend(item for item in puts if item.get("kind") == "decision")
            super().batch_write(puts, deletes)

    table = Watched()
    for row in rows.values():
        table.put(row)
    world.results = table
    world.night(tomorrow())
    world.night(TODAY, recompute=True)

    assert table.announced == []


def test_received_is_decided_excluded_set_aside_quarantined_or_a_duplicate() -> None:
    """BA-06: the balance of a night, in numbers that a person can add up."""
    world = a_full_world()
    world.happened(a_conversion(id="A-6", status=Status.REJECTED, changed_at=NOON + DAY_MS))
    record = world.night(tomorrow())

    assert (record["received"], record["decided"], record["duplicates"]) == (3, 2, 1)
    assert record["outcomes"] == {"attributed": 1, "rejected": 1}


def test_nothing_of_a_run_is_left_over_once_it_is_published() -> None:
    world = a_full_world()
    world.night(tomorrow())
    job = Job(SHOP, tomorrow(), 1, "")

    assert not [row for row in world.written() if row["pk"] == progress_pk(SHOP, job.run)]


def test_an_unfinished_night_is_finished_before_another_one_begins() -> None:
    world = a_full_world(ledger_table=MemoryTable(page_items=1))
    world.enough_time = for_pages(1)
    assert world.night(tomorrow())["status"] == "unfinished"
    world.enough_time = lambda: True
    world.night(tomorrow(2))

    nights = NightStore(world.results, lambda: world.now)
    assert nights.pointer(SHOP, tomorrow()) is not None
    assert nights.pointer(SHOP, tomorrow(2)) is not None


def for_pages(count: int) -> Callable[[], bool]:
    """Time for so many pages and no more."""
    left = iter([True] * count)
    return lambda: next(left, False)


def a_declared_shop() -> ReportsApi:
    api = a_shop()
    api.declare(EVENT, EventDefinition(EventName("purchase")))
    ledger = LedgerStore(api.connections.table("ledger"))
    ledger.put_touch(SHOP, a_touch())
    ledger.add_conversion(a_conversion())
    return api


def at_night(api: ReportsApi, event: Mapping[str, Any], *, now: int) -> Any:
    api.now = now
    settings = Attribution("ledger", "registry", "results")
    tools = tools_of(settings, Aws(), api.connections, api.clock, api.new_id)
    log = Log("attribution", api.clock, write=api.log.append)
    return Function(tools, log).handle(event, lambda: 900_000)


def written(api: ReportsApi) -> list[Item]:
    return api.connections.table("results").items()


def test_the_keys_of_what_is_kept_say_what_they_are() -> None:
    assert version_pk(SHOP, TODAY, "v1") == "shop#U#2026-01-01#v1"
    assert keys.part("a#b") == "a%23b"
