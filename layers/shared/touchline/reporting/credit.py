"""Credit by channel, campaign, partner, event, day or sub-ID, models side by side."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from touchline.attribution.engine.models import MARKOV_MODELS
from touchline.kernel.errors import Forbidden, Refused
from touchline.kernel.money import plain
from touchline.ledger.decisions import WHOLE
from touchline.ledger.fields import text
from touchline.ledger.keys import unpart
from touchline.ledger.result_keys import credit_sk
from touchline.platform.dynamo import Item
from touchline.reporting.ask import Ask
from touchline.reporting.published import Published, Spread, Version, body, rows_of

DIMENSIONS = ("channel", "campaign", "partner", "event", "day", "kind", "touch_day")
_SUB = re.compile(r"sub([1-9]|1[0-9]|20)")
_ACROSS = {"event": "channel", "day": "channel"}
"""Dimensions that every cell has anyway, counted by the cells of another."""

PLACES = 6


@dataclass(frozen=True, slots=True)
class CreditAsk:
    """Which models, by what. `known` are the models that the account's rules name."""

    models: tuple[str, ...]
    group_by: str


def credit_ask(models: str, group_by: str, known: Sequence[str]) -> CreditAsk:
    """Read `model=a,b` (all when left out) and `group_by=` (channel when left out).

    Raises Refused `unknown_model` or `unknown_dimension`.
    """
    wanted = tuple(dict.fromkeys(one.strip() for one in models.split(",") if one.strip()))
    for model in wanted:
        if model not in known:
            raise Refused("unknown_model", f"{model[:40]} is none of {', '.join(known)}")
    dimension = group_by or "channel"
    if dimension not in DIMENSIONS and not _SUB.fullmatch(dimension):
        raise Refused(
            "unknown_dimension", f"{dimension[:40]} is none of {', '.join(DIMENSIONS)}, sub1..sub20"
        )
    return CreditAsk(wanted or tuple(known), dimension)


def credit_report(
    published: Published, ask: Ask, asked: CreditAsk, spread: Spread
) -> dict[str, Any]:
    """Credit of every model by the values of one dimension, with money in its own currency.

    A partner's token sees its own credit, by partner only. Raises Forbidden.
    """
    if ask.partner is not None and asked.group_by != "partner":
        raise Forbidden("forbidden_account", "a partner's report is divided by partner")
    counted = _ACROSS.get(asked.group_by, asked.group_by)
    prefixes = [credit_sk(counted, model)[: -len("0000")] for model in asked.models]
    days = rows_of(published, ask, prefixes, spread)
    sums: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for version, items in days:
        for item in items:
            _add(sums, version, item, ask, asked.group_by)
    fitted = not set(asked.models).isdisjoint(MARKOV_MODELS)
    rows = [_row(asked.group_by, place, numbers) for place, numbers in _ordered(sums, asked)]
    return {
        "from": ask.days.first,
        "to": ask.days.last,
        "group_by": asked.group_by,
        "models": list(asked.models),
        "rows": rows,
        "totals": _totals(sums, asked),
        "published": {
            "days": len(days),
            "through": days[-1][0].day if days else None,
            "restated": [version.day for version, _ in days if version.restated],
            "refitted": [version.day for version, _ in days if fitted and version.refitted],
        },
    }


def _add(
    sums: defaultdict[tuple[str, str, str], list[int]],
    version: Version,
    item: Item,
    ask: Ask,
    group_by: str,
) -> None:
    model = unpart(text(item, "sk").split("#")[2])
    for event, currency, value, share, micros, payout in body(item):
        if (ask.event and event != ask.event) or (ask.currency and currency != ask.currency):
            continue
        if ask.partner is not None and value != ask.partner:
            continue
        named = {"event": event, "day": version.day}.get(group_by, value)
        numbers = sums[model, named, currency]
        numbers[0] += share
        numbers[1] += micros
        numbers[2] += payout


def _ordered(
    sums: dict[tuple[str, str, str], list[int]], asked: CreditAsk
) -> list[tuple[tuple[str, str, str], list[int]]]:
    place = {model: index for index, model in enumerate(asked.models)}
    if asked.group_by in {"day", "touch_day"}:
        return sorted(sums.items(), key=lambda row: (place[row[0][0]], row[0]))
    return sorted(sums.items(), key=lambda row: (place[row[0][0]], -row[1][1], -row[1][0], row[0]))


def _row(group_by: str, place: tuple[str, str, str], numbers: list[int]) -> dict[str, Any]:
    model, value, currency = place
    return {"model": model, group_by: value, "currency": currency, **_numbers(numbers)}


def _totals(sums: dict[tuple[str, str, str], list[int]], asked: CreditAsk) -> list[dict[str, Any]]:
    totals: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for (model, _, currency), numbers in sums.items():
        for index, number in enumerate(numbers):
            totals[model, currency][index] += number
    place = {model: index for index, model in enumerate(asked.models)}
    return [
        {"model": model, "currency": currency, **_numbers(numbers)}
        for (model, currency), numbers in sorted(
            totals.items(), key=lambda row: (place[row[0][0]], row[0][1])
        )
    ]


def _numbers(numbers: list[int]) -> dict[str, Any]:
    share, micros, payout = numbers
    return {
        "conversions": round(share / WHOLE, PLACES),
        "value": plain(micros),
        "payout": plain(payout),
        "profit": plain(micros - payout),
    }
