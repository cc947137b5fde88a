"""What `touchline journeys` prints: a table, CSV or JSON."""

import csv
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Column, Table

from touchline.attribution.engine.fit import Credit, Fitted
from touchline.kernel.money import MICROS

if TYPE_CHECKING:
    from cli.journey_fit import Found

SHOWN_BAD_ROWS = 20
BORDERS = 3
"""Of a column: a line and a blank on either side."""


def as_json(found: "Found") -> dict[str, Any]:
    """The published shape of `--json`; value is in units of the currency."""
    fitted, bad = found.fitted, found.bad
    return {
        "totals": {
            "journeys": fitted.journeys,
            "conversions": fitted.conversions,
            "value": fitted.value_micros / MICROS,
        },
        "models": {
            model: {
                name: {
                    "conversions": float(credit.conversions),
                    "value": credit.value_micros / MICROS,
                }
                for name, credit in credited.items()
            }
            for model, credited in fitted.credits.items()
        },
        "removal_effects": fitted.removal_effects,
        "p_conversion": fitted.p_conversion,
        "notes": list(found.notes),
        "bad_rows": {
            "count": len(bad),
            "first": [{"line": row.line, "reason": row.reason} for row in bad[:SHOWN_BAD_ROWS]],
        },
    }


def print_json(found: "Found", out: TextIO) -> None:
    """One JSON document."""
    json.dump(as_json(found), out, ensure_ascii=False, indent=2)
    out.write("\n")


def print_csv(fitted: Fitted, out: TextIO) -> None:
    """One row per model and channel."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["model", "channel", "conversions", "value", "removal_effect"])
    for model, credited in fitted.credits.items():
        effects = fitted.removal_effects.get(model, {})
        for name, credit in credited.items():
            conversions = repr(float(credit.conversions))
            value = f"{credit.value_micros / MICROS:.6f}"
            writer.writerow([model, name, conversions, value, effects.get(name, "")])


def print_table(fitted: Fitted, value: bool, console: Console) -> None:
    """Channels down, models across: conversions, or with `value` money.

    Models that do not fit beside one another continue in a table below.
    """
    console.print(_title(fitted, value), style="bold", highlight=False)
    columns = {model: _cells(credited, value) for model, credited in fitted.credits.items()}
    names = _by_size(fitted)
    room = console.width - max(map(cell_len, [*names, "channel"])) - BORDERS
    for models in _fitting(columns, room):
        table = Table(Column("channel", no_wrap=True), header_style="bold")
        for model in models:
            table.add_column(_heading(model), justify="right", no_wrap=True)
        for name in names:
            table.add_row(name, *(columns[model][name] for model in models))
        console.print(table)
    for model, effects in fitted.removal_effects.items():
        shown = ", ".join(f"{name} {effects[name]:.4f}" for name in names)
        chance = f"P(conversion) {fitted.p_conversion[model]:.6f}"
        console.print(f"{model}: {chance}; removal effects: {shown}", soft_wrap=True)


def _cells(credited: Mapping[str, Credit], value: bool) -> dict[str, str]:
    return {
        name: f"{credit.value_micros / MICROS if value else float(credit.conversions):,.2f}"
        for name, credit in credited.items()
    }


def _heading(model: str) -> str:
    return "\n".join(model.rsplit("_", 1))


def _fitting(columns: Mapping[str, Mapping[str, str]], room: int) -> list[list[str]]:
    """Models in rows of tables that are not wider than the room."""
    rows: list[list[str]] = [[]]
    left = room
    for model, cells in columns.items():
        width = BORDERS + max(map(len, [*cells.values(), *_heading(model).split("\n")]))
        if width > left and rows[-1]:
            rows.append([])
            left = room
        rows[-1].append(model)
        left -= width
    return rows


def _title(fitted: Fitted, value: bool) -> str:
    what = "value" if value else "conversions"
    return (
        f"{fitted.journeys:,} journeys, {counted(fitted.conversions, 'conversion')}, "
        f"value {fitted.value_micros / MICROS:,.2f}: {what} by channel and model"
    )


def _by_size(fitted: Fitted) -> list[str]:
    first = next(iter(fitted.credits.values()), {})
    return sorted(first, key=lambda name: (-first[name].conversions, name))


def print_remarks(found: "Found", console: Console) -> None:
    """What had to be assumed, which rows were left out, and why."""
    lines = [*found.notes]
    lines += [f"line {row.line}: {row.reason}" for row in found.bad[:SHOWN_BAD_ROWS]]
    if len(found.bad) > SHOWN_BAD_ROWS:
        lines.append(f"… and {counted(len(found.bad) - SHOWN_BAD_ROWS, 'more bad row')}")
    if found.bad:
        lines.append(f"{counted(len(found.bad), 'bad row')} left out, all others counted")
    for line in lines:
        console.print(line, markup=False, highlight=False)


def counted(number: int, thing: str) -> str:
    """`1 bad row`, `2 bad rows`."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")
