"""What `touchline journeys` prints: a table, CSV or JSON."""

import csv
import json
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console
from rich.table import Table

from touchline.attribution.engine.fit import Fitted
from touchline.kernel.money import MICROS

if TYPE_CHECKING:
    from cli.journey_fit import Found

SHOWN_BAD_ROWS = 20


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
    """Channels down, models across: conversions, or with `value` money."""
    table = Table(title=_title(fitted, value), header_style="bold", title_justify="left")
    table.add_column("channel", no_wrap=True)
    for model in fitted.credits:
        table.add_column(model.replace("_", " "), justify="right")
    for name in _by_size(fitted):
        cells = [
            f"{credit.value_micros / MICROS:,.2f}" if value else f"{float(credit.conversions):,.2f}"
            for credit in (credited[name] for credited in fitted.credits.values())
        ]
        table.add_row(name, *cells)
    console.print(table)
    for model, effects in fitted.removal_effects.items():
        shown = ", ".join(f"{name} {effect:.4f}" for name, effect in effects.items())
        console.print(f"{model}: P(conversion) {fitted.p_conversion[model]:.6f}")
        console.print(f"  removal effects: {shown}", soft_wrap=True)


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
