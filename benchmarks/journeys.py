"""What a join step costs: the journeys of a night that did not convert, put together by links.

`python -m benchmarks.journeys 4000000` measures one bucket of that many touches, in a process of
its own: 2.5 touches a person on two identities, every tenth linked, thirty windows of thirty days.
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.peak import peak_mb
from touchline.attribution.engine.tables import Shape
from touchline.attribution.night.extracts import PEOPLE, TOUCHES, Extract
from touchline.attribution.night.join import Bucket, persons
from touchline.attribution.night.progress import Job
from touchline.kernel.clock import DAY_MS
from touchline.kernel.ids import Realm
from touchline.ledger.identity import Identity

ROOT = Path(__file__).resolve().parent.parent
USUAL = 1_000_000
PAGE = 2_000
DAYS = 60
CHANNELS = ("email", "ads", "social", "affiliate", "search", "direct", "push", "sms", "tv", "seo")


def measure(touches: int = USUAL) -> Iterable[Figure]:
    """The figures of `make bench`."""
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "benchmarks.journeys", str(touches), "alone"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    yield Figure("extract of a touch", told["bytes"] / touches, "bytes", "kept between the steps")
    yield Figure("joined", touches / told["join"], "touches/s/core", f"{touches:,} in one bucket")
    yield Figure("counted for one window", told["window"], "s", "of thirty")
    yield Figure("peak memory of a join", told["peak"], "MB", f"{told['before']:.0f} MB before")


def extracts(touches: int) -> Iterable[dict[str, bytes]]:
    """What scan steps keep of a made-up ledger, page by page; the same each time."""
    chance = random.Random(5)  # noqa: S311 - made-up journeys
    job = Job(Realm("shop"), "2026-01-31", 1, "")
    for start in range(0, touches, PAGE):
        extract = Extract(job)
        for number in range(start, min(start + PAGE, touches)):
            person = number * 2 // 5
            known = Identity(f"visitor:{person}{'b' * (number % 3 == 0)}")
            channel = CHANNELS[int(chance.random() ** 2 * len(CHANNELS))]
            at = int(chance.random() * DAYS * DAY_MS)
            extract.add_touch(
                known, at, channel, direct=channel == "direct", window_seconds=30 * 86_400
            )
            if number % 25 == 0:
                extract.add_link(Identity(f"visitor:{person}"), Identity(f"visitor:{person}b"))
            if number % 40 == 0:
                extract.add_conversion(known, at)
        yield extract.bodies()


def alone(touches: int) -> None:
    """Join one bucket, and print what it took as JSON."""
    bodies = list(extracts(touches))
    size = sum(len(body) for one in bodies for body in one.values())
    before, start = peak_mb(), time.process_time()
    joined = persons(
        (one[PEOPLE] for one in bodies), (one[TOUCHES] for one in bodies), Bucket(0, 1)
    )
    middle = time.process_time()
    for day in range(DAYS // 2, DAYS):
        joined.did_not_convert(((day - 29) * DAY_MS, (day + 1) * DAY_MS), Shape(1, timed=False))
    end = time.process_time()
    told = {
        "bytes": size,
        "join": middle - start,
        "window": (end - middle) / (DAYS // 2),
        "before": before,
        "peak": peak_mb(),
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else USUAL
    if sys.argv[2:] == ["alone"]:
        alone(asked)
    else:
        for figure in measure(asked):
            sys.stdout.write(
                f"{figure.name}: {figure.value:,.3f} {figure.unit}  {figure.against}\n"
            )
