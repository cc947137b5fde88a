"""The schedule of attempts."""

from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOON
from touchline.delivery.schedule import (
    DELAYS_MS,
    REFUSED_DELAYS_MS,
    RETRY_AFTER_CAP_MS,
    next_attempt_at,
    retry_after_of,
)


def no_jitter(_: int) -> int:
    return 0


def test_di_01_the_schedule_is_the_published_one():
    seconds = [delay // 1000 for delay in DELAYS_MS]

    assert seconds == [0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert sum(seconds) == 75 * 3600 + 35 * 60 + 5


@given(st.integers(0, 12), st.integers(0, 2**63), st.booleans())
def test_di_01_jitter_is_only_later_and_at_most_a_tenth(made, entropy, refused):
    at = next_attempt_at(
        made, NOON, refused=refused, retry_after_ms=0, randbelow=lambda n: entropy % n
    )

    delays = REFUSED_DELAYS_MS if refused else DELAYS_MS
    if made >= len(delays):
        assert at is None
    else:
        assert at is not None
        assert delays[made] <= at - NOON <= delays[made] * 11 // 10


@given(st.integers(0, 9), st.integers(0, 10**12))
def test_di_04_honouring_retry_after_only_ever_delays(made, wait):
    plain = next_attempt_at(made, NOON, refused=False, retry_after_ms=0, randbelow=no_jitter)
    asked = next_attempt_at(made, NOON, refused=False, retry_after_ms=wait, randbelow=no_jitter)

    assert plain is not None
    assert asked is not None
    assert plain <= asked <= max(plain, NOON + RETRY_AFTER_CAP_MS)


@given(st.text(max_size=40))
def test_di_04_d6_garbage_in_retry_after_is_no_wait_and_no_error(header):
    assert 0 <= retry_after_of(header, NOON) <= RETRY_AFTER_CAP_MS


def test_di_04_d6_retry_after_is_read_in_seconds_and_as_a_date():
    assert retry_after_of("1", NOON) == 1000
    assert retry_after_of("31536000", NOON) == RETRY_AFTER_CAP_MS
    assert retry_after_of("Thu, 01 Jan 2026 12:00:30 GMT", NOON) == 30_000
    assert retry_after_of("Thu, 01 Jan 2025 12:00:30 GMT", NOON) == 0
    assert retry_after_of("-5", NOON) == 0
    assert retry_after_of("soon", NOON) == 0


def test_di_03_a_refused_request_has_a_short_schedule_not_none():
    assert len(REFUSED_DELAYS_MS) == 3
