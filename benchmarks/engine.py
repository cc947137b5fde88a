"""The engine against its peers on the same journeys, in one run.

`make bench` measures a million journeys (`measure`). `python -m benchmarks.engine` measures all
sizes and writes benchmarks/results/engine.json. Each task is a process of its own; each peer has
an environment of its own, from a lock with hashes. A peer's time is its computing alone, with the
data already in memory; ours includes reading the file. A task that did not finish within the cap
of CPU seconds (its reading included) at one size is not tried at a larger one.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import engine_data
from benchmarks.engine_task import RUNNERS
from benchmarks.figures import Figure

ROOT = Path(__file__).parents[1]
KEPT = ROOT / ".local" / "bench"
RESULTS = Path(__file__).parent / "results" / "engine.json"
CAP_SECONDS = 60
SHORT_CAP_SECONDS = 10
PATIENCE = 4
"""Longest a task may wait for the processor: so many times its CPU seconds."""
SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
CHANNELS = (10, 50)
OURS = ("touchline", "touchline-numpy", "touchline-csv")
SHORT = (
    *((runner, "all") for runner in OURS),
    ("channelattribution", "linear"),
    ("channelattribution", "markov_1"),
    ("marketing-attribution-models", "linear"),
    ("marketing-attribution-models", "shapley"),
)
"""What `make bench` runs: the peers' quickest tasks, as full runs show."""
EXACT = {"linear": "linear", "markov": "markov_1", "shapley": "shapley"}
"""The exact model that a peer's task of another name stands for."""


@dataclass(frozen=True, slots=True)
class Timing:
    """One task of one runner on one file; without `seconds`, `why` says what happened."""

    runner: str
    task: str
    journeys: int
    channels: int
    seconds: float | None
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0
    off_by: float | None = None
    """Largest difference from the exact credit of a channel, in shares of all conversions."""
    why: str = ""

    @property
    def speed(self) -> float:
        """Journeys per second."""
        return self.journeys / self.seconds if self.seconds else 0.0


def data(journeys: int, channels: int, suffix: str) -> Path:
    """The file of these journeys, made once."""
    path = KEPT / f"{journeys}-{channels}{suffix}"
    if not path.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        write = engine_data.write_csv if suffix == ".csv" else engine_data.write_columns
        write(unfinished, journeys, channels)
        unfinished.rename(path)
    return path


def python_of(runner: str) -> Path:
    """The interpreter of a runner; a peer's environment is made when it is first asked for."""
    if runner in OURS:
        return Path(sys.executable)
    home = KEPT / "peers" / runner
    uv = str(Path(sys.executable).with_name("uv"))
    lock = ROOT / "requirements" / f"peers-{runner}.txt"
    stamp = home / "lock.txt"
    python = home / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != lock.read_text():
        command = partial(subprocess.run, check=True)
        command([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)])
        command(
            [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(lock)]
        )
        stamp.write_text(lock.read_text())
    return python


def timing(runner: str, task: str, journeys: int, channels: int, cap: int) -> Timing:
    """Run one task."""
    suffix = ".csv" if runner == "touchline-csv" or runner not in OURS else ".tlj"
    files = [data(size, channels, suffix) for size in (journeys, 1000)]
    command = [
        python_of(runner),
        "-m",
        "benchmarks.engine_task",
        runner,
        task,
        *files,
        cap,
    ]
    try:
        done = subprocess.run(  # noqa: S603 (our own file, an interpreter that we made)
            list(map(str, command)),
            capture_output=True,
            text=True,
            timeout=PATIENCE * cap,
            cwd=ROOT,
            check=True,
        )
    except subprocess.TimeoutExpired:
        return Timing(runner, task, journeys, channels, None, why=f"not in {PATIENCE * cap} s")
    except subprocess.CalledProcessError as error:
        if -error.returncode in {signal.SIGXCPU, signal.SIGKILL}:
            return Timing(runner, task, journeys, channels, None, why=f"not in {cap} CPU s")
        last = (error.stderr.splitlines() or ["no reason"])[-1]
        return Timing(runner, task, journeys, channels, None, why=f"failed: {last}")
    read = json.loads(done.stdout.splitlines()[-1])
    return Timing(
        runner,
        task,
        journeys,
        channels,
        read["seconds"],
        read["cpu_seconds"],
        read["peak_mb"],
        _off_by(read["credits"], task, journeys, channels),
    )


def _off_by(credited: dict[str, float], task: str, journeys: int, channels: int) -> float | None:
    """How far credits, as shares, are from the exact ones."""
    from benchmarks.engine_task import touchline  # noqa: PLC0415 (needs the engine)

    if task == "all":
        return None
    model = EXACT.get(task, task)
    exact = touchline([model], True, None, data(journeys, channels, ".tlj"))
    wholes = (sum(exact.values()), sum(credited.values()))
    if not all(wholes):
        return None
    return max(abs(exact[name] / wholes[0] - credited.get(name, 0.0) / wholes[1]) for name in exact)


def timings(
    sizes: Iterable[int], channels: Iterable[int], cap: int, runners: Iterable[str]
) -> Iterator[Timing]:
    """Every task, size by size."""
    given_up: set[tuple[str, str, int]] = set()
    for count in sizes:
        for width in channels:
            for runner in runners:
                for task in RUNNERS[runner]:
                    if (runner, task, width) in given_up:
                        continue
                    result = timing(runner, task, count, width, cap)
                    if result.seconds is None:
                        given_up.add((runner, task, width))
                    yield result


def measure() -> Iterable[Figure]:
    """A million journeys: ours against each peer's quickest task, and Markov of order 3."""
    ten = [timing(*task, 1_000_000, 10, SHORT_CAP_SECONDS) for task in SHORT]
    fifty = [
        timing(runner, "markov_3", 1_000_000, 50, 2 * SHORT_CAP_SECONDS)
        for runner in ("touchline", "channelattribution")
    ]
    peers = [t for t in ten if t.runner not in OURS and t.seconds]
    best = min(peers, key=lambda t: t.cpu_seconds, default=ten[-1])
    for result in ten:
        if result.runner in OURS:
            against = _against(result, best)
            yield Figure(f"{result.runner}, 8 models", result.speed, "journeys/s", against)
            yield Figure(f"{result.runner}, peak memory", result.peak_mb, "MB")
    mine, theirs = fifty
    against = _against(mine, theirs)
    yield Figure("touchline, markov 3, 50 channels", mine.speed, "journeys/s", against)
    yield from import_cost()


def _against(mine: Timing, theirs: Timing) -> str:
    """How often our CPU seconds go into the peer's: a busy machine stretches the clock unevenly."""
    name = f"{theirs.runner} {theirs.task}"
    if not mine.seconds or not theirs.seconds:
        return f"{name}: {theirs.why}"
    return f"{theirs.cpu_seconds / mine.cpu_seconds:.0f} x {name} in CPU"


def import_cost() -> Iterable[Figure]:
    """What importing the engine costs above bare Python, and what it costs by the end of its first
    fit, which loads NumPy: in CPU seconds of an own process, the least of five."""
    programs = {
        "nothing": "",
        "numpy": "import numpy",
        "engine": "import touchline.attribution.engine.fit",
        "first fit": FIRST_FIT,
    }
    least = {name: min(_cpu_of(program) for _ in range(5)) for name, program in programs.items()}
    above = {name: seconds - least["nothing"] for name, seconds in least.items()}
    for name, label in (("engine", "import of the engine"), ("first fit", "import and first fit")):
        ratio = above[name] / above["numpy"]
        against = f"{ratio:.2f} x import numpy ({above['numpy']:.3f} s)"
        yield Figure(f"{label}, above bare Python", above[name], "s", against)


FIRST_FIT = """
from touchline.attribution.engine.fit import fit
from touchline.attribution.engine.paths import PathCount
fit([PathCount(("a", "b"), 1, 1, 1)], ["linear", "shapley", "markov_1"])
"""


def _cpu_of(program: str) -> float:
    timed = f"{program}\nimport time; print(time.process_time())"
    command = [sys.executable, "-c", timed]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return float(done.stdout)


def shown(results: Iterable[Timing], console: Console) -> None:
    """A table as it stands in the documentation."""
    table = Table("journeys", "channels", "runner", "task", header_style="bold")
    for heading in ("seconds", "CPU seconds", "M journeys/s", "peak MB", "off by"):
        table.add_column(heading, justify="right")
    for t in results:
        off_by = "" if t.off_by is None else f"{t.off_by:.1e}"
        row = [f"{t.journeys:,}", str(t.channels), t.runner, t.task]
        if t.seconds is None:
            table.add_row(*row, t.why)
            continue
        took = [f"{t.seconds:.3f}", f"{t.cpu_seconds:.3f}", f"{t.speed / 1e6:.3f}"]
        table.add_row(*row, *took, f"{t.peak_mb:.0f}", off_by)
    console.print(table)


def main() -> None:
    """All sizes and all runners."""
    console = Console()
    results = []
    for result in timings(SIZES, CHANNELS, CAP_SECONDS, RUNNERS):
        results.append(result)
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps([asdict(one) for one in results], indent=1) + "\n")
        console.print(f"{result.runner} {result.task}: {result.seconds} {result.why}")
    shown(results, console)


if __name__ == "__main__":
    main()
