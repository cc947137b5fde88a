"""What is over is not read by the night, whenever TTL deletes it: the horizon is the end of the day
that is worked on, so that a night run again reads what it read before."""

import pytest

from tests.factories import NOON, a_conversion, a_touch
from tests.night_world import TODAY, World
from touchline.kernel.clock import DAY_MS, SECOND_MS, start_of

DAY_ENDS = (start_of(TODAY) + DAY_MS) // SECOND_MS


@pytest.mark.parametrize(
    ("expires_at", "credited"), [(DAY_ENDS - 1, False), (DAY_ENDS, False), (DAY_ENDS + 1, True)]
)
def test_a_touch_earns_nothing_once_it_is_over(expires_at: int, credited: bool) -> None:
    world = World().happened(a_touch(expires_at=expires_at), a_conversion())
    world.night()
    assert (world.decisions()["A-1"].outcome == "attributed") is credited


def test_a_night_run_again_long_afterwards_reads_what_it_read_then() -> None:
    world = World().happened(a_touch(expires_at=DAY_ENDS + 1), a_conversion())
    world.night()
    before = world.decisions()
    world.now = NOON + 900 * DAY_MS
    world.night(recompute=True)
    assert world.decisions() == before
