"""Data-driven models of days: fitted on windows, refitted when a window changes, never silently."""

from typing import Any

import pytest

from tests.factories import NOON, a_conversion, a_touch
from tests.night_world import SHOP, TODAY, World, a_link, a_registry, tomorrow
from touchline.attribution.night.extracts import SEGMENTS
from touchline.attribution.night.join import LINKS_AT_ONCE, TOUCHES_AT_ONCE
from touchline.attribution.night.progress import JOIN, SCAN, Job, Progress, Step
from touchline.attribution.night.rollups import Cell, cells_in
from touchline.attribution.night.stages import too_many_links, waiting_steps
from touchline.attribution.night.store import NightStore, Pointer
from touchline.attribution.night.windows import window_of
from touchline.kernel.clock import DAY_MS, HOUR_MS
from touchline.ledger.decisions import WHOLE
from touchline.ledger.identity import Identity
from touchline.registry.attribution_rules import AttributionRules

RULES = AttributionRules(data_driven_models=("markov_1", "markov_2"))


def a_fitted_world(rules: AttributionRules = RULES) -> World:
    """A shop with data-driven models, before anything happened."""
    return World(registry=a_registry(rules=rules), now=NOON + 9 * DAY_MS)


def bought(number: int, day: int, *channels: str, received: int | None = None) -> list[Any]:
    """A person with a touch an hour per channel, who bought at noon of a day."""
    at = NOON + day * DAY_MS
    arrived = NOON + (day if received is None else received) * DAY_MS
    return [
        *came(number, day, *channels),
        a_conversion(
            id=f"A-{number}",
            identities=(Identity(f"crm:{number}"),),
            occurred_at=at,
            received_at=arrived,
            changed_at=arrived,
        ),
    ]


def came(number: int, day: int, *channels: str, **stated: Any) -> list[Any]:
    """The same person without the order."""
    at = NOON + day * DAY_MS
    return [
        a_touch(
            id=f"tch_{number}_{place}",
            identity=f"crm:{number}",
            channel=channel,
            occurred_at=at - (len(channels) - place) * HOUR_MS,
            **stated,
        )
        for place, channel in enumerate(channels)
    ]


THREE_DAYS = [
    *bought(1, 0, "email", "ads"),
    *came(2, 0, "ads"),
    *bought(3, 1, "ads"),
    *came(4, 1, "email"),
    *bought(5, 2, "email"),
]


def pointer(world: World, day: str) -> Pointer:
    found = NightStore(world.results, lambda: 0).pointers(SHOP, day, day)
    assert found, day
    return found[0]


def cells(world: World, day: str, dimension: str, model: str) -> list[Cell]:
    version = pointer(world, day).version
    rows = NightStore(world.results, lambda: 0).version(
        SHOP, day, version, f"credit#{dimension}#{model}#"
    )
    return [cell for row in rows for cell in cells_in(row)]


def shares(world: World, day: str, model: str = "markov_1") -> dict[str, float]:
    return {cell.value: cell.share_ppb / WHOLE for cell in cells(world, day, "channel", model)}


def nights(world: World, *days: int) -> list[dict[str, Any]]:
    return [world.night(tomorrow(day) if day else TODAY) for day in days]


def restated(record: dict[str, Any]) -> dict[str, dict[str, int]]:
    return {day["day"]: day["causes"] for day in record["restated"]}


def test_journeys_that_did_not_convert_are_in_the_fit() -> None:
    """One of three bought: email > ads. Without ads nobody would; without email half as many."""
    world = a_fitted_world().happened(
        *bought(1, 0, "email", "ads"), *came(2, 0, "ads"), *came(3, 0, "email")
    )
    world.night()

    assert shares(world, TODAY) == pytest.approx({"ads": 2 / 3, "email": 1 / 3}, abs=1e-9)
    fit = next(row for row in world.written() if str(row["sk"]) == "fit#purchase#markov_1")
    assert '"journeys":3' in str(fit["body"])
    assert '"p_conversion":0.3333333333333333' in str(fit["body"])


def test_a_late_conversion_refits_the_published_days_whose_window_holds_its_day() -> None:
    world = a_fitted_world().happened(*THREE_DAYS)
    nights(world, 0, 1, 2)
    before = {day: shares(world, tomorrow(day)) for day in (1, 2)}
    world.happened(*bought(6, 0, "email", "email", received=3))
    record = world.night(tomorrow(3))

    assert restated(record) == {
        TODAY: {"new": 1},
        tomorrow(1): {"refitted": 1},
        tomorrow(2): {"refitted": 1},
        tomorrow(3): {},
    }
    assert [shares(world, tomorrow(day)) != before[day] for day in (1, 2)] == [True, True]
    assert {row["model"] for row in record["restated"][1]["difference"]} <= {"markov_1", "markov_2"}
    assert (pointer(world, tomorrow(1)).refitted, pointer(world, tomorrow(1)).restated) == (
        True,
        False,
    )


def test_a_change_outside_a_days_window_does_not_touch_its_fit() -> None:
    rules = AttributionRules(data_driven_models=("markov_1",), fit_days=2)
    world = a_fitted_world(rules).happened(*THREE_DAYS)
    nights(world, 0, 1, 2)
    world.happened(*bought(6, 0, "email", received=3))

    assert restated(world.night(tomorrow(3))) == {
        TODAY: {"new": 1},
        tomorrow(1): {"refitted": 1},
        tomorrow(3): {},
    }


def test_a_change_that_leaves_the_paths_as_they_are_refits_nothing() -> None:
    world = a_fitted_world().happened(*THREE_DAYS)
    nights(world, 0, 1, 2)
    late = {"received_at": NOON + 3 * DAY_MS, "changed_at": NOON + 3 * DAY_MS}
    world.happened(a_conversion(id="B-1", identities=(Identity("crm:stranger"),), **late))

    assert restated(world.night(tomorrow(3))) == {TODAY: {"new": 1}, tomorrow(3): {}}


def test_what_is_published_does_not_depend_on_the_order_in_which_it_became_known() -> None:
    """A day is a function of the data: its version is the one that nights in order would give."""
    late = bought(6, 0, "email", "email", received=3)
    slowly = a_fitted_world().happened(*THREE_DAYS)
    nights(slowly, 0, 1, 2)
    slowly.happened(*late)
    slowly.night(tomorrow(3))
    at_once = a_fitted_world().happened(*THREE_DAYS, *late)
    nights(at_once, 3, 0, 1, 2)

    for day in (TODAY, tomorrow(1), tomorrow(2)):
        assert cells(slowly, day, "channel", "markov_2") == cells(
            at_once, day, "channel", "markov_2"
        )
    assert pointer(slowly, tomorrow(2)).version == pointer(at_once, tomorrow(2)).version


def test_nights_of_a_range_leave_refits_to_the_last_of_them() -> None:
    world = a_fitted_world().happened(*THREE_DAYS)
    nights(world, 0, 1, 2)
    world.happened(*bought(6, 0, "email", "email", received=3), *bought(7, 1, "ads", received=4))
    world.refits = False
    first = world.night(tomorrow(3))
    world.refits = True
    second = world.night(tomorrow(4))

    assert restated(first) == {TODAY: {"new": 1}, tomorrow(3): {}}
    assert restated(second) == {
        tomorrow(1): {"new": 1},
        tomorrow(2): {"refitted": 1},
        tomorrow(4): {},
    }


def test_more_outdated_fits_than_a_window_has_days_wait_and_the_run_says_so() -> None:
    """`refits_waiting`: the newest come first, and the next night goes on."""
    rules = AttributionRules(data_driven_models=("markov_1",), fit_days=2)
    world = a_fitted_world(rules).happened(
        *(thing for day in range(6) for thing in bought(day, day, "email", "ads"))
    )
    nights(world, *range(6))
    world.refits = False
    for day in (0, 2, 4):
        world.happened(*bought(10 + day, day, "ads", received=6 + day))
        world.night(tomorrow(6 + day))
    world.refits = True
    one, two = nights(world, 11, 12)

    assert (restated(one).keys(), one["remarks"]) == (
        {tomorrow(3), tomorrow(5), tomorrow(11)},
        ["refits_waiting"],
    )
    assert (restated(two).keys(), two["remarks"]) == ({tomorrow(1), tomorrow(12)}, [])


def test_a_night_that_changes_nothing_does_not_read_the_ledger_whole() -> None:
    world = a_fitted_world().happened(*THREE_DAYS)
    nights(world, 0, 1, 2)
    world.ledger_table.calls.clear()
    world.night(tomorrow(3))

    assert "scan" not in world.ledger_table.calls


def test_more_channels_than_a_fit_takes_leave_the_day_without_its_fit_and_say_so() -> None:
    """`fit_too_large`: the heuristic models do not wait for the data-driven ones."""
    world = a_fitted_world().happened(*bought(1, 0, "email"))
    for number in range(1001):
        world.happened(*came(2 + number, 0, f"channel {number}"))
    record = world.night()

    assert (record["status"], record["remarks"]) == ("published", ["fit_too_large"])
    assert (shares(world, TODAY), shares(world, TODAY, "linear")) == ({}, {"email": 1.0})


def test_a_day_left_without_its_fit_gets_it_when_it_is_decided_again() -> None:
    rules = AttributionRules(data_driven_models=())
    world = a_fitted_world(rules).happened(*bought(1, 0, "email"))
    world.night()
    world.registry = a_registry(rules=RULES)

    assert restated(world.night(recompute=True)) == {TODAY: {"refitted": 1}}
    assert shares(world, TODAY) == {"email": 1.0}


def test_data_driven_credit_is_divided_by_campaign_among_the_touches_of_the_channel() -> None:
    """Ads earned half of two orders: half of that to each order, evenly by its touches of ads."""
    world = a_fitted_world().happened(
        *came(1, 0, "email"),
        *(
            a_touch(id=f"tch_a{n}", identity="crm:1", campaign=name, occurred_at=NOON - n * 60_000)
            for n, name in ((3, "spring"), (2, "spring"), (1, "brand"))
        ),
        *bought(1, 0)[-1:],
        *came(2, 0, "email"),
        a_touch(id="tch_b", identity="crm:2", campaign="brand", occurred_at=NOON - 60_000),
        *bought(2, 0)[-1:],
    )
    world.night()
    by_channel = shares(world, TODAY)
    by_campaign = {
        cell.value: cell.share_ppb / WHOLE for cell in cells(world, TODAY, "campaign", "markov_1")
    }

    assert by_channel == {"ads": 1.0, "email": 1.0}
    assert by_campaign == pytest.approx({"spring": 1 / 3, "brand": 2 / 3, "": 1.0}, abs=2e-9)
    for dimension in ("channel", "campaign", "partner"):
        some = cells(world, TODAY, dimension, "markov_2")
        assert sum(cell.share_ppb for cell in some) == 2 * WHOLE
        assert sum(cell.value_micros for cell in some) == 20_000_000


def test_the_stages_of_a_run_follow_from_its_checkpoints() -> None:
    job = Job(SHOP, TODAY, 1, "pin")
    windows = {TODAY: window_of(TODAY, RULES)}
    parts: dict[Step, Progress] = {}

    def stage() -> set[str]:
        return {step.kind for step in waiting_steps(job, parts, lambda: windows)}

    def do(*steps: Step, **counted: int) -> None:
        parts.update({step: Progress(done=True, **counted) for step in steps})

    assert stage() == {"changes", "links"}
    do(*job.inputs())
    assert stage() == {"scan"}
    do(*(Step(SCAN, n) for n in range(SEGMENTS)), touches=TOUCHES_AT_ONCE)
    assert len(waiting_steps(job, parts, lambda: windows)) == SEGMENTS
    do(*(Step(JOIN, n) for n in range(SEGMENTS)))
    assert waiting_steps(job, parts, lambda: windows) == ()


def test_nothing_to_fit_is_nothing_to_scan() -> None:
    job = Job(SHOP, TODAY, 1, "pin")
    parts = {step: Progress(done=True) for step in job.inputs()}

    assert waiting_steps(job, parts, dict) == ()


def test_more_links_than_a_join_step_holds_are_not_joined() -> None:
    """`fit_too_large` again: the people cannot be told apart within one worker's memory."""
    job = Job(SHOP, TODAY, 1, "pin")
    parts = {step: Progress(done=True) for step in job.inputs()}
    each = LINKS_AT_ONCE // SEGMENTS + 1
    parts |= {Step(SCAN, n): Progress(done=True, links=each) for n in range(SEGMENTS)}

    assert too_many_links(parts)
    assert waiting_steps(job, parts, lambda: {TODAY: window_of(TODAY, RULES)}) == ()


def test_a_link_that_was_undone_parts_the_journeys() -> None:
    """Linked, the two visits are one journey of one person who bought; apart, one is lost."""
    linked = a_fitted_world().happened(
        *bought(1, 0, "email", "ads"),
        *came(2, 0, "ads"),
        a_link("crm:1", "crm:2", at=NOON - 9 * HOUR_MS),
    )
    apart = a_fitted_world().happened(
        *bought(1, 0, "email", "ads"),
        *came(2, 0, "ads"),
        a_link("crm:1", "crm:2", at=NOON - 9 * HOUR_MS, undone_at=NOON - 8 * HOUR_MS),
    )
    told = []
    for world in (linked, apart):
        world.night()
        fit = next(row for row in world.written() if str(row["sk"]) == "fit#purchase#markov_1")
        told.append('"journeys":1,' in str(fit["body"]))
    assert told == [True, False]
