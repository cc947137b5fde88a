"""Goals: how far an event has come towards its target in the period that a day lies in."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from touchline.registry.model import EventDefinition
from touchline.reporting.ask import Days
from touchline.reporting.events import Part


def period_of(day: str, period: str) -> Days:
    """The calendar day, week (Monday to Sunday) or month that the day lies in."""
    at = date.fromisoformat(day)
    if period == "day":
        return Days(day, day)
    if period == "week":
        first = at - timedelta(days=at.weekday())
        return Days(first.isoformat(), (first + timedelta(days=6)).isoformat())
    first = at.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return Days(first.isoformat(), last.isoformat())


def days_needed(events: Iterable[EventDefinition], day: str) -> Days | None:
    """The days whose measures the goals of these events need; None where there is no goal."""
    periods = [period_of(day, event.goal.period) for event in events if event.goal]
    if not periods:
        return None
    return Days(min(one.first for one in periods), max(one.last for one in periods))


def progress(
    events: Iterable[EventDefinition], parts: Sequence[Part], day: str
) -> list[dict[str, Any]]:
    """Every goal with what is done of it by conversions that occurred in its period.

    `due` is what would be done by the end of `day` at an even pace.
    """
    rows = []
    for event in events:
        if event.goal is None:
            continue
        days = period_of(day, event.goal.period)
        done = sum(
            part.measures.conversions
            for part in parts
            if part.event == event.api_name and days.first <= part.day <= days.last
        )
        length = len(list(days))
        passed = len(list(Days(days.first, day)))
        rows.append(
            {
                "event": event.api_name,
                "period": event.goal.period,
                "from": days.first,
                "to": days.last,
                "target": event.goal.target_count,
                "done": done,
                "due": round(event.goal.target_count * passed / length, 2),
            }
        )
    return rows
