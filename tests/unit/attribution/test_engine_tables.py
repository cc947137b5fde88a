"""Count tables add up, take back, and keep to their bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.attribution.journeys import journeys, paths
from touchline.attribution.engine.fit import fit_table
from touchline.attribution.engine.models import ALL_MODELS
from touchline.attribution.engine.paths import PathCount, batch_of
from touchline.attribution.engine.tables import CountTable, Shape, merged
from touchline.attribution.engine.tally import Tally, count

SHAPE = Shape(order=4)


def table(rows: list[PathCount], shape: Shape = SHAPE) -> CountTable:
    return count(batch_of(rows, 1000), shape)


@given(st.lists(journeys, min_size=1, max_size=4))
def test_tables_of_days_add_up_to_the_table_of_all(days: list[list[PathCount]]) -> None:
    whole = table([row for day in days for row in day])
    assert merged(table(day) for day in days) == whole
    assert merged(table(day) for day in reversed(days)) == whole


@given(journeys, journeys)
def test_what_is_taken_away_again_leaves_no_trace(
    first: list[PathCount], second: list[PathCount]
) -> None:
    assert table(first) + table(second) - table(second) == table(first)


def test_converting_a_journey_is_one_path_more_and_one_less() -> None:
    before = table(paths("a>b 0 0 2", "c 1 5 0"))
    converted = before + table(paths("a>b 1 7 0")) - table(paths("a>b 0 0 1"))
    assert converted == table(paths("a>b 1 7 1", "c 1 5 0"))


def test_a_channel_that_was_taken_away_is_gone_by_name() -> None:
    left = table(paths("a>b 1 1 0", "z 1 1 1")) - table(paths("z 1 1 1"))
    assert left.channels == ("a", "b")


@given(journeys)
def test_a_table_comes_back_from_its_bytes(rows: list[PathCount]) -> None:
    counted = table(rows)
    assert CountTable.from_bytes(counted.to_bytes()) == counted


@settings(max_examples=30)
@given(st.lists(journeys, min_size=1, max_size=4))
def test_a_tally_counts_batches_whose_channels_grow(days: list[list[PathCount]]) -> None:
    tally = Tally(SHAPE)
    for day in days:
        tally.add(batch_of(day, 1000))
    assert tally.table() == table([row for day in days for row in day])


def test_tables_of_another_shape_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="shape"):
        table(paths("a 1 1 0")) + table(paths("a 1 1 0"), Shape(order=2))


def test_a_table_of_a_low_order_cannot_be_fitted_to_a_higher_one() -> None:
    with pytest.raises(ValueError, match="order 1, not 2"):
        fit_table(table(paths("a 1 1 0"), Shape(order=1)), ["markov_2"])


def test_a_table_of_another_half_life_is_refused() -> None:
    with pytest.raises(ValueError, match="half-life"):
        fit_table(table(paths("a 1 1 0"), Shape(half_life_seconds=60)), ["time_decay"])


def test_one_table_serves_every_model() -> None:
    fitted = fit_table(table(paths("a>b 1 5 0", "b 0 0 2")), ALL_MODELS)
    assert set(fitted.credits) == set(ALL_MODELS)
