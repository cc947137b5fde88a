"""Which days are fitted, each on which window.

A data-driven model divides a day's conversions by a fit on the window that ends with that day. So a
fit is out of date as soon as the converting paths of any day of its window are others than those
that it was made of. `basis` names those paths; a published day remembers the basis of its fits.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from touchline.attribution.night.store import Pointer
from touchline.kernel.clock import SECOND_MS, next_day, start_of
from touchline.registry.attribution_rules import AttributionRules


class Window(NamedTuple):
    """The days that a fit is made of, both included; it divides the credit of the last."""

    first: str
    last: str

    @property
    def name(self) -> str:
        """`2026-01-02/2026-01-31`."""
        return f"{self.first}/{self.last}"

    @property
    def span(self) -> tuple[int, int]:
        """The same as instants: `[first, end)`."""
        return start_of(self.first), start_of(next_day(self.last))


def window_of(day: str, rules: AttributionRules) -> Window:
    """The window that ends with `day`."""
    return Window(next_day(day, 1 - max(1, rules.fit_days)), day)


def window_named(name: str) -> Window:
    """The window of a name."""
    first, _, last = name.partition("/")
    return Window(first, last)


def basis(window: Window, paths: Mapping[str, str]) -> str:
    """Names the converting paths of a window. `paths` are the digests of the days' paths."""
    days = sorted(day for day, name in paths.items() if name)
    within = [[day, paths[day]] for day in days if window.first <= day <= window.last]
    return hashlib.sha256(repr(within).encode()).hexdigest()[:24]


def stale(pointers: Iterable[Pointer], paths: Mapping[str, str]) -> list[Pointer]:
    """The published days whose fits are out of date, newest first."""
    fitted = [one for one in pointers if one.fitted]
    found = [one for one in fitted if one.fitted != basis(window_named(one.window), paths)]
    return sorted(found, key=lambda one: one.day, reverse=True)


def to_fit(
    changed: Iterable[str], pointers: Iterable[Pointer], rules: AttributionRules, *, refits: bool
) -> dict[str, Window]:
    """The days to fit, with their windows, when the decisions of some days have changed.

    Those days themselves, and published days whose windows hold them or are out of date already:
    at most `fit_days` of these, newest first. They keep the windows that they were fitted on.
    """
    windows = {day: window_of(day, rules) for day in changed}
    if not refits:
        return windows
    published = [one for one in pointers if one.day not in windows]
    outdated = {one.day for one in stale(published, {p.day: p.paths for p in pointers})}
    due = [
        one
        for one in sorted(published, key=lambda one: one.day, reverse=True)
        if one.day in outdated or (one.fitted and _holds(window_named(one.window), windows))
    ]
    return windows | {one.day: window_named(one.window) for one in due[: max(1, rules.fit_days)]}


def span_of(windows: Iterable[Window], rules: AttributionRules) -> tuple[int, int]:
    """What has to be read for these windows, and for the sessions of their last days."""
    spans = [one.span for one in windows]
    gap_ms = rules.session_gap_seconds * SECOND_MS
    return min(first for first, _ in spans) - gap_ms, max(end for _, end in spans)


def _holds(window: Window, days: Iterable[str]) -> bool:
    return any(window.first <= day <= window.last for day in days)
