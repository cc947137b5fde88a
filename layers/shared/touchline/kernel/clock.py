"""Instants are whole milliseconds since 1970 UTC; days are UTC dates written YYYY-MM-DD."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

Clock = Callable[[], int]
"""Tells the present instant in milliseconds since 1970 UTC. Taken as an argument everywhere."""

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


def system_clock() -> int:
    """The machine's clock, in milliseconds. Only entry points name it."""
    return time.time_ns() // 1_000_000


def day_of(instant_ms: int) -> str:
    """The UTC day of an instant: `day_of(0) == "1970-01-01"`."""
    return (date(1970, 1, 1) + timedelta(days=instant_ms // DAY_MS)).isoformat()


def start_of(day: str) -> int:
    """The first millisecond of a UTC day. Raises ValueError for anything but YYYY-MM-DD."""
    parsed = date.fromisoformat(day)
    if parsed.isoformat() != day:
        raise ValueError(f"not a day written YYYY-MM-DD: {day!r}")
    return (parsed - date(1970, 1, 1)).days * DAY_MS


def next_day(day: str, by: int = 1) -> str:
    """The day `by` days later (earlier when negative)."""
    return day_of(start_of(day) + by * DAY_MS)


def days_between(first: str, last: str) -> Iterator[str]:
    """Every day from `first` to `last`, both included, in order."""
    for at in range(start_of(first), start_of(last) + 1, DAY_MS):
        yield day_of(at)


def iso(instant_ms: int) -> str:
    """RFC 3339 in UTC with milliseconds: `2026-01-31T12:00:00.000Z`."""
    whole, millis = divmod(instant_ms, SECOND_MS)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=whole)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{millis:03d}Z"


Sleep = Callable[[float], None]
"""Waits so many seconds. Taken as an argument everywhere."""


def system_sleep(seconds: float) -> None:
    """Wait. Only entry points name it."""
    time.sleep(seconds)
