"""The night as a whole, over tables in memory."""

from dataclasses import replace

import pytest

from tests.factories import NOON, a_conversion, a_touch
from tests.night_world import SHOP, TODAY, World, a_link, tomorrow
from touchline.attribution.decisions import PATH_LIMIT
from touchline.attribution.night.store import NightStore
from touchline.kernel.errors import Conflict
from touchline.ledger.decisions import WHOLE
from touchline.ledger.model import Status

HOUR = 3_600_000
DAY = 24 * HOUR


def test_a_conversion_is_credited_to_the_touches_of_the_person() -> None:
    world = World().happened(
        a_touch(channel="email", occurred_at=NOON - 3 * HOUR),
        a_touch(channel="ads", occurred_at=NOON - HOUR),
        a_conversion(),
    )
    record = world.night()
    decision = world.decisions()["A-1"]
    assert [step.channel for step in decision.path] == ["email", "ads"]
    assert [one.value_micros for one in decision.credits["linear"]] == [5_000_000, 5_000_000]
    assert record["status"] == "published"
    assert record["outcomes"] == {"attributed": 1}


def test_touches_before_identification_are_credited_once_the_link_is_known() -> None:
    world = World().happened(
        a_touch(identity="visitor:v1", channel="ads", occurred_at=NOON - HOUR),
        a_conversion(),
    )
    world.night()
    assert world.decisions()["A-1"].reason == "no_eligible_touch"
    world.happened(a_link("visitor:v1", "crm:7", at=NOON + DAY))
    record = world.night(tomorrow())
    assert world.decisions()["A-1"].outcome == "attributed"
    assert [(one["day"], one["causes"]) for one in record["restated"]] == [
        (TODAY, {"linked": 1}),
        (tomorrow(), {}),
    ]


def test_ba_01_a_night_that_runs_twice_changes_not_one_byte() -> None:
    world = World().happened(a_touch(), a_link("crm:7", "visitor:v1"), a_conversion())
    world.night()
    before = world.written()
    again = world.night()
    assert world.written() == before
    assert again["restated"] == []


def test_a_changed_conversion_restates_the_closed_day_and_says_why() -> None:
    world = World().happened(a_touch(), a_conversion())
    world.night()
    rejected = replace(
        a_conversion(status=Status.REJECTED), changed_at=NOON + DAY, version=2, attempt="att_2"
    )
    world.happened(rejected)
    record = world.night(tomorrow())
    closed = record["restated"][0]
    assert (closed["day"], closed["causes"]) == (TODAY, {"changed": 1})
    moved = next(
        row
        for row in closed["difference"]
        if (row["model"], row["dimension"]) == ("linear", "channel")
    )
    assert moved["value"] == "ads"
    assert (moved["conversions_before"], moved["conversions_after"]) == (1.0, 0.0)


def test_credits_of_every_model_sum_to_the_conversion() -> None:
    world = World().happened(
        *(a_touch(channel=f"c{n}", occurred_at=NOON - n * HOUR) for n in range(1, 8)),
        a_conversion(value_micros=10_000_001),
    )
    world.night()
    for given in world.decisions()["A-1"].credits.values():
        assert sum(one.share_ppb for one in given) == WHOLE
        assert sum(one.value_micros for one in given) == 10_000_001


def test_b1_a_second_start_meets_the_lease_and_leaves() -> None:
    world = World().happened(a_touch(), a_conversion())
    NightStore(world.results, lambda: world.now).take_lease(SHOP, "the other")
    with pytest.raises(Conflict, match="night_busy"):
        world.night()
    assert world.decisions() == {}


def test_a_journey_longer_than_a_decision_holds_keeps_its_first_and_latest_touches() -> None:
    """`path_limit`: the row stays far below what one item can hold."""
    world = World().happened(
        *(
            a_touch(id=f"tch_{n}", channel=f"c{n}", occurred_at=NOON - n * HOUR)
            for n in range(1, 404)
        ),
        a_conversion(),
    )
    world.night()
    decision = world.decisions()["A-1"]
    assert len(decision.path) == PATH_LIMIT
    assert (decision.path[0].channel, decision.path[-1].channel) == ("c403", "c1")
    struck = [one for one in decision.candidates if one.verdict]
    assert {one.verdict for one in struck} == {"path_limit"}
    assert len(struck) + decision.left_out["path_limit"] == 403 - PATH_LIMIT


def test_two_versions_of_a_day_are_kept_and_no_more() -> None:
    world = World().happened(a_touch(), a_conversion())
    world.night()
    for number in range(1, 4):
        world.happened(
            a_conversion(
                id=f"B-{number}",
                received_at=NOON + number * DAY,
                changed_at=NOON + number * DAY,
            )
        )
        world.night(tomorrow(number))
    kept = {str(row["pk"]) for row in world.written() if f"#U#{TODAY}#" in str(row["pk"])}
    pointer = NightStore(world.results, lambda: 0).pointer(SHOP, TODAY)
    assert pointer is not None
    assert kept == {f"shop#U#{TODAY}#{version}" for version in (pointer.version, pointer.was)}
