"""What the data-driven models of a day were fitted on and found, as published with the day."""

from collections.abc import Sequence
from typing import Any

from touchline.ledger.decisions import WHOLE
from touchline.ledger.fields import text
from touchline.reporting.ask import Ask
from touchline.reporting.published import Published, Spread, body, rows_of

_PLACES = 9
_PREFIXES = ("fit#", "transitions#")


def fits_report(
    published: Published, ask: Ask, models: Sequence[str], spread: Spread
) -> dict[str, Any]:
    """The fits of the last day in the range that has any: a row per event, model and channel.

    Beside them each fit's window, size and P(conversion), and the transitions of order 1.
    """
    for version, items in reversed(rows_of(published, ask, _PREFIXES, spread)):
        fits = [
            fit
            for fit in (body(item) for item in items if text(item, "sk").startswith("fit#"))
            if fit["model"] in models and (not ask.event or fit["event"] == ask.event)
        ]
        if fits:
            events = {fit["event"] for fit in fits}
            moves = [item for item in items if text(item, "sk").startswith("transitions#")]
            return {
                "day": version.day,
                "refitted": version.refitted,
                "rows": [row for fit in fits for row in _rows(fit)],
                "fits": [_size(fit) for fit in fits],
                "transitions": [
                    {"event": event, "from": before, "to": after, "probability": probability}
                    for item in moves
                    for event, before, after, probability in body(item)
                    if event in events
                ],
            }
    return {"day": None, "refitted": False, "rows": [], "fits": [], "transitions": []}


def _rows(fit: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "event": fit["event"],
            "model": fit["model"],
            "channel": channel,
            "removal_effect": round(effect, _PLACES),
            "share": fit["shares_ppb"][channel] / WHOLE,
            "value_share": fit["value_shares_ppb"][channel] / WHOLE,
        }
        for channel, effect in fit["removal_effects"].items()
    ]


def _size(fit: dict[str, Any]) -> dict[str, Any]:
    names = ("event", "model", "window", "journeys", "conversions", "p_conversion")
    return {name: fit[name] for name in names}
