"""`touchline journeys FILE`: the attribution engine on one's own file. No AWS, no set-up."""

import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from touchline.attribution.engine.models import (
    ALL_MODELS,
    DAY_SECONDS,
    HEURISTIC_MODELS,
    ModelSettings,
)

if TYPE_CHECKING:
    from touchline.attribution.engine.fit import Fitted

app = typer.Typer(add_completion=False)
DEFAULT_MODELS = (*HEURISTIC_MODELS, "markov_1", "shapley")


@app.command(
    epilog="Example: [cyan]touchline journeys examples/data/pathdata.csv.gz --models all[/cyan]"
)
def journeys(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV or Parquet: touch rows `journey,ts,channel[,converted,value]` or path rows "
            "`path,total_conversions[,total_conversion_value,total_null]`; or a .tlj file.",
            exists=True,
            dir_okay=False,
            readable=True,
        ),
    ],
    models: Annotated[
        str, typer.Option(help=f"`all`, or names with commas: {', '.join(ALL_MODELS)}.")
    ] = ",".join(DEFAULT_MODELS),
    by: Annotated[str, typer.Option(help="Credit by `channel` or by `campaign`.")] = "channel",
    value: Annotated[bool, typer.Option("--value", help="Show money in the table.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    csv_: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    png: Annotated[Path | None, typer.Option(help="Draw the models side by side.")] = None,
    svg: Annotated[Path | None, typer.Option(help="The same, as SVG.")] = None,
    save: Annotated[
        Path | None, typer.Option(help="Keep the journeys in the engine's own form (.tlj).")
    ] = None,
    half_life: Annotated[float, typer.Option(help="Of time decay, in days.")] = 7.0,
    position_weights: Annotated[
        str, typer.Option(help="First, middle and last of position_based.")
    ] = "40,20,40",
    touch_spacing: Annotated[
        float, typer.Option(help="Days between touches of path rows, which have no times.")
    ] = 1.0,
    allow_bad_rows: Annotated[
        bool, typer.Option("--allow-bad-rows", help="Exit 0 even if rows had to be left out.")
    ] = False,
) -> None:
    """Credit the channels of your own journeys under every model, side by side."""
    from cli import journey_fit, journey_report  # noqa: PLC0415 (the other commands stay quick)

    errors = Console(stderr=True, soft_wrap=True)
    try:
        settings = _settings(half_life, position_weights)
        spacing_ms = round(touch_spacing * DAY_SECONDS * 1000)
        request = journey_fit.Request(file, _models(models), settings, by, spacing_ms, save)
        found = journey_fit.run(request, errors)
        _draw(found.fitted, png, svg, value)
    except (journey_fit.UnreadableFile, ValueError, OSError) as error:
        errors.print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(2) from error
    if json_:
        journey_report.print_json(found, sys.stdout)
    elif csv_:
        journey_report.print_csv(found.fitted, sys.stdout)
    else:
        journey_report.print_table(found.fitted, value, Console())
    journey_report.print_remarks(found, errors)
    if found.bad and not allow_bad_rows:
        raise typer.Exit(1)


def _models(text: str) -> tuple[str, ...]:
    if text.strip() == "all":
        return ALL_MODELS
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    unknown = [name for name in names if name not in ALL_MODELS]
    if unknown:
        raise ValueError(f"no such model: {', '.join(unknown)} (there are {', '.join(ALL_MODELS)})")
    return names


def _settings(half_life_days: float, position_weights: str) -> ModelSettings:
    try:
        first, middle, last = map(Fraction, position_weights.split(","))
    except ValueError as error:
        raise ValueError("--position-weights takes three numbers, as 40,20,40") from error
    return ModelSettings(first, middle, last, round(half_life_days * DAY_SECONDS))


def _draw(fitted: "Fitted", png: Path | None, svg: Path | None, value: bool) -> None:
    for path, format_ in ((png, "png"), (svg, "svg")):
        if path is not None:
            from cli.journey_chart import draw  # noqa: PLC0415 (matplotlib is slow to load)

            draw(fitted, path, format_, value)
