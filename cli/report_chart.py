"""Reports as pictures: models side by side, and events day by day."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

DRAWN = ("attribution", "events")
COLOURS = ("#4453d6", "#e0792b", "#16876a", "#b0439c", "#2484c6", "#a4821a", "#cf3f58", "#6b7280")
MOST = 7


def draw(name: str, answer: Mapping[str, Any], path: Path, kind: str) -> None:
    """Write the picture as `png` or `svg`."""
    import matplotlib as mpl  # noqa: PLC0415 - slow to load, and only pictures need it

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(figsize=(9, 4.6), layout="constrained")
    if name == "attribution":
        _credit(axes, answer)
    else:
        _events(axes, answer)
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
    step = max(1, len(days) // 10)
    axes.set_xticks(range(0, len(days), step), [day[5:] for day in days[::step]])
    axes.yaxis.grid(visible=True, color="#dddddd")
    axes.set_ylabel("conversions")
