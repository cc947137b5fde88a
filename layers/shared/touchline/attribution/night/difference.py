"""Before and after: how credit moved between the values of a dimension."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from touchline.attribution.night.rollups import Cell
from touchline.ledger.decisions import WHOLE

_PLACES = 6

Cells = Mapping[tuple[str, str], Iterable[Cell]]
"""Cells by dimension and model."""


def difference(before: Cells, after: Cells) -> list[dict[str, Any]]:
    """One row per dimension, model, event, currency and value whose credit is not the same."""
    moved: defaultdict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0, 0])
    for at, side in ((0, before), (3, after)):
        for (dimension, model), cells in side.items():
            for cell in cells:
                place = (dimension, model, cell.event, cell.currency, cell.value)
                numbers = moved[place]
                numbers[at] += cell.share_ppb
                numbers[at + 1] += cell.value_micros
                numbers[at + 2] += cell.payout_micros
    return [
        _row(place, numbers)
        for place, numbers in sorted(moved.items())
        if numbers[:3] != numbers[3:]
    ]


def _row(place: tuple[str, ...], numbers: list[int]) -> dict[str, Any]:
    dimension, model, event, currency, value = place
    return {
        "dimension": dimension,
        "value": value,
        "model": model,
        "event": event,
        "currency": currency,
        "conversions_before": round(numbers[0] / WHOLE, _PLACES),
        "conversions_after": round(numbers[3] / WHOLE, _PLACES),
        "value_micros_before": numbers[1],
        "value_micros_after": numbers[4],
        "payout_micros_before": numbers[2],
        "payout_micros_after": numbers[5],
    }
