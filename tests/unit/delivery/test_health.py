"""The breaker, and the disabling after five days."""

from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOON
from touchline.delivery.health import (
    DISABLE_AFTER_MS,
    Health,
    Tally,
    after,
    is_open,
    needs_probe,
    probing,
    released,
)
from touchline.kernel.clock import DAY_MS, HOUR_MS, MINUTE_MS


def failing(times: int, at: int = NOON, health: Health | None = None) -> Health:
    return after(health or Health(), Tally(bad=times), at)


def test_di_15_ten_attempts_with_seven_failures_open_the_breaker():
    assert not is_open(after(Health(), Tally(good=0, bad=9), NOON), NOON)
    assert is_open(failing(10), NOON)
    mixed = after(after(Health(), Tally(good=3), NOON), Tally(bad=7), NOON)
    assert is_open(mixed, NOON)
    mostly_good = after(after(Health(), Tally(good=4), NOON), Tally(bad=9), NOON)
    assert not is_open(mostly_good, NOON)


def test_di_15_failures_older_than_five_minutes_do_not_count():
    assert not is_open(failing(5, NOON + 5 * MINUTE_MS, failing(5)), NOON + 5 * MINUTE_MS)
    assert is_open(failing(5, NOON + 4 * MINUTE_MS, failing(5)), NOON + 4 * MINUTE_MS)


def test_di_15_half_open_lets_one_probe_through():
    opened = failing(10)
    later = NOON + MINUTE_MS

    assert needs_probe(opened, later)
    claimed = probing(opened, later + 60_000)
    assert is_open(claimed, later)
    assert not needs_probe(claimed, later)
    assert needs_probe(claimed, later + 60_000)


def test_di_15_a_probe_that_fails_opens_longer_and_one_that_succeeds_closes():
    opened = failing(10)
    later = NOON + MINUTE_MS

    again = failing(1, later, probing(opened, later + 60_000))
    assert is_open(again, later + 2 * MINUTE_MS - 1)
    assert needs_probe(again, later + 2 * MINUTE_MS)
    closed = after(again, Tally(good=1), later + 2 * MINUTE_MS)
    assert closed.open_until is None
    assert closed.failing_since is None


def test_an_attempt_that_was_under_way_when_the_breaker_opened_prolongs_nothing():
    opened = failing(10)
    assert failing(1, NOON + 10, opened).open_until == opened.open_until


@given(st.integers(0, 40))
def test_the_breaker_is_never_open_for_more_than_half_an_hour(times):
    health, at = failing(10), NOON
    for _ in range(times):
        at = (health.open_until or at) + 1
        health = failing(1, at, health)
    assert (health.open_until or 0) - at <= 30 * MINUTE_MS


def test_di_16_five_days_of_failures_disable_an_endpoint():
    health = failing(1)
    assert failing(1, NOON + DISABLE_AFTER_MS - 1, health).disabled_at is None
    disabled = failing(1, NOON + DISABLE_AFTER_MS, health)
    assert (disabled.disabled_at, disabled.disabled_reason) == (
        NOON + DISABLE_AFTER_MS,
        "endpoint_failing",
    )


def test_di_16_one_success_starts_the_five_days_anew():
    health = after(failing(1), Tally(good=1), NOON + 4 * DAY_MS)
    assert failing(1, NOON + 6 * DAY_MS, health).disabled_at is None


def test_di_16_a_single_failure_however_old_disables_nothing():
    assert failing(1).disabled_at is None
    assert failing(1, NOON + 12 * HOUR_MS, failing(1)).disabled_at is None


def test_di_03_d7_gone_disables_at_once_and_a_release_makes_it_as_new():
    gone = after(Health(), Tally(bad=1, gone=True), NOON)

    assert gone.disabled_reason == "endpoint_gone"
    assert released(gone) == Health(version=gone.version + 1)
