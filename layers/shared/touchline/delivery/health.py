"""The health of an endpoint: its breaker, and when it is disabled (DI-15, DI-16).

Pure: what is known before, what was counted, the instant; out comes what is known after.
"""

from dataclasses import dataclass, replace

from touchline.kernel.clock import DAY_MS, MINUTE_MS

WINDOW_MINUTES = 5
LEAST_ATTEMPTS = 10
OPEN_PPM = 700_000
OPEN_FOR_MS = MINUTE_MS
OPEN_AT_MOST_MS = 30 * MINUTE_MS
DISABLE_AFTER_MS = 5 * DAY_MS
"""From the first failure since the last success to a later one: two failures, days apart."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """What happened in one minute (minutes since 1970)."""

    minute: int
    good: int
    bad: int


@dataclass(frozen=True, slots=True)
class Health:
    """What is known about an endpoint. `open_count`: how often in a row the breaker opened."""

    buckets: tuple[Bucket, ...] = ()
    failing_since: int | None = None  # first failure since the last success
    last_failure_at: int | None = None
    open_until: int | None = None
    open_count: int = 0
    probe_until: int | None = None  # a worker holds the one probe until then
    disabled_at: int | None = None
    disabled_reason: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """What one worker counted: successes, failures charged to the receiver, whether it said 410."""

    good: int = 0
    bad: int = 0
    gone: bool = False

    def plus(self, *, good: int = 0, bad: int = 0, gone: bool = False) -> "Tally":
        """The tally with more counted."""
        return Tally(self.good + good, self.bad + bad, self.gone or gone)


def is_open(health: Health, now: int) -> bool:
    """Whether nothing is sent: the breaker is open, or half-open and its probe is taken."""
    if health.open_until is None:
        return False
    if now < health.open_until:
        return True
    return health.probe_until is not None and now < health.probe_until


def needs_probe(health: Health, now: int) -> bool:
    """Whether the breaker is half-open: one attempt may go, once its worker has claimed it."""
    return health.open_until is not None and not is_open(health, now)


def probing(health: Health, until: int) -> Health:
    """The health with the probe claimed."""
    return replace(health, probe_until=until, version=health.version + 1)


def after(health: Health, tally: Tally, now: int) -> Health:
    """What is known after the attempts of a tally that ended at `now`."""
    counted = replace(
        health, buckets=_counted(health.buckets, tally, now), version=health.version + 1
    )
    if tally.good:
        counted = replace(
            counted,
            failing_since=None,
            last_failure_at=None,
            open_until=None,
            open_count=0,
            probe_until=None,
        )
    elif tally.bad:
        since = health.failing_since if health.failing_since is not None else now
        counted = replace(counted, failing_since=since, last_failure_at=now)
    return _disabled(_broken(health, counted, tally, now), tally, now)


def released(health: Health) -> Health:
    """As new, when an operator lets deliveries go out again."""
    return Health(version=health.version + 1)


def _counted(buckets: tuple[Bucket, ...], tally: Tally, now: int) -> tuple[Bucket, ...]:
    minute = now // MINUTE_MS
    recent = {b.minute: b for b in buckets if minute - WINDOW_MINUTES < b.minute <= minute}
    last = recent.get(minute, Bucket(minute, 0, 0))
    recent[minute] = Bucket(minute, last.good + tally.good, last.bad + tally.bad)
    return tuple(recent[key] for key in sorted(recent))


def _broken(before: Health, counted: Health, tally: Tally, now: int) -> Health:
    if not tally.bad:
        return counted
    half_open_failed = before.open_until is not None and now >= before.open_until
    good = sum(bucket.good for bucket in counted.buckets)
    bad = sum(bucket.bad for bucket in counted.buckets)
    enough = good + bad >= LEAST_ATTEMPTS
    if not half_open_failed and not (enough and bad * 1_000_000 >= OPEN_PPM * (good + bad)):
        return counted
    pause = min(OPEN_FOR_MS << min(counted.open_count, 10), OPEN_AT_MOST_MS)
    return replace(
        counted,
        open_until=now + pause,
        open_count=counted.open_count + 1,
        probe_until=None,
        buckets=(),
    )


def _disabled(health: Health, tally: Tally, now: int) -> Health:
    if health.disabled_at is not None:
        return health
    if tally.gone:
        return replace(health, disabled_at=now, disabled_reason="endpoint_gone")
    since = health.failing_since
    if since is None or not tally.bad:
        return health
    if now - since >= DISABLE_AFTER_MS:
        return replace(health, disabled_at=now, disabled_reason="endpoint_failing")
    return health
