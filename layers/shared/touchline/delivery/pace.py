"""The rate limit of an endpoint: places in time, given out in order (GCRA; DI-21).

A place is an instant in microseconds; the next free one moves on by the interval with each place
given. Nothing is dropped: what finds no place now has one later.
"""

from touchline.registry.model import RateLimit


def interval_us(limit: RateLimit) -> int:
    """Microseconds between two places, rounded up so that the limit is never exceeded."""
    return -(-limit.per_seconds * 1_000_000 // limit.count)


def place(next_free_us: int, limit: RateLimit, now: int) -> tuple[int, int]:
    """The instant (ms) of the next place, and the next free one (µs) after it."""
    at_us = max(next_free_us, now * 1000)
    return -(-at_us // 1000), at_us + interval_us(limit)
