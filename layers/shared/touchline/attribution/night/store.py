"""Where a night keeps its state, its checkpoints, what it publishes and its records."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from touchline.attribution.night.extracts import ExtractStore, pages_of
from touchline.attribution.night.progress import (
    Job,
    Progress,
    Step,
    progress_in,
    progress_text,
    step_named,
)
from touchline.kernel.clock import SECOND_MS, Clock
from touchline.kernel.errors import ConditionFailed, Conflict
from touchline.kernel.ids import Realm
from touchline.ledger.fields import text
from touchline.ledger.result_keys import (
    night_pk,
    progress_key,
    progress_pk,
    published_key,
    published_pk,
    run_key,
    state_key,
    version_pk,
)
from touchline.platform.dynamo import (
    AnyOf,
    Equals,
    Item,
    Key,
    Less,
    Missing,
    Remove,
    Set,
    Table,
)

LEASE_SECONDS = 16 * 60
"""Longer than a function can run (15 min), so that a lease never ends under its holder."""


@dataclass(frozen=True, slots=True)
class State:
    """Where a realm's nights stand: the last one published, and the run under way."""

    last_day: str = ""
    running: Job | None = None


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which version of a day counts, which run said so, and the version before that run."""

    day: str
    version: str
    run: str
    was: str = ""
    content: str = ""  # digest of the day's decisions
    paths: str = ""  # digest of its converting paths
    window: str = ""  # days that the data-driven models were fitted on
    fitted: str = ""  # digest of the paths of those days; "" when nothing was fitted
    restated: bool = False  # decisions have changed since the day was first published
    refitted: bool = False  # all that the last change moved were fits


class NightStore:
    """The state of nights over the results table. All writes may be repeated."""

    def __init__(self, results: Table, clock: Clock) -> None:
        self._results = results
        self._clock = clock
        self.extracts = ExtractStore(results)

    # the lease and the state

    def take_lease(self, realm: Realm, owner: str, seconds: int = LEASE_SECONDS) -> State:
        """Take the realm's night for this owner, who may hold it already.

        Raises Conflict `night_busy` while somebody else holds it.
        """
        now = self._clock()
        free = AnyOf(Missing("owner"), Equals("owner", owner), Less("until", now))
        lease = [Set("owner", owner), Set("until", now + seconds * SECOND_MS), Set("kind", "night")]
        try:
            return _state_of(self._results.update(state_key(realm), lease, condition=free), realm)
        except ConditionFailed as failed:
            raise Conflict("night_busy", f"the night of {realm} is under way") from failed

    def give_back(self, realm: Realm, owner: str) -> None:
        """End the lease, if it is still this owner's."""
        try:
            self._results.update(
                state_key(realm),
                [Remove("owner"), Remove("until")],
                condition=Equals("owner", owner),
            )
        except ConditionFailed:
            return

    def state(self, realm: Realm) -> State:
        """Where the realm's nights stand."""
        item = self._results.get(state_key(realm))
        return _state_of(item, realm) if item else State()

    def begin(self, job: Job, owner: str) -> None:
        """Note the run under way, so that whoever comes after a crash goes on with it."""
        self._as_owner(job.realm, owner, Set("running", _job_text(job)))

    def finish(self, job: Job, owner: str, last_day: str) -> None:
        """The run is over: nothing of it is left but what it published."""
        self._clear(job)
        self._as_owner(job.realm, owner, Set("last_day", last_day), Remove("running"))

    def start_over(self, job: Job) -> None:
        """Forget how far the run had come; its decisions stay and are made again."""
        self._clear(job)

    # checkpoints

    def progress(self, job: Job) -> dict[Step, Progress]:
        """How far each step that was begun has come."""
        return {
            step_named(text(item, "sk")): progress_in(text(item, "body"))
            for item in self._results.query_all(progress_pk(job.realm, job.run))
        }

    def progress_of(self, job: Job, step: Step) -> Progress:
        """How far one step has come."""
        item = self._results.get(progress_key(job.realm, job.run, step.name))
        return progress_in(text(item, "body")) if item else Progress()

    def checkpoint(self, job: Job, step: Step, progress: Progress) -> None:
        """Note how far a step has come."""
        key = progress_key(job.realm, job.run, step.name)
        self._results.put(
            {"pk": key.pk, "sk": key.sk, "kind": "progress", "body": progress_text(progress)}
        )

    # what is published

    def pointer(self, realm: Realm, day: str) -> Pointer | None:
        """Which version of a day counts."""
        item = self._results.get(published_key(realm, day))
        return _pointer_of(item) if item else None

    def pointers(self, realm: Realm, first: str = "", last: str = "") -> list[Pointer]:
        """The versions that count of every published day from `first` to `last`, or of all."""
        items = self._results.query_all(published_pk(realm), first=first, last=last)
        return [_pointer_of(item) for item in items]

    def keep_version(self, items: list[Item]) -> None:
        """Write the rows of a version; nobody reads them before the pointer says so."""
        self._results.batch_write(items)

    def version(self, realm: Realm, day: str, version: str, prefix: str) -> Iterator[Item]:
        """Rows of a version whose sort keys start with `prefix`."""
        yield from self._results.query_all(version_pk(realm, day, version), prefix=prefix)

    def forget(self, realm: Realm, day: str, version: str) -> None:
        """Delete the rows of a version that nobody points to."""
        self._delete_all(version_pk(realm, day, version))

    def point(self, realm: Realm, pointer: Pointer, before: Pointer | None) -> None:
        """Let the version count, if the one counted on is still the one before.

        Its own condition, so that it may be repeated at any time. Raises Conflict `night_busy`
        when another run has published the day meanwhile.
        """
        key = published_key(realm, pointer.day)
        unchanged = Missing("pk") if before is None else Equals("version", before.version)
        try:
            self._results.put(
                {
                    "pk": key.pk,
                    "sk": key.sk,
                    "kind": "published",
                    "version": pointer.version,
                    "run": pointer.run,
                    "was": pointer.was,
                    "content": pointer.content,
                    "paths": pointer.paths,
                    "window": pointer.window,
                    "fitted": pointer.fitted,
                    "restated": pointer.restated,
                    "refitted": pointer.refitted,
                },
                condition=AnyOf(unchanged, Equals("version", pointer.version)),
            )
        except ConditionFailed as failed:
            raise Conflict("night_busy", f"{pointer.day} was published meanwhile") from failed

    def joined(self, job: Job, day: str) -> list[bytes]:
        """What the join steps of a run under way kept for a day, bucket by bucket."""
        return self.extracts.joined(job, day)

    # records

    def record(self, realm: Realm, day: str, run_number: int) -> dict[str, Any] | None:
        """The record of a run."""
        item = self._results.get(run_key(realm, day, run_number))
        return json.loads(text(item, "body")) if item else None

    def records(self, realm: Realm, first: str, last: str) -> Iterator[dict[str, Any]]:
        """Records of the nights from `first` to `last`, newest first."""
        items = self._results.query_all(
            night_pk(realm),
            first=run_key(realm, first, 0).sk,
            last=run_key(realm, last, 9999).sk,
            descending=True,
        )
        for item in items:
            yield json.loads(text(item, "body"))

    def keep_record(self, job: Job, record: Mapping[str, Any]) -> None:
        """Write the record of a run; the same run writes the same record."""
        key = run_key(job.realm, job.day, job.number)
        self._results.put(
            {
                "pk": key.pk,
                "sk": key.sk,
                "kind": "run",
                "status": record["status"],
                "body": json.dumps(record, sort_keys=True, separators=(",", ":")),
            }
        )

    def last_number(self, realm: Realm, day: str) -> int:
        """The number of the day's last run that left a record; 0 when none did."""
        prefix = run_key(realm, day, 0).sk[:-4]
        page = self._results.query(night_pk(realm), prefix=prefix, descending=True, limit=1)
        return int(text(page.items[0], "sk")[-4:]) if page.items else 0

    def _as_owner(self, realm: Realm, owner: str, *changes: Set | Remove) -> None:
        try:
            self._results.update(state_key(realm), changes, condition=Equals("owner", owner))
        except ConditionFailed as failed:
            raise Conflict("night_busy", "the lease was lost") from failed

    def _clear(self, job: Job) -> None:
        self.extracts.forget(job, pages_of(self.progress(job)))
        self._delete_all(progress_pk(job.realm, job.run))

    def _delete_all(self, pk: str) -> None:
        items = self._results.query_all(pk)
        self._results.batch_write(deletes=[Key(text(i, "pk"), text(i, "sk")) for i in items])


def _state_of(item: Item, realm: Realm) -> State:
    running = text(item, "running")
    return State(text(item, "last_day"), _job_in(running, realm) if running else None)


def _pointer_of(item: Item) -> Pointer:
    return Pointer(
        day=text(item, "sk"),
        version=text(item, "version"),
        run=text(item, "run"),
        was=text(item, "was"),
        content=text(item, "content"),
        paths=text(item, "paths"),
        window=text(item, "window"),
        fitted=text(item, "fitted"),
        restated=bool(item.get("restated", text(item, "was"))),
        refitted=bool(item.get("refitted")),
    )


def _job_text(job: Job) -> str:
    return json.dumps([job.day, job.number, job.pin, job.recompute, job.scheduled])


def _job_in(said: str, realm: Realm) -> Job:
    return Job(realm, *json.loads(said))
