"""Whether all is well, in one look: the night, conservation, queues, alarms. Pure; the facts come
in."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from touchline.kernel.clock import DAY_MS, HOUR_MS, day_of
from touchline.platform.watch import Alarm

NIGHT_ENDS_BY_MS = 2 * HOUR_MS
"""The night of a day runs at 00:00 UTC after it and is over by 02:00 (BA-08)."""

WELL, NOTE, BAD = "well", "note", "bad"
RUNBOOK = {
    "delivery_dead_letters": "docs/runbook.md#delivery-dead-letter",
    "spill_dead_letters": "docs/runbook.md#spill-dead-letter",
    "outbox_dead_letters": "docs/runbook.md#outbox-dead-letter",
    "failures": "docs/runbook.md#failure",
    "spill": "docs/runbook.md#spill-age",
    "delivery": "docs/runbook.md#delivery-age",
    "outbox": "docs/runbook.md#outbox-age",
    "streams": "docs/runbook.md#outbox-age",
}
ALARMS = "docs/operations.md#alarms"
LONGEST_SECONDS = {"spill": 900, "delivery": 1800, "outbox": 900, "streams": 900}
"""How long the oldest record may wait; the alarms of the template go off at the same ages."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is (well, note or bad), and what to do or read."""

    name: str
    level: str
    said: str
    see: str = ""


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What is known of one account: its last night, and its deliveries of the last days."""

    last_night: str
    difference: int
    found: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StackFacts:
    """What is known of the whole stack: what waits in each queue, how long the oldest record of
    each has waited (seconds), and its alarms; None when CloudWatch did not tell."""

    waiting: Mapping[str, int]
    oldest: Mapping[str, float] | None = None
    alarms: Sequence[Alarm] | None = None


def findings(
    now: int, accounts: Mapping[str, AccountFacts], stack: StackFacts | None = None
) -> list[Finding]:
    """Everything worth a line, in the order in which one looks. The stack is for operators."""
    found = [one for name, facts in sorted(accounts.items()) for one in _account(now, name, facts)]
    if stack is not None:
        found += _queues(stack)
        found += _alarms(stack.alarms)
    return found


def worst(found: list[Finding]) -> str:
    """The worst level of all."""
    return max((one.level for one in found), key=(WELL, NOTE, BAD).index, default=WELL)


def expected_night(now: int) -> str:
    """The day whose night must be over by now."""
    return day_of(now - DAY_MS - NIGHT_ENDS_BY_MS)


def _account(now: int, name: str, facts: AccountFacts) -> Iterator[Finding]:
    expected = expected_night(now)
    about = f"night of {name}"
    if not facts.last_night:
        yield Finding(about, NOTE, "none has run by the clock yet", "touchline attribute")
    elif facts.last_night < expected:
        said = f"the last one done is {facts.last_night}, {expected} should be"
        yield Finding(about, BAD, said, "docs/runbook.md#missed-night")
    else:
        yield Finding(about, WELL, f"done up to {facts.last_night}")
    about = f"deliveries of {name}"
    counted = ", ".join(f"{count} {state}" for state, count in sorted(facts.found.items()))
    if facts.difference:
        said = f"{facts.difference} announced and not found"
        yield Finding(about, BAD, said, "docs/runbook.md#deliveries-unbalanced")
    else:
        level = NOTE if facts.found.get("held") or facts.found.get("failed") else WELL
        yield Finding(
            about,
            level,
            counted or "none of the last days is older than two minutes",
            "touchline deliveries list",
        )


def _queues(stack: StackFacts) -> Iterator[Finding]:
    oldest = stack.oldest or {}
    for name, count in stack.waiting.items():
        yield _queue(name, count, oldest.get(name, 0))
    if "streams" in oldest:
        level = BAD if _is_late("streams", oldest["streams"]) else WELL
        said = f"the oldest record has waited {span(oldest['streams'])}"
        yield Finding("streams", level, said, RUNBOOK["streams"])


def _queue(name: str, count: int, oldest: float) -> Finding:
    about = name.replace("_", " ")
    if count == 0:
        return Finding(about, WELL, "none waiting", RUNBOOK[name])
    is_bad = name == "failures" or name.endswith("_dead_letters") or _is_late(name, oldest)
    since = f", the oldest for {span(oldest)}" if oldest else ""
    return Finding(about, BAD if is_bad else NOTE, f"{count} waiting{since}", RUNBOOK[name])


def _is_late(name: str, seconds: float) -> bool:
    return seconds >= LONGEST_SECONDS.get(name, math.inf)


def _alarms(alarms: Sequence[Alarm] | None) -> Iterator[Finding]:
    if alarms is None:
        yield Finding("alarms", NOTE, "not known: CloudWatch did not tell", ALARMS)
        return
    on = [alarm for alarm in alarms if alarm.is_on]
    for alarm in on:
        said, _, see = alarm.description.partition(" See ")
        yield Finding(f"alarm {alarm.name}", BAD, said or "on", see or ALARMS)
    if not on:
        yield Finding("alarms", WELL, f"none of {len(alarms)} is on")


def span(seconds: float) -> str:
    """`45 s`, `12 min`, `3 h`, `2 d`."""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} s"
