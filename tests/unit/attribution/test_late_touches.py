"""A touch that comes after the night of its day counts in the night of the day that it came."""

from tests.factories import NOON, a_conversion, a_touch
from tests.night_world import TODAY, World, a_link, tomorrow
from touchline.kernel.clock import DAY_MS, HOUR_MS

LATE = a_touch(occurred_at=NOON - HOUR_MS, channel="email", late_at=NOON + DAY_MS)


def channels(world: World) -> list[str]:
    return [step.channel for step in world.decisions()["A-1"].path]


def test_a_late_touch_is_credited_by_the_next_night() -> None:
    world = World().happened(a_conversion())
    world.night()
    assert channels(world) == []
    world.happened(LATE)
    record = world.night(tomorrow())
    assert channels(world) == ["email"]
    (restated,) = [day for day in record["restated"] if day["day"] == TODAY]
    assert restated["causes"] == {"linked": 1}


def test_a_late_touch_of_another_device_reaches_the_person() -> None:
    world = World().happened(a_conversion(), a_link("crm:7", "visitor:v1"))
    world.night()
    world.happened(
        a_touch(identity="visitor:v1", occurred_at=NOON - HOUR_MS, late_at=NOON + DAY_MS)
    )
    world.night(tomorrow())
    assert len(channels(world)) == 1


def test_a_touch_in_time_is_no_news_of_its_own() -> None:
    world = World().happened(a_conversion(), a_touch(occurred_at=NOON - HOUR_MS))
    world.night()
    assert TODAY not in [day["day"] for day in world.night(tomorrow())["restated"]]
