"""Whether all is well, in one look: the night, conservation, queues. Pure; the facts come in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from touchline.kernel.clock import DAY_MS, HOUR_MS, day_of

NIGHT_ENDS_BY_MS = 2 * HOUR_MS
"""The night of a day runs at 00:00 UTC after it and is over by 02:00 (BA-08)."""

WELL, NOTE, BAD = "well", "note", "bad"
RUNBOOK = {
    "delivery_dead_letters": "docs/runbook.md#delivery-dead-letter",
    "spill_dead_letters": "docs/runbook.md#spill-dead-letter",
    "outbox_dead_letters": "docs/runbook.md#outbox-dead-letter",
    "failures": "docs/runbook.md#failure",
    "spill": "docs/runbook.md#spill-age",
}


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


def findings(
    now: int, accounts: Mapping[str, AccountFacts], waiting: Mapping[str, int]
) -> list[Finding]:
    """Everything worth a line, in the order in which one looks."""
    return [
        *(one for name, facts in sorted(accounts.items()) for one in _account(now, name, facts)),
        *(_queue(name, count) for name, count in waiting.items()),
    ]


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


def _queue(name: str, count: int) -> Finding:
    dead = name.endswith("_dead_letters") or name == "failures"
    level = WELL if count == 0 else (BAD if dead else NOTE)
    return Finding(name.replace("_", " "), level, f"{count} waiting", RUNBOOK.get(name, ""))
