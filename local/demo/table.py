"""The demo's table: credit by channel under five models, and whether all of it is right."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from rich.table import Table

from local.demo.journeys import Journey, expected_credit

MODELS = {
    "first_touch": "first",
    "last_touch": "last",
    "linear": "linear",
    "position_based": "position",
    "time_decay": "time decay",
}
"""Models in the order of the columns, with their headings."""

Credit = Mapping[str, Mapping[str, tuple[float, int]]]
"""model → channel → (conversions, value in micros)."""

CLOSE_ENOUGH = 1e-6
"""Conversions are reported as decimal numbers; money is compared to the micro."""


def credit_table(credit: Credit, title: str) -> Table:
    """One row per channel, largest first; each cell is conversions and value."""
    table = Table(title=title, title_justify="left", header_style="bold")
    table.add_column("channel")
    for heading in MODELS.values():
        table.add_column(heading, justify="right")
    channels = sorted(credit["linear"], key=lambda channel: -credit["linear"][channel][1])
    for channel in channels:
        cells = [cell(credit[model].get(channel, (0.0, 0))) for model in MODELS]
        table.add_row(channel, *cells)
    table.add_section()
    table.add_row("[bold]all[/bold]", *(cell(total(credit[model])) for model in MODELS))
    return table


def total(channels: Mapping[str, tuple[float, int]]) -> tuple[float, int]:
    """Sums over channels."""
    counts, values = zip(*channels.values(), strict=True)
    return sum(counts), sum(values)


def cell(earned: tuple[float, int]) -> str:
    """Conversions, and below them money."""
    conversions, value_micros = earned
    return f"{conversions:.2f}\n[dim]{value_micros / 1_000_000:.2f}[/dim]"


def differences(credit: Credit, journeys: Sequence[Journey]) -> list[str]:
    """Where the credit is not what the file says; empty when all of it is.

    A conversion's money is split in whole micros, so a channel may differ from the exact fraction
    by less than one micro for each conversion.
    """
    found = []
    converting = sum(journey.converted_at is not None for journey in journeys)
    for model in MODELS:
        wanted = expected_credit(list(journeys), model)
        for channel in sorted({*wanted, *credit[model]}):
            count, value = credit[model].get(channel, (0.0, 0))
            count_wanted, value_wanted = wanted.get(channel, (Fraction(0), Fraction(0)))
            if abs(count - float(count_wanted)) > CLOSE_ENOUGH:
                found.append(f"{model} {channel}: {count} conversions, not {float(count_wanted)}")
            if abs(value - value_wanted) > converting:
                found.append(f"{model} {channel}: {value} micros, not {float(value_wanted)}")
    return found
