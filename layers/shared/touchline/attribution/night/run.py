"""One night of one realm: begin or go on, do the steps, publish, keep the record.

Whatever stops it (a crash, the end of the function's time, a store that is down) leaves the run
under way in the state; whoever comes next goes on with it before anything else.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from touchline.attribution.decisions import ENGINE_VERSION, Terms
from touchline.attribution.night.extracts import pages_of
from touchline.attribution.night.fits import Fitting, TooLarge
from touchline.attribution.night.join import join_bucket
from touchline.attribution.night.progress import JOIN, SCAN, Job, Progress, Step, total
from touchline.attribution.night.publish import Publisher
from touchline.attribution.night.records import FAILED, UNFINISHED, RunRecord, begun_record
from touchline.attribution.night.scan import scan_page
from touchline.attribution.night.stages import (
    bucket_of,
    days_to_fit,
    days_to_publish,
    too_many_links,
    waiting_steps,
)
from touchline.attribution.night.store import NightStore
from touchline.attribution.night.windows import Window, span_of, to_fit
from touchline.attribution.night.work import work
from touchline.attribution.store import JourneyStore, Spread, in_turn
from touchline.kernel.ids import Realm
from touchline.registry.attribution_rules import AttributionRules


@dataclass(frozen=True, slots=True)
class Bench:
    """All that a night is done with.

    `pin` names the code and everything declared that decides; `enough_time` tells whether the
    function has time for one more page. Without `refits` only days that changed are fitted: a
    later night of the same invocation does the others.
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
    refits: bool = True
    spread: Spread = in_turn


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


def next_steps(job: Job, bench: Bench) -> tuple[Step, ...]:
    """The steps to do next, in any order or side by side; none when it is time to publish."""
    parts = bench.nights.progress(job)
    return waiting_steps(job, parts, lambda: _windows(job, parts, bench))


def do_step(job: Job, step: Step, bench: Bench) -> Progress:
    """Do a step until it is done or time runs out, with a checkpoint after every page."""
    turn = _turn(job, step, bench)
    progress = bench.nights.progress_of(job, step)
    while not progress.done and bench.enough_time():
        progress = turn(progress)
        bench.nights.checkpoint(job, step, progress)
    return progress


def finish(job: Job, bench: Bench) -> dict[str, Any]:
    """Publish a run whose steps are all done, keep its record, and end it."""
    if waiting := next_steps(job, bench):
        names = ", ".join(step.name for step in waiting)
        raise ValueError(f"steps are not done: {names}")
    parts = bench.nights.progress(job)
    quarantined = bench.journeys.quarantined(job.realm, job.day)
    record = begun_record(
        job, total(parts.values()), quarantined, bench.rules_version, ENGINE_VERSION
    )
    record = _published(job, parts, record, bench)
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


def _turn(job: Job, step: Step, bench: Bench) -> Callable[[Progress], Progress]:
    """What does the next page of a step."""
    if step.kind not in {SCAN, JOIN}:
        return lambda progress: work(job, step, progress, bench.journeys, bench.terms, bench.rules)
    parts = bench.nights.progress(job)
    windows = _windows(job, parts, bench)
    fitting, extracts = bench.fitting, bench.nights.extracts
    if fitting is None or not windows:
        raise ValueError(f"{step.name} is not a step of this run")
    if step.kind == SCAN:
        span = span_of(windows.values(), bench.rules)
        return lambda progress: scan_page(
            job, step, progress, span, fitting.book, bench.journeys, extracts
        )
    bucket, pages = bucket_of(step, parts), pages_of(parts)
    return lambda _: join_bucket(job, bucket, pages, windows, fitting, extracts)


def _windows(job: Job, parts: Mapping[Step, Progress], bench: Bench) -> dict[str, Window]:
    if bench.fitting is None:
        return {}
    pointers = bench.nights.pointers(job.realm)
    own = next((one for one in pointers if one.day == job.day), None)
    changed = days_to_fit(job, parts, own)
    return to_fit(changed, pointers, bench.rules, refits=bench.refits)


def _published(
    job: Job, parts: Mapping[Step, Progress], record: RunRecord, bench: Bench
) -> RunRecord:
    days = days_to_publish(job, parts, bench.nights.pointer(job.realm, job.day))

    publisher = Publisher(job, bench.journeys, bench.nights, bench.rules, bench.fitting)
    publish = partial(publisher.publish, days, total(parts.values()), refits=bench.refits)
    if not too_many_links(parts):
        with suppress(TooLarge):
            return publish(record)
    return publish(replace(record, remarks=("fit_too_large",)), fits=False)


def _to_the_end(job: Job, bench: Bench) -> dict[str, Any]:
    while steps := next_steps(job, bench):
        apart = bench.spread if steps[0].kind == SCAN else in_turn
        if not all(done.done for done in apart(partial(do_step, job, bench=bench), steps)):
            return {"realm": job.realm, "day": job.day, "run": job.run, "status": UNFINISHED}
    return finish(job, bench)
