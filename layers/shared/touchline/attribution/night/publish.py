"""The last step of a run: roll up the days that changed, check, and only then let them count."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from touchline.attribution.night.balance import credit_imbalances, imbalances
from touchline.attribution.night.difference import Cells, difference
from touchline.attribution.night.fits import DayFits, Fitting, fitted_cells
from touchline.attribution.night.fitter import Fitter
from touchline.attribution.night.progress import Job, Progress
from touchline.attribution.night.records import Restated, RunRecord
from touchline.attribution.night.rolled import Rolled, read_back, rolled_up, version_rows
from touchline.attribution.night.rollups import COMPARED, Cell, cells_in, paths_digest, paths_in
from touchline.attribution.night.store import Pointer
from touchline.attribution.night.windows import basis, stale, window_named, window_of
from touchline.kernel.ids import Realm
from touchline.ledger.fields import text
from touchline.platform.dynamo import Item
from touchline.registry.attribution_rules import AttributionRules

REFITTED = "refitted"
"""Why a day was restated although its decisions did not change: what its fits are made of did."""
REFITS_WAITING = "refits_waiting"
"""The remark of a run that left fits of published days out of date: there were too many."""


class Decisions(Protocol):
    """Where decisions are read back."""

    def decisions(self, realm: Realm, day: str) -> Iterator[Item]:
        """Every decision about conversions that occurred on the day, in order of their keys."""
        ...


class Versions(Protocol):
    """Where what is published is kept, and what was joined for it."""

    def pointers(self, realm: Realm, first: str = "", last: str = "") -> list[Pointer]:
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

    def joined(self, job: Job, day: str) -> list[bytes]:
        """What the join steps kept for a day, bucket by bucket."""
        ...


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A day whose pointer is to move, the one that counts until then, and why."""

    pointer: Pointer
    before: Pointer | None
    causes: Mapping[str, int] = field(default_factory=dict)
    faults: Sequence[str] = ()


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
        self._rules = rules
        self._decisions = decisions
        self._versions = versions
        self._fitting = fitting

    def publish(
        self,
        days: Iterable[str],
        summed: Progress,
        record: RunRecord,
        *,
        fits: bool = True,
        refits: bool = True,
    ) -> RunRecord:
        """Roll up, fit, check, publish. What comes back is the record, published or failed.

        Without `refits` only the days that changed are fitted. Raises TooLarge before anything
        counts, when a window is too large for its fit: then without `fits`.
        """
        published = {one.day: one for one in self._versions.pointers(self._job.realm)}
        rolled = [self._rolled_up(day) for day in sorted(days)]
        faults = imbalances(summed, {one.day: one.found for one in rolled if one.found})
        for one in rolled:
            faults.extend(credit_imbalances(one.day, one.paths, one.cells))
        fresh = {
            one.day: one
            for one in rolled
            if one.day not in published or published[one.day].content != one.content
        }
        paths = {day: one.paths for day, one in published.items()}
        paths |= {day: paths_digest(one.paths) for day, one in fresh.items()}
        if faults:
            return record.failed(faults)
        fitter = self._fitter(published, fresh) if fits else None
        outdated = self._outdated(published, fresh, paths) if fitter and refits else []
        again = {one.day: self._refitted(one, paths, fitter) for one in outdated if fitter}
        prepared = [
            *(self._changed(one, published.get(one.day), paths, fitter) for one in fresh.values()),
            *self._done_before(published, fresh, {one.day: one for one in rolled}),
            *(one for one in again.values() if one is not None),
        ]
        faults = [fault for one in prepared for fault in one.faults]
        if faults:
            return record.failed(faults)
        in_order = sorted(prepared, key=lambda one: one.pointer.day)
        restated = [self._restated(one) for one in in_order if one.pointer.run == self._job.run]
        for day in in_order:
            self._forget_older(day)
            self._versions.point(self._job.realm, day.pointer, day.before)
        waiting = (REFITS_WAITING,) if None in again.values() else ()
        return record.published(restated, waiting)

    def _fitter(
        self, published: Mapping[str, Pointer], fresh: Mapping[str, Rolled]
    ) -> Fitter | None:
        if self._fitting is None:
            return None
        return Fitter(self._job, self._versions, self._fitting, published, fresh)

    def _rolled_up(self, day: str) -> Rolled:
        decisions = self._decisions.decisions(self._job.realm, day)
        fitted = self._fitting is not None
        return rolled_up(self._job.realm, day, self._job.run, decisions, fitted=fitted)

    def _outdated(
        self,
        published: Mapping[str, Pointer],
        fresh: Mapping[str, Rolled],
        paths: Mapping[str, str],
    ) -> list[Pointer]:
        """Days whose decisions did not change and whose fits are out of date, or were left out."""
        rest = [one for one in published.values() if one.day not in fresh]
        own = published.get(self._job.day)
        unfitted = self._job.recompute and own in rest and own is not None and not own.fitted
        return [*stale(rest, paths), *([own] if own and unfitted else [])]

    def _changed(
        self,
        rolled: Rolled,
        before: Pointer | None,
        paths: Mapping[str, str],
        fitter: Fitter | None,
    ) -> _Prepared:
        """A day whose decisions are others than those published, or that was not published yet."""
        window = window_of(rolled.day, self._rules)
        fits = fitter.fit(rolled, window) if fitter else None
        version, faults = self._keep(rolled, fits or DayFits())
        repeated = before is not None and before.run == self._job.run
        pointer = Pointer(
            day=rolled.day,
            version=version,
            run=self._job.run,
            was=_version_before(before, self._job.run),
            content=rolled.content,
            paths=paths[rolled.day],
            window=window.name,
            fitted=basis(window, paths) if fits else "",
            restated=before is not None and (before.restated or not repeated),
        )
        return _Prepared(pointer, before, rolled.causes, faults)

    def _refitted(
        self, before: Pointer, paths: Mapping[str, str], fitter: Fitter
    ) -> _Prepared | None:
        """A published day with new fits; None when its journeys were not joined in this run."""
        window = window_named(before.window)
        version = self._versions.version(self._job.realm, before.day, before.version, "")
        rolled = read_back(before.day, before.content, version)
        fits = fitter.fit(rolled, window)
        if fits is None:
            return None
        name, faults = self._keep(rolled, fits)
        fitted = replace(before, fitted=basis(window, paths))
        if name == before.version:
            return _Prepared(fitted, before)
        was = _version_before(before, self._job.run)
        pointer = replace(fitted, version=name, run=self._job.run, was=was, refitted=True)
        return _Prepared(pointer, before, {REFITTED: rolled.conversions}, faults)

    def _done_before(
        self,
        published: Mapping[str, Pointer],
        fresh: Mapping[str, Rolled],
        rolled: Mapping[str, Rolled],
    ) -> Iterator[_Prepared]:
        """Days that this very run had published when it was stopped."""
        for pointer in published.values():
            if pointer.run != self._job.run or pointer.day in fresh:
                continue
            if pointer.refitted:
                rows = self._versions.version(
                    self._job.realm, pointer.day, pointer.version, "paths#"
                )
                conversions = sum(tally.conversions for row in rows for tally in paths_in(row))
                yield _Prepared(pointer, pointer, {REFITTED: conversions})
            elif pointer.day in rolled:
                yield _Prepared(pointer, pointer, rolled[pointer.day].causes)

    def _keep(self, rolled: Rolled, fits: DayFits) -> tuple[str, list[str]]:
        """Write a version that nobody points to yet: its name, and what does not add up in it."""
        cells = fitted_cells(fits.fits, rolled.paths, rolled.within)
        version, rows = version_rows(self._job.realm, rolled, fits, cells)
        self._versions.keep_version(rows)
        return version, credit_imbalances(rolled.day, rolled.paths, cells)

    def _forget_older(self, one: _Prepared) -> None:
        """Two versions of a day are kept, the one that counts and the one before. Older ones go
        first, so that a crash in between leaves nothing that nobody points to."""
        older = one.before.was if one.before is not None else ""
        if older and older not in {one.pointer.version, one.pointer.was}:
            self._versions.forget(self._job.realm, one.pointer.day, older)

    def _restated(self, one: _Prepared) -> Restated:
        day, pointer = one.pointer.day, one.pointer
        moved = (
            difference(self._cells(day, pointer.was), self._cells(day, pointer.version))
            if pointer.was
            else []
        )
        return Restated(day, pointer.version, pointer.was, dict(sorted(one.causes.items())), moved)

    def _cells(self, day: str, version: str) -> Cells:
        cells: dict[tuple[str, str], list[Cell]] = {}
        for dimension in COMPARED:
            for item in self._versions.version(
                self._job.realm, day, version, f"credit#{dimension}#"
            ):
                model = text(item, "sk").split("#")[2]
                cells.setdefault((dimension, model), []).extend(cells_in(item))
        return cells


def _version_before(before: Pointer | None, run: str) -> str:
    """The version that counted before this run, which may have published the day already."""
    if before is None:
        return ""
    return before.was if before.run == run else before.version
