"""A person who was seen without end: the first touch and the latest stay on the path."""

from tests.factories import NOON, a_conversion, a_touch
from tests.night_world import World
from touchline.attribution.decisions import PATH_LIMIT
from touchline.attribution.night.rollups import Cell, credit_rows


def test_what_is_over_the_limit_of_a_path_is_left_out_by_name() -> None:
    times = [NOON - 60_000 * number for number in range(PATH_LIMIT + 3, 0, -1)]
    world = World().happened(*(a_touch(occurred_at=at) for at in times), a_conversion())
    world.night()
    decision = world.decisions()["A-1"]
    on_path = [step.occurred_at for step in decision.path]
    assert on_path == [times[0], *times[4:]]
    assert [one.verdict for one in decision.candidates].count("path_limit") == 3


def test_a_day_of_long_names_and_paths_is_cut_into_rows_that_one_item_can_hold() -> None:
    cells = [Cell("purchase", "EUR", f"{number:05}" * 100, 1, 1, 0) for number in range(3000)]
    rows = list(credit_rows({("campaign", "linear"): cells}))

    assert [sk for sk, _ in rows][:2] == [
        "credit#campaign#linear#0000",
        "credit#campaign#linear#0001",
    ]
    assert [cell for _, some in rows for cell in some] == cells
    assert max(len(str(some)) for _, some in rows) < 400_000
