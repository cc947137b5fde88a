"""What reports may be asked: every wrong question is refused by name."""

import pytest

from touchline.kernel.errors import Refused
from touchline.reporting.ask import Days, days_asked, limit_asked


def asked(**query: str) -> Days:
    given = {name.removesuffix("_"): value for name, value in query.items()}
    return days_asked(lambda name: given.get(name, ""), today="2026-03-10")


def refusal(**query: str) -> str:
    with pytest.raises(Refused) as refused:
        asked(**query)
    return refused.value.code


def test_without_a_range_the_last_thirty_days_are_meant() -> None:
    assert asked() == Days("2026-02-09", "2026-03-10")


def test_both_ends_are_included() -> None:
    assert list(asked(from_="2026-02-27", to="2026-03-01")) == [
        "2026-02-27",
        "2026-02-28",
        "2026-03-01",
    ]


@pytest.mark.parametrize(
    "day", ["yesterday", "2026-02-30", "20260301", "2026-3-1", "2026-03-01T00"]
)
def test_what_is_no_day_is_refused_as_bad_range(day: str) -> None:
    assert refusal(from_=day) == "bad_range"


def test_a_range_that_ends_before_it_begins_is_refused() -> None:
    assert refusal(from_="2026-03-02", to="2026-03-01") == "bad_range"


@pytest.mark.parametrize("day", ["1969-12-31", "9999-12-31"])
def test_days_of_another_age_are_refused(day: str) -> None:
    assert refusal(from_=day, to=day) == "bad_range"


def test_a_huge_range_is_refused_by_its_own_name() -> None:
    assert refusal(from_="2025-01-01", to="2026-03-01") == "range_too_long"
    assert len(list(asked(from_="2025-01-26", to="2026-03-01"))) == 400


@pytest.mark.parametrize("said", ["0", "-1", "501", "many", "1e2", "²", "9" * 40])
def test_a_limit_that_cannot_be_is_refused_as_bad_limit(said: str) -> None:
    with pytest.raises(Refused) as refused:
        limit_asked({"limit": said}.get)  # type: ignore[arg-type]
    assert refused.value.code == "bad_limit"


def test_a_limit_may_be_left_out() -> None:
    assert limit_asked(lambda _: "") == 50
