"""Reports as pictures: models side by side, events day by day, time to conversion, cohorts."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cli.report_bars import bucket_names

COLOURS = ("#4453d6", "#e0792b", "#16876a", "#b0439c", "#2484c6", "#a4821a", "#cf3f58", "#6b7280")
MOST = 7
DAYS_NAMED = 10


def draw(name: str, answer: Mapping[str, Any], path: Path, kind: str) -> None:
    """Write the picture as `png` or `svg`."""
    import matplotlib as mpl  # noqa: PLC0415 - slow to load, and only pictures need it

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(figsize=(9, 4.6), layout="constrained")
    DRAWN[name](axes, answer)
    axes.set_title(f"{name}, {answer['from']} to {answer['to']}", loc="left")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_axisbelow(True)
    if axes.get_legend_handles_labels()[0]:
        figure.legend(frameon=False, loc="outside lower center", ncols=4, fontsize="small")
    figure.savefig(path, dpi=150, format=kind)
    plt.close(figure)


def _credit(axes: Any, answer: Mapping[str, Any]) -> None:
    """One bar a model, in one colour a value: the largest seven, and the others together."""
    by, models = answer["group_by"], answer["models"]
    sums: dict[str, dict[str, float]] = {}
    for row in answer["rows"]:
        named = ", ".join(row[one] or "(none)" for one in by.split(","))
        given = sums.setdefault(named, dict.fromkeys(models, 0.0))
        given[row["model"]] += row["conversions"]
    ordered = sorted(sums, key=lambda value: (-sum(sums[value].values()), value))
    shown = {value: sums[value] for value in ordered[:MOST]}
    if others := ordered[MOST:]:
        rest = {model: sum(sums[value][model] for value in others) for model in models}
        shown[f"{len(others)} others"] = rest
    left = dict.fromkeys(models, 0.0)
    for (value, given), colour in zip(shown.items(), COLOURS, strict=False):
        widths = [given[model] for model in models]
        axes.barh(models, widths, left=list(left.values()), label=value, color=colour, height=0.7)
        left = {model: left[model] + given[model] for model in models}
    axes.set_yticks(range(len(models)), [model.replace("_", " ") for model in models])
    axes.invert_yaxis()
    axes.xaxis.grid(visible=True, color="#dddddd")
    axes.set_xlabel(f"credited conversions by {by}")


def _events(axes: Any, answer: Mapping[str, Any]) -> None:
    """Conversions of each event, day by day."""
    days = sorted({day["day"] for event in answer["events"] for day in event["days"]})
    below = [0.0] * len(days)
    for event, colour in zip(answer["events"], COLOURS, strict=False):
        by_day = {day["day"]: day["conversions"] for day in event["days"]}
        heights = [by_day.get(day, 0) for day in days]
        title = f"{event['event']} ({event['currency']})" if event["currency"] else event["event"]
        axes.bar(days, heights, bottom=below, label=title, color=colour, width=0.75)
        below = [low + height for low, height in zip(below, heights, strict=True)]
    _name_days(axes.set_xticks, days)
    axes.yaxis.grid(visible=True, color="#dddddd")
    axes.set_ylabel("conversions")


def _delays(axes: Any, answer: Mapping[str, Any]) -> None:
    """How many conversions took so long, from the first and from the last touch, of all events."""
    counts = [event["buckets"] for event in answer["events"]]
    names = bucket_names(counts[0]) if counts else []
    for offset, (side, title) in enumerate(
        (("from_first", "from the first touch"), ("from_last", "from the last touch"))
    ):
        heights = [sum(buckets[at][side] for buckets in counts) for at in range(len(names))]
        places = [at + 0.4 * (offset - 0.5) for at in range(len(names))]
        axes.bar(places, heights, width=0.38, label=title, color=COLOURS[offset])
    axes.set_xticks(range(len(names)), names, fontsize="small")
    axes.yaxis.grid(visible=True, color="#dddddd")
    axes.set_ylabel("credited conversions")


def _cohorts(axes: Any, answer: Mapping[str, Any]) -> None:
    """A row an event, a column a day of the touch: the darker, the more credit."""
    events = [event for event in answer["events"] if event["by_touch_day"]]
    days = sorted({row["day"] for event in events for row in event["by_touch_day"]})
    shares = []
    for event in events:
        by_day = {row["day"]: float(row["conversions"]) for row in event["by_touch_day"]}
        shares.append([by_day.get(day, 0.0) for day in days])
    names = [f"{event['event']} {event['currency']}".strip() for event in events]
    if not shares:
        return
    picture = axes.imshow(shares, aspect="auto", cmap="Blues", vmin=0)
    _name_days(axes.set_xticks, days)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel(f"day of the touch ({answer['model'].replace('_', ' ')})")
    axes.figure.colorbar(picture, ax=axes, label="conversions credited")


def _name_days(set_ticks: Callable[..., Any], days: list[str]) -> None:
    step = max(1, len(days) // DAYS_NAMED)
    set_ticks(range(0, len(days), step), [day[5:] for day in days[::step]])


DRAWN: Mapping[str, Callable[[Any, Mapping[str, Any]], None]] = MappingProxyType(
    {"attribution": _credit, "events": _events, "delays": _delays, "cohorts": _cohorts}
)
"""How each report that has a picture is drawn."""
