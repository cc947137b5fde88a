"""A picture of models side by side per channel, as PNG or SVG."""

from pathlib import Path

from touchline.attribution.engine.fit import Fitted
from touchline.kernel.money import MICROS

MOST_CHANNELS = 15
OTHERS = "all others"
NUMBERED = 4
"""With so many models, or fewer, there is room for numbers beside the bars."""


def draw(fitted: Fitted, path: Path, format_: str, value: bool) -> None:
    """Write the chart as `png` or `svg`."""
    import matplotlib as mpl  # noqa: PLC0415 (slow to load, and only charts need it)

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    series = _series(fitted, value)
    names = list(next(iter(series.values()), {}))
    figure, axes = plt.subplots(
        figsize=(9, 1.9 + len(names) * (0.2 + 0.07 * len(series))), layout="constrained"
    )
    height = 0.84 / max(len(series), 1)
    for index, (model, credited) in enumerate(series.items()):
        places = [row + (index + 0.5) * height - 0.42 for row in range(len(names))]
        bars = axes.barh(
            places,
            [credited[name] for name in names],
            height,
            label=model.replace("_", " "),
            color=plt.get_cmap(_family(model))(_shade(model, list(series))),
        )
        if len(series) <= NUMBERED:
            axes.bar_label(bars, fmt="{:,.5g}", padding=2, fontsize="x-small", color="#555555")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.margins(y=0.01)
    axes.xaxis.grid(visible=True, color="#dddddd")
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_xlabel("credited value" if value else "credited conversions")
    axes.xaxis.set_major_formatter("{x:,.6g}")
    axes.set_title(f"{fitted.conversions:,} conversions of {fitted.journeys:,} journeys")
    figure.legend(frameon=False, loc="outside lower center", ncols=4, fontsize="small")
    figure.savefig(path, dpi=150, format=format_)
    plt.close(figure)


def _family(model: str) -> str:
    """Models of one kind have one colour, so that kinds are told apart at a glance."""
    return {"markov": "Oranges", "shapley": "Greens"}.get(model.partition("_")[0], "Blues")


def _shade(model: str, models: list[str]) -> float:
    """The first of a kind is the darkest."""
    alike = [one for one in models if _family(one) == _family(model)]
    return 0.85 - 0.5 * alike.index(model) / max(len(alike) - 1, 1)


def _series(fitted: Fitted, value: bool) -> dict[str, dict[str, float]]:
    """By model and channel, the largest channels first and the rest in one bar."""
    series = {
        model: {
            name: credit.value_micros / MICROS if value else float(credit.conversions)
            for name, credit in credited.items()
        }
        for model, credited in fitted.credits.items()
    }
    size = {name: sum(c[name] for c in series.values()) for name in fitted.channels}
    ordered = sorted(size, key=lambda name: (-size[name], name))
    shown, rest = ordered[:MOST_CHANNELS], ordered[MOST_CHANNELS:]
    return {
        model: {name: credited[name] for name in shown}
        | ({OTHERS: sum(credited[name] for name in rest)} if rest else {})
        for model, credited in series.items()
    }
