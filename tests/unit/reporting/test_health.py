"""Whether all is well: the night in time, nothing lost, no dead letters."""

from pathlib import Path

import pytest

from touchline.kernel.clock import HOUR_MS, start_of
from touchline.reporting.health import BAD, NOTE, RUNBOOK, WELL, AccountFacts, findings, worst

ROOT = Path(__file__).resolve().parents[3]
NOON = start_of("2026-03-01") + 12 * HOUR_MS
GOOD = AccountFacts("2026-02-28", 0, {"delivered": 5})


def levels(now: int, facts: AccountFacts, **waiting: int) -> list[str]:
    return [one.level for one in findings(now, {"shop": facts}, waiting)]


def test_all_is_well() -> None:
    found = findings(NOON, {"shop": GOOD}, {"delivery": 0, "failures": 0})
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
    assert levels(NOON, GOOD, delivery=3, spill=1, spill_dead_letters=1)[2:] == [NOTE, NOTE, BAD]


def test_nothing_to_look_at_is_well() -> None:
    assert worst(findings(NOON, {}, {})) == WELL


def test_every_section_of_the_runbook_that_is_named_is_there() -> None:
    lost = AccountFacts("2026-01-01", 1, {})
    found = findings(NOON, {"shop": lost}, dict.fromkeys(RUNBOOK, 1))
    titles = {
        line.removeprefix("## ") for line in (ROOT / "docs/runbook.md").read_text().splitlines()
    }
    named = [one.see.partition("#")[2] for one in found if one.see.startswith("docs/runbook.md")]
    assert len(named) == len(RUNBOOK) + 2
    assert set(named) <= titles
