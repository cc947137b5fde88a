"""Whether all is well: the night in time, nothing lost, no dead letters."""

from pathlib import Path

import pytest

from touchline.kernel.clock import HOUR_MS, start_of
from touchline.platform.watch import Alarm
from touchline.reporting.health import (
    BAD,
    LONGEST_SECONDS,
    NOTE,
    RUNBOOK,
    WELL,
    AccountFacts,
    StackFacts,
    findings,
    span,
    worst,
)

ROOT = Path(__file__).resolve().parents[3]
NOON = start_of("2026-03-01") + 12 * HOUR_MS
GOOD = AccountFacts("2026-02-28", 0, {"delivered": 5})


def levels(now: int, facts: AccountFacts, **waiting: int) -> list[str]:
    return [one.level for one in findings(now, {"shop": facts}, StackFacts(waiting, {}, ()))]


def test_all_is_well() -> None:
    found = findings(NOON, {"shop": GOOD}, StackFacts({"delivery": 0, "failures": 0}, {}, ()))
    assert worst(found) == WELL
    assert found[0].said == "done up to 2026-02-28"


@pytest.mark.parametrize(
    ("after_midnight", "level"), [(0, WELL), (2 * HOUR_MS - 1, WELL), (2 * HOUR_MS, BAD)]
)
def test_ba_08_a_night_has_two_hours(after_midnight: int, level: str) -> None:
    """BA-08: a missed night is seen from 02:00 UTC on."""
    last = AccountFacts("2026-02-27", 0, {})
    assert levels(start_of("2026-03-01") + after_midnight, last)[0] == level


def test_what_was_announced_and_is_nowhere_is_bad() -> None:
    """OB-02"""
    assert levels(NOON, AccountFacts("2026-02-28", 1, {"delivered": 4}))[1] == BAD


def test_what_is_held_or_failed_is_worth_a_note() -> None:
    assert levels(NOON, AccountFacts("2026-02-28", 0, {"held": 1}))[1] == NOTE
    assert levels(NOON, AccountFacts("", 0, {}))[0] == NOTE


def test_dead_letters_are_bad_and_what_waits_is_a_note() -> None:
    found = levels(NOON, GOOD, delivery=3, spill=1, spill_dead_letters=1)
    assert found[2:] == [NOTE, NOTE, BAD, WELL]


def test_nothing_to_look_at_is_well() -> None:
    assert worst(findings(NOON, {})) == WELL


@pytest.mark.parametrize(("earlier", "level"), [(1, NOTE), (0, BAD)])
@pytest.mark.parametrize("queue", ["spill", "delivery"])
def test_what_waits_too_long_in_a_queue_is_bad(queue: str, earlier: int, level: str) -> None:
    age = LONGEST_SECONDS[queue] - earlier
    (found, _) = findings(NOON, {}, StackFacts({queue: 1}, {queue: age}, ()))
    assert found.level == level
    assert f"1 waiting, the oldest for {span(age)}" == found.said


def test_the_age_of_an_empty_queue_is_old_news() -> None:
    """A metric is up to minutes older than the count beside it."""
    (found, _) = findings(NOON, {}, StackFacts({"spill": 0}, {"spill": 5000}, ()))
    assert (found.level, found.said) == (WELL, "none waiting")


@pytest.mark.parametrize(("seconds", "level"), [(3, WELL), (900, BAD)])
def test_a_stream_that_falls_behind_is_seen(seconds: float, level: str) -> None:
    found = findings(NOON, {}, StackFacts({}, {"streams": seconds}, ()))[0]
    assert (found.name, found.level) == ("streams", level)


def test_an_alarm_that_is_on_is_bad_and_says_what_to_read() -> None:
    text = "Ingest raised an error. See docs/runbook.md#ingest-error"
    alarms = [Alarm("touchline-IngestErrorAlarm-1", text, True), Alarm("other", "", False)]
    (found,) = findings(NOON, {}, StackFacts({}, {}, alarms))
    assert (found.level, found.said) == (BAD, "Ingest raised an error.")
    assert found.see == "docs/runbook.md#ingest-error"


def test_alarms_that_nobody_told_of_are_worth_a_note() -> None:
    (found,) = findings(NOON, {}, StackFacts({}))
    assert (found.name, found.level) == ("alarms", NOTE)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (119, "119 s"), (720, "12 min"), (7200, "2 h"), (2e5, "2 d")]
)
def test_a_span_is_said_in_one_unit(seconds: float, said: str) -> None:
    assert span(seconds) == said


def test_every_section_of_the_runbook_that_is_named_is_there() -> None:
    lost = AccountFacts("2026-01-01", 1, {})
    waiting = {name: 1 for name in RUNBOOK if name != "streams"}
    found = findings(NOON, {"shop": lost}, StackFacts(waiting, {"streams": 1}, ()))
    titles = {
        line.removeprefix("## ") for line in (ROOT / "docs/runbook.md").read_text().splitlines()
    }
    named = [one.see.partition("#")[2] for one in found if one.see.startswith("docs/runbook.md")]
    assert len(named) == len(RUNBOOK) + 2
    assert set(named) <= titles
