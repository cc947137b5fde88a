"""One task of the engine's benchmark, in a process of its own.

`python -m benchmarks.engine_task RUNNER TASK DATA WARM CAP`. Runs in the engine's environment
(`touchline`, `touchline-numpy`, `touchline-csv`) or in a peer's, so it imports nothing of the
engine before it knows the runner. The task is first run on a small file, so that imports are not
measured. Prints one JSON line: seconds to read, seconds and CPU seconds to compute, peak memory in
MB, and credited conversions by channel.
"""

import csv
import json
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.peak import peak_mb

HEURISTICS = [
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "position_based",
    "time_decay",
]
ALL_AT_ONCE = [*HEURISTICS, "shapley", "markov_1"]
Credits = dict[str, float]


def touchline(models: list[str], kernel: bool, _read: None, path: Path) -> Credits:
    """All models from our own columnar form; the last model's credits are shown."""
    from touchline.attribution.engine import columnar, compiled, fit, scan, tables  # noqa: PLC0415

    loaded = compiled.load() if kernel else None
    blocks = columnar.read(path).blocks
    shape = tables.Shape(fit.order_needed(models))
    table = scan.count_all([partial(_same, block) for block in blocks], shape, loaded)
    fitted = fit.fit_table(table, models, kernel=loaded)
    return {name: float(c.conversions) for name, c in fitted.credits[models[-1]].items()}


def _same(block: Any) -> Any:
    return block


def touchline_csv(models: list[str], _read: None, path: Path) -> Credits:
    """All models from the CSV file of the peers, as `touchline journeys` reads it."""
    from rich.console import Console  # noqa: PLC0415

    from cli import journey_fit  # noqa: PLC0415
    from touchline.attribution.engine.models import DEFAULT_SETTINGS  # noqa: PLC0415

    request = journey_fit.Request(path, models, DEFAULT_SETTINGS, "channel", 86_400_000)
    fitted = journey_fit.run(request, Console(stderr=True)).fitted
    return {name: float(c.conversions) for name, c in fitted.credits[models[-1]].items()}


def _pandas(path: Path) -> Any:
    import pandas as pd  # noqa: PLC0415

    return pd.read_csv(path)


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def channelattribution(order: int, frame: Any, _path: Path) -> Credits:
    """`heuristic_models` (order 0) or `markov_model`."""
    import ChannelAttribution as peer  # noqa: N813, PLC0415

    names = {"var_path": "path", "var_conv": "total_conversions"}
    names["var_value"] = "total_conversion_value"
    if order == 0:
        found = peer.heuristic_models(frame, *names.values(), flg_pro=False)
        return dict(zip(found["channel_name"], found["linear_touch_conversions"], strict=True))
    found = peer.markov_model(
        frame, *names.values(), var_null="total_null", order=order, flg_pro=False
    )
    return dict(zip(found["channel_name"], found["total_conversions"], strict=True))


def mam(task: str, frame: Any, _path: Path) -> Credits:
    """MAM 2: `run_linear`, `run_markov` or `run_shapley` on its grouped-journey form."""
    from mam import MAM  # noqa: PLC0415

    frame = frame.assign(
        has_conversion=frame["total_conversions"] > 0,
        occurrences=frame["total_conversions"] + frame["total_null"],
    )
    model = MAM(
        frame,
        format_type="grouped_journey",
        channels_colname="path",
        journey_with_conv_colname="has_conversion",
        occurrences_colname="occurrences",
    )
    found = getattr(model, f"run_{task}")().to_pandas()
    return dict(zip(found["channels"].astype(str), found["attribution"], strict=True))


def mta(task: str, frame: Any, _path: Path) -> Credits:
    """mta: `linear`, `markov` or `shapley`, loops kept, exposure times not synthesised."""
    from mta import MTA  # noqa: PLC0415

    model = MTA(frame, allow_loops=True, add_timepoints=False)
    getattr(model, task)(normalize=False)
    return dict(model.attribution[task])


def shapley_attribution(task: str, rows: list[list[str]], _path: Path) -> Credits:
    """shapley-attribution: `LinearAttribution` or `SimplifiedShapleyAttribution`."""
    import shapley_attribution as peer  # noqa: PLC0415

    kind = {"linear": "LinearAttribution", "shapley": "SimplifiedShapleyAttribution"}[task]
    model = getattr(peer, kind)(normalize=False)
    model.fit([row[0].split(" > ") for row in rows], [int(row[1] != "0") for row in rows])
    return dict(model.get_attribution())


RUNNERS: dict[str, dict[str, tuple[Callable[[Path], Any] | None, Callable[..., Credits]]]] = {
    "touchline": {
        "all": (None, partial(touchline, ALL_AT_ONCE, True)),
        "markov_3": (None, partial(touchline, ["markov_3"], True)),
    },
    "touchline-numpy": {
        "all": (None, partial(touchline, ALL_AT_ONCE, False)),
        "markov_3": (None, partial(touchline, ["markov_3"], False)),
    },
    "touchline-csv": {
        "all": (None, partial(touchline_csv, ALL_AT_ONCE)),
        "markov_3": (None, partial(touchline_csv, ["markov_3"])),
    },
    "channelattribution": {
        "linear": (_pandas, partial(channelattribution, 0)),
        "markov_1": (_pandas, partial(channelattribution, 1)),
        "markov_3": (_pandas, partial(channelattribution, 3)),
    },
    "marketing-attribution-models": {
        task: (_pandas, partial(mam, task)) for task in ("linear", "markov", "shapley")
    },
    "mta": {task: (_pandas, partial(mta, task)) for task in ("linear", "markov", "shapley")},
    "shapley-attribution": {
        task: (_rows, partial(shapley_attribution, task)) for task in ("linear", "shapley")
    },
}


def main(runner: str, task: str, data: str, warm: str, cap: str) -> None:
    """Run one task and print what it took; the system ends it at `cap` CPU seconds."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(cap), int(cap)))
    read, compute = RUNNERS[runner][task]
    compute(read(Path(warm)) if read else None, Path(warm))
    path = Path(data)
    start = time.perf_counter()
    content = read(path) if read else None
    middle, cpu = time.perf_counter(), time.process_time()
    credited = compute(content, path)
    end = time.perf_counter()
    print(
        json.dumps(
            {
                "read_seconds": middle - start,
                "seconds": end - middle,
                "cpu_seconds": time.process_time() - cpu,
                "peak_mb": peak_mb(),
                "credits": {str(name): float(x) for name, x in credited.items()},
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
