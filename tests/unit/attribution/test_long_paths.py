"""A person who was seen without end: the first touch and the latest stay on the path."""

from tests.factories import NOON, a_conversion, a_touch
from tests.night_world import World
from touchline.attribution.decisions import PATH_LIMIT


def test_what_is_over_the_limit_of_a_path_is_left_out_by_name() -> None:
    times = [NOON - 60_000 * number for number in range(PATH_LIMIT + 3, 0, -1)]
    world = World().happened(*(a_touch(occurred_at=at) for at in times), a_conversion())
    world.night()
    decision = world.decisions()["A-1"]
    on_path = [step.occurred_at for step in decision.path]
    assert on_path == [times[0], *times[4:]]
    assert [one.verdict for one in decision.candidates].count("path_limit") == 3
