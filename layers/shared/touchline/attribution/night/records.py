"""The record of a run: what came in, what came out, what was restated and why. No clock in it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from touchline.attribution.night.progress import Job, Progress

PUBLISHED = "published"
FAILED = "failed"
UNFINISHED = "unfinished"

DIFFERENCE_LIMIT = 200
"""Rows of a difference that a record holds per day; the versions themselves are kept whole."""


@dataclass(frozen=True, slots=True)
class Restated:
    """One day whose published numbers this run changed, with the causes counted."""

    day: str
    version: str
    was: str  # the version before; "" when the day was published for the first time
    causes: Mapping[str, int]
    difference: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What one run did. The same data and day make the same record, byte for byte."""

    realm: str
    day: str
    run: str
    status: str
    rules_version: str
    engine_version: str
    received: int = 0
    duplicates: int = 0
    quarantined: int = 0
    set_aside: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    aside: Sequence[tuple[str, str]] = ()
    restated: Sequence[Restated] = ()
    faults: Sequence[str] = ()
    recompute: bool = False
    remarks: Sequence[str] = ()

    def published(self, restated: Sequence[Restated], remarks: Sequence[str]) -> "RunRecord":
        """The record of a run that balanced and was published."""
        return replace(
            self, status=PUBLISHED, restated=tuple(restated), remarks=(*self.remarks, *remarks)
        )

    def failed(self, faults: Sequence[str]) -> "RunRecord":
        """The record of a run that did not balance; it published nothing."""
        return replace(self, status=FAILED, faults=tuple(faults), remarks=("out_of_balance",))

    def plain(self) -> dict[str, Any]:
        """The record as JSON-able data."""
        said: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        for day in said["restated"]:
            rows = day["difference"]
            day["difference"], day["moved"] = rows[:DIFFERENCE_LIMIT], len(rows)
        said["outcomes"] = dict(sorted(self.outcomes.items()))
        said["balanced"] = self.status == PUBLISHED
        said["decided"] = sum(self.outcomes.values())
        return said


def begun_record(
    job: Job, summed: Progress, quarantined: int, rules_version: str, engine_version: str
) -> RunRecord:
    """The record as far as the steps know it: received = decided + set aside + duplicates +
    quarantined, all of them rows of the day."""
    return RunRecord(
        realm=job.realm,
        day=job.day,
        run=job.run,
        status=UNFINISHED,
        rules_version=rules_version,
        engine_version=engine_version,
        received=summed.read + quarantined,
        duplicates=summed.repeats,
        quarantined=quarantined,
        set_aside=summed.aside,
        outcomes=dict(summed.outcomes),
        aside=tuple((fault.place, fault.why) for fault in summed.faults),
        recompute=job.recompute,
    )
