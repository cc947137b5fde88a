"""Until when what was stored may be read. Rows go later than that: readers do not wait for them."""

from touchline.kernel.clock import DAY_MS, SECOND_MS, day_of, next_day


def first_day_kept(kept_seconds: int, now: int) -> str:
    """The oldest UTC day whose raw requests are kept at `now` (ms): days go as a whole, when the
    last of their requests is over."""
    return next_day(day_of(max(now - kept_seconds * SECOND_MS - DAY_MS, 0)))
