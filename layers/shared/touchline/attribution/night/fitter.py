"""Fits the days of one run: from paths that converted, as published, and journeys that did not."""

from collections.abc import Iterator, Mapping
from functools import reduce
from operator import add
from typing import Protocol

from touchline.attribution.engine.tables import CountTable
from touchline.attribution.night.fits import (
    DayFits,
    Fit,
    Fitting,
    TooLarge,
    Transition,
    fit_event,
    shape_of,
    won_by_event,
)
from touchline.attribution.night.join import Joined
from touchline.attribution.night.progress import Job
from touchline.attribution.night.rolled import Rolled
from touchline.attribution.night.rollups import PathTally, paths_in
from touchline.attribution.night.store import Pointer
from touchline.attribution.night.windows import Window
from touchline.kernel.ids import Realm
from touchline.platform.dynamo import Item


class Sources(Protocol):
    """What fits are made of."""

    def version(self, realm: Realm, day: str, version: str, prefix: str) -> Iterator[Item]:
        """Rows of a version whose sort keys start with `prefix`."""
        ...

    def joined(self, job: Job, day: str) -> list[bytes]:
        """What the join steps kept for a day, bucket by bucket."""
        ...


class Fitter:
    """Fits days; each day's paths are read and counted once, however many windows hold it.

    `fresh` are days as this run rolled them up, `published` the versions that count of others.
    """

    def __init__(
        self,
        job: Job,
        sources: Sources,
        fitting: Fitting,
        published: Mapping[str, Pointer],
        fresh: Mapping[str, Rolled],
    ) -> None:
        self._job = job
        self._sources = sources
        self._fitting = fitting
        self._published = published
        self._fresh = fresh
        self._won: dict[str, dict[str, CountTable]] = {}

    def fit(self, rolled: Rolled, window: Window) -> DayFits | None:
        """The fits of a day; None when its journeys were not joined. Raises TooLarge."""
        bodies = self._sources.joined(self._job, rolled.day)
        if not bodies:
            return None
        if not all(bodies):
            raise TooLarge
        joined = reduce(add, map(Joined.from_bytes, bodies))
        fits: list[Fit] = []
        transitions: list[Transition] = []
        for event in sorted({tally.event for tally in rolled.paths}):
            won = self._tables(event, window)
            found = fit_event(event, window, won, joined.lost, self._fitting.models)
            fits.extend(found[0])
            transitions.extend(found[1])
        return DayFits(fits, transitions, joined.traffic)

    def _tables(self, event: str, window: Window) -> Iterator[CountTable]:
        for day in sorted({*self._published, *self._fresh}):
            if window.first <= day <= window.last:
                if day not in self._won:
                    shape = shape_of(self._fitting.models)
                    self._won[day] = won_by_event(self._paths(day), self._fitting.currency, shape)
                if event in self._won[day]:
                    yield self._won[day][event]

    def _paths(self, day: str) -> Iterator[PathTally]:
        if day in self._fresh:
            yield from self._fresh[day].paths
            return
        pointer = self._published[day]
        for row in self._sources.version(self._job.realm, day, pointer.version, "paths#"):
            yield from paths_in(row)
