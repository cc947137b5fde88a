"""The steps of a run, and how far each has come: small values that are written as checkpoints."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from touchline.attribution.store import Unreadable
from touchline.kernel.clock import DAY_MS, start_of
from touchline.kernel.ids import Realm
from touchline.ledger.keys import SHARDS
from touchline.platform.dynamo import Cursor

CHANGES = "changes"
LINKS = "links"
RECOMPUTE = "recompute"
SCAN = "scan"
JOIN = "join"

SHOWN = 20
"""Rows set aside that a run record names; all are counted."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run of one night. `pin` names the code and the terms that all of its steps must have."""

    realm: Realm
    day: str
    number: int
    pin: str
    recompute: bool = False
    scheduled: bool = False  # by the clock, which then counts the night as done

    @property
    def run(self) -> str:
        """`2026-01-31.1`: stands in every decision that the run changes."""
        return f"{self.day}.{self.number}"

    @property
    def ends_at(self) -> int:
        """When the day of the night ends (ms): a run again, on whatever day, reads as this one."""
        return start_of(self.day) + DAY_MS

    def inputs(self) -> tuple["Step", ...]:
        """The shards of what is to be decided, in any order."""
        kinds = (CHANGES, LINKS, RECOMPUTE) if self.recompute else (CHANGES, LINKS)
        return tuple(Step(kind, shard) for kind in kinds for shard in range(SHARDS))


@dataclass(frozen=True, slots=True)
class Step:
    """One shard of one kind of work."""

    kind: str
    shard: int

    @property
    def name(self) -> str:
        """`changes#3`."""
        return f"{self.kind}#{self.shard}"


def step_named(name: str) -> Step:
    """The step of a name. Raises ValueError."""
    kind, _, shard = name.partition("#")
    return Step(kind, int(shard))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a step has come, and what it counted on the way.

    `decided` counts, by the day of the conversion, the decisions that this run changed about
    conversions of its own input: publishing counts the same by reading decisions back. Scan steps
    count their pages, and the touches and links that they kept.
    """

    cursor: Cursor | None = None
    done: bool = False
    read: int = 0
    repeats: int = 0
    aside: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    decided: Mapping[str, int] = field(default_factory=dict)
    days: tuple[str, ...] = ()
    faults: tuple[Unreadable, ...] = ()
    pages: int = 0
    touches: int = 0
    links: int = 0

    def after(self, chunk: "Progress") -> "Progress":
        """This progress with one more chunk."""
        return replace(
            chunk,
            read=self.read + chunk.read,
            repeats=self.repeats + chunk.repeats,
            aside=self.aside + chunk.aside,
            outcomes=_added(self.outcomes, chunk.outcomes),
            decided=_added(self.decided, chunk.decided),
            days=tuple(sorted({*self.days, *chunk.days})),
            faults=tuple(dict.fromkeys((*self.faults, *chunk.faults)))[:SHOWN],
            pages=self.pages + chunk.pages,
            touches=self.touches + chunk.touches,
            links=self.links + chunk.links,
        )


def total(parts: Iterable[Progress]) -> Progress:
    """What all steps together counted."""
    summed = Progress()
    for part in parts:
        summed = summed.after(part)
    return summed


def progress_text(progress: Progress) -> str:
    """A checkpoint as JSON text."""
    return json.dumps(
        {
            "cursor": progress.cursor,
            "done": progress.done,
            "read": progress.read,
            "repeats": progress.repeats,
            "aside": progress.aside,
            "outcomes": dict(progress.outcomes),
            "decided": dict(progress.decided),
            "days": list(progress.days),
            "faults": [list(fault) for fault in progress.faults],
            "pages": progress.pages,
            "touches": progress.touches,
            "links": progress.links,
        }
    )


def progress_in(text: str) -> Progress:
    """The checkpoint that a text holds."""
    said: dict[str, Any] = json.loads(text)
    said["days"] = tuple(said["days"])
    said["faults"] = tuple(Unreadable(*fault) for fault in said["faults"])
    return Progress(**said)


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted((Counter(one) + Counter(other)).items()))
