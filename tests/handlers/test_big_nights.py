"""Big nights: started on the state machine, done step by step by the same function."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from attribution.handler import Function
from attribution.wiring import tools_of
from tests.factories import NOON, a_conversion, a_touch
from tests.night_world import SHOP, TODAY
from tests.reports_api import ReportsApi, a_shop
from touchline.attribution.night.office import Office
from touchline.kernel.clock import DAY_MS
from touchline.kernel.errors import Conflict
from touchline.kernel.ids import EventName
from touchline.ledger.store import LedgerStore
from touchline.platform.observability import Log
from touchline.platform.settings import Attribution, Aws
from touchline.registry.kinds import EVENT
from touchline.registry.model import EventDefinition


def a_busy_shop(orders: int = 12) -> ReportsApi:
    api = a_shop()
    api.declare(EVENT, EventDefinition(EventName("purchase")))
    ledger = LedgerStore(api.connections.table("ledger"))
    ledger.put_touch(SHOP, a_touch())
    for number in range(orders):
        ledger.add_conversion(a_conversion(id=f"A-{number}"))
    return api


class Machine:
    """The function, and the executions that it started."""

    def __init__(self, api: ReportsApi, threshold: int = 100_000) -> None:
        self.started: list[Mapping[str, Any]] = []
        api.now = NOON + DAY_MS
        settings = Attribution("ledger", "registry", "results", night_shard_threshold=threshold)
        make = tools_of(settings, Aws(), api.connections, api.clock, api.new_id)

        def start(given: Mapping[str, Any]) -> str:
            self.started.append(given)
            return "execution-1"

        self._function = Function(
            lambda enough: replace(make(enough), start=start),
            Log("attribution", api.clock, write=api.log.append),
        )

    def call(self, event: Mapping[str, Any], *, left_ms: int = 900_000) -> dict[str, Any]:
        return self._function.handle(event, lambda: left_ms)

    def act(self, action: str, owner: str = "execution-1", **more: Any) -> dict[str, Any]:
        event = {"action": action, "realm": SHOP, "day": TODAY, "owner": owner, **more}
        return self.call(event)

    def stages(self) -> list[list[str]]:
        """Plan and do the steps, the last one first, until the run is ready: what was done."""
        done = []
        while (plan := self.act("plan"))["status"] == "planned":
            for step in reversed(plan["steps"]):
                assert self.call(step)["done"]
            done.append([step["step"] for step in plan["steps"]])
        return done


def test_a_night_over_the_threshold_is_started_on_the_state_machine() -> None:
    machine = Machine(a_busy_shop(), threshold=8)
    answer = machine.call({"date": TODAY})

    assert (answer["status"], answer["runs"][0]["execution"]) == ("started", "execution-1")
    assert machine.started == [{"nights": [{"realm": SHOP, "day": TODAY, "recompute": False}]}]


def test_a_night_below_the_threshold_is_done_in_the_function() -> None:
    machine = Machine(a_busy_shop())

    assert machine.call({"date": TODAY})["status"] == "published"
    assert machine.started == []


def test_the_steps_of_the_state_machine_write_what_the_function_alone_writes() -> None:
    alone, fanned = a_busy_shop(), a_busy_shop()
    Machine(alone).call({"date": TODAY})
    machine = Machine(fanned)
    stages = machine.stages()
    record = machine.act("publish")

    assert [len(steps) for steps in stages] == [16, 8, 1]
    assert (record["status"], record["decided"]) == ("published", 12)
    assert fanned.connections.table("results").items() == alone.connections.table("results").items()


def test_a_step_without_time_says_that_it_is_not_done() -> None:
    machine = Machine(a_busy_shop())
    first = machine.act("plan")["steps"][0]

    assert machine.call(first, left_ms=1_000)["done"] is False
    assert machine.call(first)["done"] is True


def test_nothing_is_published_while_a_step_is_waiting() -> None:
    machine = Machine(a_busy_shop())
    machine.act("plan")

    with pytest.raises(ValueError, match="steps are not done"):
        machine.act("publish")


def test_a_second_execution_meets_the_lease_until_the_first_gives_it_back() -> None:
    machine = Machine(a_busy_shop())
    machine.act("plan")
    with pytest.raises(Conflict, match="night_busy"):
        machine.act("plan", owner="execution-2")
    machine.act("abandon")

    assert machine.act("plan", owner="execution-2")["status"] == "planned"


def test_a_step_whose_terms_have_changed_stops_and_the_next_plan_starts_over() -> None:
    api = a_busy_shop()
    machine = Machine(api)
    step = machine.act("plan")["steps"][0]
    api.declare(EVENT, EventDefinition(EventName("sign_up")))
    with pytest.raises(Conflict, match="what was declared has changed"):
        machine.call(step)
    machine.act("abandon")
    machine.stages()

    assert machine.act("publish")["status"] == "published"


def test_every_action_of_the_state_machine_is_one_of_the_office() -> None:
    assert all(callable(getattr(Office, name)) for name in ("plan", "work", "publish", "abandon"))
