"""One night of one realm: begin or go on, do the steps, publish, keep the record.

Whatever stops it (a crash, the end of the function's time, a store that is down) leaves the run
under way in the state; whoever comes next goes on with it before anything else.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from touchline.attribution.decisions import ENGINE_VERSION, Terms
from touchline.attribution.night.progress import Job, Progress, Step, total
from touchline.attribution.night.publish import Fitting, Publisher
from touchline.attribution.night.records import FAILED, UNFINISHED, RunRecord, begun_record
from touchline.attribution.night.snapshot import TooLarge
from touchline.attribution.night.store import NightStore
from touchline.attribution.night.work import work
from touchline.attribution.store import JourneyStore
from touchline.kernel.ids import Realm
from touchline.registry.attribution_rules import AttributionRules


@dataclass(frozen=True, slots=True)
class Bench:
    """All that a night is done with.

    `pin` names the code and everything declared that decides; `enough_time` tells whether the
    function has time for one more page.
    """

    journeys: JourneyStore
    nights: NightStore
    terms: Callable[[str], Terms]
    rules: AttributionRules
    rules_version: str
    pin: str
    owner: str
    fitting: Fitting | None = None
    enough_time: Callable[[], bool] = lambda: True


def run_night(
    realm: Realm, day: str, bench: Bench, *, recompute: bool = False, scheduled: bool = False
) -> dict[str, Any]:
    """Run the night of a day to its end, after any run that was left unfinished.

    Returns the record of the day's run; its status is `unfinished` when time ran out. Raises
    Conflict `night_busy` while another owner runs the realm's night.
    """
    bench.nights.take_lease(realm, bench.owner)
    try:
        left = bench.nights.state(realm).running
        if left is not None and left.day != day:
            record = _to_the_end(resumed(left, bench), bench)
            if record["status"] == UNFINISHED:
                return record
        job = begin(realm, day, bench, recompute=recompute, scheduled=scheduled)
        return _to_the_end(job, bench)
    finally:
        bench.nights.give_back(realm, bench.owner)


def begin(
    realm: Realm, day: str, bench: Bench, *, recompute: bool = False, scheduled: bool = False
) -> Job:
    """The run to do for the day: the one under way, or a new one. Needs the lease."""
    left = bench.nights.state(realm).running
    if left is not None and left.day == day:
        return resumed(left, bench)
    number = bench.nights.last_number(realm, day) + 1
    job = Job(realm, day, number, bench.pin, recompute, scheduled)
    bench.nights.begin(job, bench.owner)
    return job


def resumed(left: Job, bench: Bench) -> Job:
    """The run as it goes on: from its checkpoints, or from the start when terms have changed."""
    if left.pin == bench.pin:
        return left
    again = replace(left, pin=bench.pin)
    bench.nights.start_over(left)
    bench.nights.begin(again, bench.owner)
    return again


def do_step(job: Job, step: Step, progress: Progress, bench: Bench) -> Progress:
    """Do a step until it is done or time runs out, with a checkpoint after every page."""
    while not progress.done and bench.enough_time():
        progress = work(job, step, progress, bench.journeys, bench.terms, bench.rules)
        bench.nights.checkpoint(job, step, progress)
    return progress


def finish(job: Job, bench: Bench) -> dict[str, Any]:
    """Publish a run whose steps are all done, keep its record, and end it."""
    parts = bench.nights.progress(job)
    waiting = [step.name for step in job.steps() if not parts.get(step, Progress()).done]
    if waiting:
        raise ValueError(f"steps are not done: {', '.join(waiting)}")
    summed = total(parts.values())
    quarantined = bench.journeys.quarantined(job.realm, job.day)
    record = begun_record(job, summed, quarantined, bench.rules_version, ENGINE_VERSION)
    record = _published(job, summed, record, bench)
    said = record.plain()
    if record.status == FAILED:
        bench.nights.keep_record(job, said)
        bench.nights.start_over(job)
        return said
    if record.restated or job.number == 1:
        bench.nights.keep_record(job, said)
    last_day = bench.nights.state(job.realm).last_day
    if job.scheduled:
        last_day = max(job.day, last_day)
    bench.nights.finish(job, bench.owner, last_day)
    return said


def _published(job: Job, summed: Progress, record: RunRecord, bench: Bench) -> RunRecord:
    def publish(fitting: Fitting | None) -> RunRecord:
        publisher = Publisher(job, bench.journeys, bench.nights, bench.rules, fitting)
        return publisher.publish(summed, record)

    try:
        return publish(bench.fitting)
    except TooLarge:
        return replace(publish(None), remarks=("fit_too_large",))


def _to_the_end(job: Job, bench: Bench) -> dict[str, Any]:
    parts = bench.nights.progress(job)
    for step in job.steps():
        if not do_step(job, step, parts.get(step, Progress()), bench).done:
            return {"realm": job.realm, "day": job.day, "run": job.run, "status": UNFINISHED}
    return finish(job, bench)
