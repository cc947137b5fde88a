"""When the next attempt is: the published schedule, jitter only later, Retry-After only later."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from touchline.kernel.clock import HOUR_MS, MINUTE_MS, SECOND_MS

DELAYS_MS = (
    0,
    5 * SECOND_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    14 * HOUR_MS,
    20 * HOUR_MS,
    24 * HOUR_MS,
)
"""Before attempt 1, 2, …, 10: in all 75 h 35 min 5 s (Standard Webhooks, "Retry schedule")."""

REFUSED_DELAYS_MS = (0, 5 * SECOND_MS, 5 * MINUTE_MS)
"""After an answer that says the request is wrong (400, 401, 403, 404, 422 …): three attempts."""

JITTER_PPM = 100_000
"""Up to a tenth later, so that what failed together does not come back together."""
RETRY_AFTER_CAP_MS = 10 * HOUR_MS

Randbelow = Callable[[int], int]


def next_attempt_at(
    made: int, now: int, *, refused: bool, retry_after_ms: int, randbelow: Randbelow
) -> int | None:
    """When to try again after `made` automatic attempts; None when they are used up.

    `retry_after_ms` (0: none) can only delay, and by no more than ten hours.
    """
    delays = REFUSED_DELAYS_MS if refused else DELAYS_MS
    if made >= len(delays):
        return None
    base = delays[made]
    jitter = randbelow(base * JITTER_PPM // 1_000_000 + 1)
    return now + max(base + jitter, min(retry_after_ms, RETRY_AFTER_CAP_MS))


def retry_after_of(header: str, now: int) -> int:
    """Milliseconds of a Retry-After header (seconds or an HTTP date); 0 for garbage or the past."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:12]) * SECOND_MS, RETRY_AFTER_CAP_MS)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    ahead = int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * SECOND_MS - now
    return max(0, min(ahead, RETRY_AFTER_CAP_MS))
