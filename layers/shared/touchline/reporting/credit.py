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
_ACROSS = ("day", "event")
"""Dimensions that every cell has anyway, whatever other one it is counted by."""
_USUAL = "channel"

PLACES = 6

Place = tuple[str, ...]
"""Model, the value of each dimension, currency."""


@dataclass(frozen=True, slots=True)
class CreditAsk:
    """Which models, by which dimensions: any of day and event, with at most one other."""

    models: tuple[str, ...]
    group_by: tuple[str, ...]

    @property
    def counted_by(self) -> str:
        """The dimension whose cells are read."""
        return next((one for one in self.group_by if one not in _ACROSS), _USUAL)


def credit_ask(models: str, group_by: str, known: Sequence[str]) -> CreditAsk:
    """Read `model=a,b` (all when left out) and `group_by=day,event,channel` (channel when left
    out). `known` are the models that the account's rules name.

    Raises Refused `unknown_model` or `unknown_dimension`.
    """
    wanted = _listed(models)
    for model in wanted:
        if model not in known:
            raise Refused("unknown_model", f"{model[:40]} is none of {', '.join(known)}")
    dimensions = _listed(group_by) or (_USUAL,)
    for one in dimensions:
        if one not in DIMENSIONS and not _SUB.fullmatch(one):
            listed = ", ".join(DIMENSIONS)
            raise Refused("unknown_dimension", f"{one[:40]} is none of {listed}, sub1..sub20")
    own = [one for one in dimensions if one not in _ACROSS]
    if len(own) > 1:
        raise Refused("unknown_dimension", f"{own[0]} and {own[1]} are not counted together")
    return CreditAsk(wanted or tuple(known), dimensions)


def credit_report(
    published: Published, ask: Ask, asked: CreditAsk, spread: Spread
) -> dict[str, Any]:
    """Credit of every model by the values of the dimensions, with money in its own currency.

    A partner's token sees its own credit, by partner only. Raises Forbidden.
    """
    if ask.partner is not None and asked.counted_by != "partner":
        raise Forbidden("forbidden_account", "a partner's report is divided by partner")
    prefixes = [credit_sk(asked.counted_by, model)[: -len("0000")] for model in asked.models]
    days = rows_of(published, ask, prefixes, spread)
    sums: defaultdict[Place, list[int]] = defaultdict(lambda: [0, 0, 0])
    for version, items in days:
        for item in items:
            _add(sums, version, item, ask, asked)
    fitted = not set(asked.models).isdisjoint(MARKOV_MODELS)
    return {
        "from": ask.days.first,
        "to": ask.days.last,
        "group_by": ",".join(asked.group_by),
        "models": list(asked.models),
        "rows": [_row(asked, place, numbers) for place, numbers in _ordered(sums, asked)],
        "totals": _totals(sums, asked),
        "published": {
            "days": len(days),
            "through": days[-1][0].day if days else None,
            "restated": [version.day for version, _ in days if version.restated],
            "refitted": [version.day for version, _ in days if fitted and version.refitted],
        },
    }


def _listed(said: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for one in said.split(",") if one.strip()))


def _add(
    sums: defaultdict[Place, list[int]], version: Version, item: Item, ask: Ask, asked: CreditAsk
) -> None:
    model = unpart(text(item, "sk").split("#")[2])
    for event, currency, value, share, micros, payout in body(item):
        if (ask.event and event != ask.event) or (ask.currency and currency != ask.currency):
            continue
        if ask.partner is not None and value != ask.partner:
            continue
        named = {"event": event, "day": version.day}
        numbers = sums[(model, *(named.get(one, value) for one in asked.group_by), currency)]
        numbers[0] += share
        numbers[1] += micros
        numbers[2] += payout


def _ordered(sums: dict[Place, list[int]], asked: CreditAsk) -> list[tuple[Place, list[int]]]:
    """By model; then by day where days are asked for, else the largest first."""
    order = {model: index for index, model in enumerate(asked.models)}
    dated = {"day", "touch_day"} & set(asked.group_by)

    def rank(row: tuple[Place, list[int]]) -> tuple[Any, ...]:
        place, (share, micros, _) = row
        days = [place[1 + at] for at, one in enumerate(asked.group_by) if one in dated]
        return order[place[0]], days, -micros, -share, place

    return sorted(sums.items(), key=rank)


def _row(asked: CreditAsk, place: Place, numbers: list[int]) -> dict[str, Any]:
    model, *values, currency = place
    named = dict(zip(asked.group_by, values, strict=True))
    return {"model": model, **named, "currency": currency, **_numbers(numbers)}


def _totals(sums: dict[Place, list[int]], asked: CreditAsk) -> list[dict[str, Any]]:
    totals: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for place, numbers in sums.items():
        for index, number in enumerate(numbers):
            totals[place[0], place[-1]][index] += number
    order = {model: index for index, model in enumerate(asked.models)}
    return [
        {"model": model, "currency": currency, **_numbers(numbers)}
        for (model, currency), numbers in sorted(
            totals.items(), key=lambda row: (order[row[0][0]], row[0][1])
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
