"""What went into a run must come out of it, exactly, or nothing is published."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from touchline.attribution.night.progress import Progress
from touchline.attribution.night.rollups import Cell, PathTally
from touchline.ledger.decisions import WHOLE


def imbalances(summed: Progress, found: Mapping[str, int]) -> list[str]:
    """What does not add up between the input, the decisions counted and the decisions found.

    `found` counts, by day, the decisions read back that this run changed about its own input.
    """
    faults = []
    out = summed.repeats + summed.aside + sum(summed.outcomes.values())
    if summed.read != out:
        faults.append(f"{summed.read} rows came in, {out} are accounted for")
    for day in sorted({*summed.decided, *found}):
        expected, there = summed.decided.get(day, 0), found.get(day, 0)
        if expected != there:
            faults.append(f"{day}: {expected} decisions were made, {there} are there")
    return faults


def credit_imbalances(
    day: str, paths: Iterable[PathTally], cells: Mapping[tuple[str, str], Sequence[Cell]]
) -> list[str]:
    """Models whose credit of the day is not exactly the day's conversions and their value."""
    totals: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for tally in paths:
        totals[tally.event, tally.currency][0] += tally.conversions * WHOLE
        totals[tally.event, tally.currency][1] += tally.value_micros
    return [
        f"{day}: {model} does not add up to the conversions of {event} {currency}".rstrip()
        for (dimension, model), some in cells.items()
        if dimension == "channel"
        for (event, currency), expected in sorted(totals.items())
        if _sums(some, event, currency) != expected
    ]


def _sums(cells: Sequence[Cell], event: str, currency: str) -> list[int]:
    concerned = [cell for cell in cells if (cell.event, cell.currency) == (event, currency)]
    return [
        sum(cell.share_ppb for cell in concerned),
        sum(cell.value_micros for cell in concerned),
    ]
