"""Places in the rate of an endpoint."""

from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOON
from touchline.delivery.pace import place
from touchline.registry.model import RateLimit


@given(st.integers(1, 500), st.integers(1, 60), st.lists(st.integers(0, 200), max_size=200))
def test_di_21_no_window_holds_more_places_than_the_limit_and_one(count, seconds, gaps):
    limit, now, free = RateLimit(count, seconds), NOON, 0
    given_at = []
    for gap in gaps:
        now += gap
        at, free = place(free, limit, now)
        assert at >= now
        given_at.append(at)
    assert given_at == sorted(given_at)
    for start in given_at:
        inside = [at for at in given_at if start <= at < start + seconds * 1000]
        assert len(inside) <= count + 1


def test_di_21_over_ten_seconds_the_rate_is_kept_within_a_twentieth():
    limit, free = RateLimit(10), 0
    given_at = []
    for _ in range(500):
        at, free = place(free, limit, NOON)
        given_at.append(at)

    assert sum(at < NOON + 10_000 for at in given_at) <= 105
    assert given_at[-1] == NOON + 49_900
