"""The last step of a run: roll up the days that changed, check, and only then let them count."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from touchline.attribution.engine.models import MARKOV_MODELS
from touchline.attribution.night.balance import imbalances, roll_imbalances
from touchline.attribution.night.difference import COMPARED, Cells, difference
from touchline.attribution.night.fits import (
    Aggregate,
    Fit,
    Path,
    fit_day,
    give,
    window_bounds,
    window_of,
)
from touchline.attribution.night.progress import Job, Progress
from touchline.attribution.night.records import Restated, RunRecord
from touchline.attribution.night.rollups import (
    Cell,
    Content,
    DayRoll,
    PathTally,
    cells_in,
    paths_in,
)
from touchline.attribution.night.store import Pointer
from touchline.attribution.night.work import OWN_CAUSES
from touchline.kernel.clock import next_day, start_of
from touchline.kernel.ids import Realm
from touchline.ledger.decisions import Decision, decision_of
from touchline.ledger.fields import text
from touchline.ledger.measures import ROLLUP, Traffic, measure_items
from touchline.ledger.result_keys import TRAFFIC_SK, fit_sk, version_pk
from touchline.platform.dynamo import Item
from touchline.registry.attribution_rules import AttributionRules


class Decisions(Protocol):
    """Where decisions are read back."""

    def decisions(self, realm: Realm, day: str) -> Iterator[Item]:
        """Every decision about conversions that occurred on the day, in order of their keys."""
        ...


class Versions(Protocol):
    """Where what is published is kept."""

    def pointer(self, realm: Realm, day: str) -> Pointer | None:
        """Which version of a day counts."""
        ...

    def pointers(self, realm: Realm, first: str, last: str) -> list[Pointer]:
        """The versions that count of every published day from `first` to `last`."""
        ...

    def keep_version(self, items: list[Item]) -> None:
        """Write the rows of a version."""
        ...

    def version(self, realm: Realm, day: str, version: str, prefix: str) -> Iterator[Item]:
        """Rows of a version whose sort keys start with `prefix`."""
        ...

    def forget(self, realm: Realm, day: str, version: str) -> None:
        """Delete the rows of a version that nobody points to."""
        ...

    def point(self, realm: Realm, pointer: Pointer, before: Pointer | None) -> None:
        """Let the version count."""
        ...


Lost = Callable[[int, int], Counter[Path]]
"""Paths of people who did not convert between two instants, counted."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """How data-driven models are fitted; without `lost` they are not."""

    aggregate: Aggregate
    lost: Lost
    currency: str
    traffic: Callable[[int, int], Traffic]


@dataclass(slots=True)
class _Prepared:
    pointer: Pointer
    before: Pointer | None
    roll: DayRoll
    causes: Counter[str]
    found: int
    changed: bool


class Publisher:
    """Publishes one run. Rows of versions are written first and count for nobody until the end."""

    def __init__(
        self,
        job: Job,
        decisions: Decisions,
        versions: Versions,
        rules: AttributionRules,
        fitting: Fitting | None,
    ) -> None:
        self._job = job
        self._decisions = decisions
        self._versions = versions
        self._rules = rules
        self._fitting = fitting
        self._fresh: dict[str, str] = {}

    def publish(self, summed: Progress, record: RunRecord) -> RunRecord:
        """Roll up, check, publish. What comes back is the record, published or failed."""
        days = set(summed.days)
        own = self._versions.pointer(self._job.realm, self._job.day)
        if own is None or own.run == self._job.run or self._job.recompute:
            days.add(self._job.day)
        prepared = [self._prepare(day) for day in sorted(days)]
        found = {one.pointer.day: one.found for one in prepared if one.found}
        faults = imbalances(summed, found)
        for one in prepared:
            faults.extend(roll_imbalances(one.pointer.day, one.roll))
        if faults:
            return record.failed(faults)
        restated = [self._restated(one) for one in prepared if one.changed]
        for one in prepared:
            if one.changed:
                self._forget_older(one)
                self._versions.point(self._job.realm, one.pointer, one.before)
        return record.published(restated)

    def _prepare(self, day: str) -> _Prepared:
        realm = self._job.realm
        before = self._versions.pointer(realm, day)
        roll, content, causes = DayRoll(), Content(), Counter[str]()

        def told() -> Iterator[Decision]:
            for item in self._decisions.decisions(realm, day):
                content.add(item)
                if text(item, "run") == self._job.run:
                    causes[text(item, "cause")] += 1
                decision = decision_of(item)
                roll.add(decision)
                yield decision

        measures = measure_items(realm, day, "", told())
        found = sum(causes[cause] for cause in OWN_CAUSES)
        if before is not None and before.content == content.text():
            return _Prepared(before, before, roll, causes, found, before.run == self._job.run)
        fits = self._fit(day, roll)
        give(fits, roll)
        traffic = self._traffic(day, fits)
        version = _version(content.text(), fits, traffic)
        was = before.version if before and before.run != self._job.run else ""
        pointer = Pointer(
            day=day,
            version=version,
            run=self._job.run,
            was=was or (before.was if before and before.run == self._job.run else ""),
            content=content.text(),
            window="/".join(window_of(day, self._rules)),
        )
        self._keep(pointer, measures, roll, fits)
        if traffic is not None:
            self._keep_traffic(pointer, traffic)
        return _Prepared(pointer, before, roll, causes, found, True)

    def _forget_older(self, one: _Prepared) -> None:
        """Two versions of a day are kept, the one that counts and the one before. Older ones go
        first, so that a crash in between leaves nothing that nobody points to."""
        older = one.before.was if one.before is not None else ""
        if older and older not in {one.pointer.version, one.pointer.was}:
            self._versions.forget(self._job.realm, one.pointer.day, older)

    def _keep(
        self, pointer: Pointer, measures: Sequence[Item], roll: DayRoll, fits: Sequence[Fit]
    ) -> None:
        pk = version_pk(self._job.realm, pointer.day, pointer.version)
        rows = [*roll.rows(), *((fit_sk(fit.event, fit.model), asdict(fit)) for fit in fits)]
        items: list[Item] = [{**item, "pk": pk} for item in measures]
        items.extend(
            {
                "pk": pk,
                "sk": sk,
                "kind": ROLLUP,
                "body": json.dumps(body, sort_keys=True, separators=(",", ":")),
            }
            for sk, body in rows
        )
        self._versions.keep_version(items)
        self._fresh[pointer.day] = pointer.version

    def _fit(self, day: str, roll: DayRoll) -> list[Fit]:
        models = [one for one in self._rules.data_driven_models if one in MARKOV_MODELS]
        if self._fitting is None or not models or not roll.attributed:
            return []
        window = window_of(day, self._rules)
        events = {event for event, _ in roll.attributed}
        won = [one for one in self._won(window, day, roll) if one.event in events]
        lost = self._fitting.lost(*window_bounds(window))
        return fit_day(window, won, lost, models, self._fitting.currency, self._fitting.aggregate)

    def _traffic(self, day: str, fits: Sequence[Fit]) -> Traffic | None:
        """People and sessions of a day for which the ledger was read anyway."""
        if self._fitting is None or not fits:
            return None
        return self._fitting.traffic(start_of(day), start_of(next_day(day)))

    def _keep_traffic(self, pointer: Pointer, traffic: Traffic) -> None:
        row: Item = {
            "pk": version_pk(self._job.realm, pointer.day, pointer.version),
            "sk": TRAFFIC_SK,
            "kind": ROLLUP,
            "people": traffic.people,
            "sessions": traffic.sessions,
        }
        self._versions.keep_version([row])

    def _won(self, window: tuple[str, str], day: str, roll: DayRoll) -> Iterator[PathTally]:
        """Paths that converted in the window: of this day as rolled up now, of others as kept."""
        realm = self._job.realm
        known = {one.day: one.version for one in self._versions.pointers(realm, *window)}
        for other, version in sorted({**known, **self._fresh}.items()):
            if window[0] <= other < day:
                for item in self._versions.version(realm, other, version, "paths#"):
                    yield from paths_in(item)
        yield from roll.paths()

    def _restated(self, one: _Prepared) -> Restated:
        day, pointer = one.pointer.day, one.pointer
        moved = (
            difference(self._cells(day, pointer.was), self._cells(day, pointer.version))
            if pointer.was
            else []
        )
        causes = dict(sorted(one.causes.items()))
        return Restated(day, pointer.version, pointer.was, causes, moved)

    def _cells(self, day: str, version: str) -> Cells:
        cells: dict[tuple[str, str], list[Cell]] = {}
        for dimension in COMPARED:
            for item in self._versions.version(
                self._job.realm, day, version, f"credit#{dimension}#"
            ):
                model = text(item, "sk").split("#")[2]
                cells.setdefault((dimension, model), []).extend(cells_in(item))
        return cells


def _version(content: str, fits: Sequence[Fit], traffic: Traffic | None) -> str:
    fitted = json.dumps([[asdict(fit) for fit in fits], traffic], sort_keys=True)
    return hashlib.sha256(f"{content} {fitted}".encode()).hexdigest()[:24]
