"""The stages of a run: decide, then read what did not convert, then put it together, then publish.

The steps of one stage are done in any order, side by side or not. What the next stage is follows
from the checkpoints and from what is published, so whoever comes after a crash sees the same.
"""

from collections.abc import Callable, Mapping

from touchline.attribution.night.extracts import SEGMENTS
from touchline.attribution.night.join import LINKS_AT_ONCE, Bucket, buckets_for
from touchline.attribution.night.progress import JOIN, SCAN, Job, Progress, Step, total
from touchline.attribution.night.store import Pointer
from touchline.attribution.night.windows import Window

Parts = Mapping[Step, Progress]


def waiting_steps(
    job: Job, parts: Parts, windows: Callable[[], Mapping[str, Window]]
) -> tuple[Step, ...]:
    """The steps to do next; none when all that is left is to publish.

    `windows` are what is to be fitted, asked for when the deciding is done.
    """
    if deciding := _undone(job.inputs(), parts):
        return deciding
    if not windows():
        return ()
    scans = tuple(Step(SCAN, segment) for segment in range(SEGMENTS))
    if scanning := _undone(scans, parts):
        return scanning
    if too_many_links(parts):
        return ()
    return _undone(tuple(Step(JOIN, number) for number in range(_buckets(parts))), parts)


def days_to_publish(job: Job, parts: Parts, own: Pointer | None) -> set[str]:
    """The days whose decisions this run changed, and its own day if that is not published yet.

    `own` is what is published of the run's own day.
    """
    days = set(total(parts.values()).days)
    if own is None or own.run == job.run or job.recompute:
        days.add(job.day)
    return days


def days_to_fit(job: Job, parts: Parts, own: Pointer | None) -> set[str]:
    """Those of them whose fits the run makes: none when no decision changed, but for a day decided
    again that was published without its fits."""
    unfitted = job.recompute and own is not None and not own.fitted
    if total(parts.values()).days or unfitted:
        return days_to_publish(job, parts, own)
    return set()


def bucket_of(step: Step, parts: Parts) -> Bucket:
    """The people that a join step puts together."""
    return Bucket(step.shard, _buckets(parts))


def too_many_links(parts: Parts) -> bool:
    """Whether the people are linked more than a join step can hold."""
    return total(parts.values()).links > LINKS_AT_ONCE


def _buckets(parts: Parts) -> int:
    return buckets_for(total(parts.values()).touches)


def _undone(steps: tuple[Step, ...], parts: Parts) -> tuple[Step, ...]:
    return tuple(step for step in steps if not parts.get(step, Progress()).done)
