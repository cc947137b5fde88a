"""Which nights an invocation runs: of which realms, for which days, in order."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from touchline.attribution.decisions import ENGINE_VERSION
from touchline.attribution.night.records import FAILED, PUBLISHED, UNFINISHED
from touchline.kernel.clock import day_of, days_between, next_day
from touchline.kernel.errors import Conflict
from touchline.kernel.ids import Realm
from touchline.registry.attribution_rules import AttributionRules
from touchline.registry.model import Registry
from touchline.registry.rows import document

BUSY = "busy"
STARTED = "started"


@dataclass(frozen=True, slots=True)
class Night:
    """One night of one realm; `last` of those that the invocation runs of that realm."""

    realm: Realm
    day: str
    last: bool = True


def missed_days(last_day: str, now: int) -> list[str]:
    """The nights to run when none is named: the one just ended, after any that was missed."""
    ended = next_day(day_of(now), -1)
    first = next_day(last_day) if last_day and last_day < ended else ended
    return list(days_between(first, ended))


def run_nights(
    nights: Iterable[Night], run: Callable[[Night], Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Run nights in order. A realm whose night did not end well waits with the later ones."""
    records: list[dict[str, Any]] = []
    stuck: set[Realm] = set()
    for night in nights:
        if night.realm in stuck:
            continue
        try:
            record = dict(run(night))
        except Conflict as error:
            record = {"realm": night.realm, "day": night.day, "status": BUSY, "why": error.code}
        if record["status"] in {FAILED, UNFINISHED, BUSY}:
            stuck.add(night.realm)
        records.append(record)
    return records


def summed_up(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What an invocation answers: the records, and their sums on top."""
    worst = {FAILED: 4, UNFINISHED: 3, BUSY: 2, STARTED: 1}
    statuses = [str(record["status"]) for record in records]
    days = sorted(str(record["day"]) for record in records)
    sums = {
        name: sum(int(record.get(name, 0)) for record in records)
        for name in ("received", "decided", "duplicates", "quarantined", "set_aside")
    }
    restated = {day["day"] for record in records for day in record.get("restated", ())}
    return {
        "status": max(statuses, key=lambda one: worst.get(one, 0), default=PUBLISHED),
        "from": days[0] if days else "",
        "to": days[-1] if days else "",
        **sums,
        "restated": sorted(restated),
        "runs": list(records),
    }


def rules_version(rules: AttributionRules, declared: AttributionRules) -> str:
    """`3` for the rules as declared, `3+9f2c41d0` for others tried on top of version 3."""
    if rules == declared:
        return str(declared.version)
    return f"{declared.version}+{_digest(document(rules))[:8]}"


def pin_of(registry: Registry, rules: AttributionRules) -> str:
    """Names the code and everything declared that decides; endpoints do not."""
    declared = document(registry)
    declared.pop("endpoints")
    return _digest([ENGINE_VERSION, declared, document(rules)])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
