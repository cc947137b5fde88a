"""Instants and days are UTC, whatever the machine thinks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchline.kernel.clock import DAY_MS, day_of, days_between, iso, next_day, start_of

instants = st.integers(0, 4_102_444_800_000)


@given(instants)
def test_every_instant_lies_in_exactly_one_day(instant: int) -> None:
    """BA-03, B10: days are half-open and leave no gap, over month ends and leap days."""
    start = start_of(day_of(instant))
    assert start <= instant < start + DAY_MS
    assert start_of(next_day(day_of(instant))) == start + DAY_MS


def test_leap_days_and_month_ends_are_days_like_others() -> None:
    """B10."""
    assert next_day("2028-02-28") == "2028-02-29"
    assert next_day("2028-03-01", -1) == "2028-02-29"
    assert list(days_between("2026-12-31", "2027-01-01")) == ["2026-12-31", "2027-01-01"]


@pytest.mark.parametrize("text", ["", "2026-1-1", "20260101", "2026-02-30", "tomorrow"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"day|[Ii]nvalid|month"):
        start_of(text)


def test_an_instant_is_written_with_its_milliseconds() -> None:
    assert iso(1_767_268_800_007) == "2026-01-01T12:00:00.007Z"
