"""What came back for what was spent: cost beside the credit of one model, in each currency."""

from collections.abc import Mapping, Sequence
from typing import Any

from touchline.kernel.errors import Refused
from touchline.kernel.money import MICROS, micros_of, plain

DIMENSIONS = ("channel", "campaign")
_DIGITS = 4


def returns_dimension(said: str) -> str:
    """`channel` (the default) or `campaign`. Raises Refused `unknown_dimension`."""
    if said and said not in DIMENSIONS:
        raise Refused("unknown_dimension", f"{said[:40]} is none of {', '.join(DIMENSIONS)}")
    return said or "channel"


def returns_rows(
    spent: Mapping[tuple[str, str], int], credit: Sequence[Mapping[str, Any]], group_by: str
) -> list[dict[str, Any]]:
    """One row per value and currency that cost or earned something, dearest first.

    `roas` is value / cost, `cost_per_conversion` is cost / conversions, `profit` is value - payout
    - cost; where nothing was spent the first two are None. `credit` holds rows of one model.
    """
    earned = {(str(row[group_by]), str(row["currency"])): row for row in credit}
    rows = []
    for name, currency in sorted(spent.keys() | earned.keys()):
        cost = spent.get((name, currency), 0)
        row = earned.get((name, currency), {"conversions": 0, "value": "0", "payout": "0"})
        value, payout = micros_of(row["value"]), micros_of(row["payout"])
        conversions = float(row["conversions"])
        rows.append(
            {
                group_by: name,
                "currency": currency,
                "cost": plain(cost),
                "conversions": row["conversions"],
                "value": plain(value),
                "payout": plain(payout),
                "profit": plain(value - payout - cost),
                "roas": round(value / cost, _DIGITS) if cost else None,
                "cost_per_conversion": round(cost / MICROS / conversions, _DIGITS)
                if cost and conversions
                else None,
            }
        )
    return sorted(
        rows, key=lambda row: (-spent.get((row[group_by], row["currency"]), 0), row[group_by])
    )
