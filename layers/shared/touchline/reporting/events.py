"""Events by day, the time that conversions took, and credit by the day of the touch.

All from the measures that nights publish, one small row per day, event and currency: how many
rows are read depends on the days asked for, never on the number of conversions.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from touchline.kernel.errors import Refused
from touchline.kernel.money import plain
from touchline.ledger.decisions import WHOLE
from touchline.ledger.fields import number, text
from touchline.ledger.measures import DELAY_EDGES_SECONDS, Cohort, Measures, Traffic, measures_of
from touchline.ledger.result_keys import TRAFFIC_SK, measures_prefix
from touchline.platform.dynamo import Item
from touchline.reporting.ask import Ask, Days
from touchline.reporting.published import Published, Spread, rows_of


@dataclass(frozen=True, slots=True)
class Part:
    """The measures of one event in one currency on one day."""

    day: str
    event: str
    currency: str
    measures: Measures


@dataclass(frozen=True, slots=True)
class Found:
    """What was published about the days: parts in order of day, and traffic where it is known."""

    parts: Sequence[Part]
    traffic: Mapping[str, Traffic]


def found_in(published: Published, ask: Ask, spread: Spread) -> Found:
    """Everything that answers the question. A partner's parts are its own only."""
    days = rows_of(published, ask, [measures_prefix(ask.partner or "")], spread)
    rows = [(one.day, row) for one, rows in days for row in rows]
    parts = [_part_of(day, row) for day, row in rows if row["sk"] != TRAFFIC_SK]
    return Found(
        [part for part in parts if _wanted(part, ask)],
        {
            day: Traffic(number(row, "people"), number(row, "sessions"))
            for day, row in rows
            if row["sk"] == TRAFFIC_SK
        },
    )


def parts_of(published: Published, ask: Ask, spread: Spread) -> Sequence[Part]:
    """The parts alone."""
    return found_in(published, ask, spread).parts


def event_report(found: Found, days: Days) -> dict[str, Any]:
    """Count, rate, value and payout by event and currency, day by day.

    Rates are conversions per person and per session, over the days whose traffic is known; a
    person is counted once a day. They are None where no traffic is known.
    """
    parts, traffic = found.parts, found.traffic
    people = sum(one.people for one in traffic.values())
    sessions = sum(one.sessions for one in traffic.values())
    events = [
        {
            "event": event,
            "currency": currency,
            **_sums(summed(part.measures for part in own)),
            "rate_per_user": _rate(own, traffic, people),
            "rate_per_session": _rate(own, traffic, sessions),
            "days": [{"day": part.day, **_sums(part.measures)} for part in own],
        }
        for (event, currency), own in _grouped(parts).items()
    ]
    told = {"days": len(traffic), "users": people, "sessions": sessions}
    return {"from": days.first, "to": days.last, "events": events, "traffic": told}


def delay_report(parts: Sequence[Part], days: Days) -> dict[str, Any]:
    """How long conversions took, from the first and from the last touch of their path."""
    events = []
    for (event, currency), own in _grouped(parts).items():
        total = summed(part.measures for part in own)
        if total.attributed:
            events.append(
                {
                    "event": event,
                    "currency": currency,
                    "conversions": total.attributed,
                    "mean_first_seconds": total.first_seconds // total.attributed,
                    "mean_last_seconds": total.last_seconds // total.attributed,
                    "buckets": _buckets(total),
                }
            )
    return {"from": days.first, "to": days.last, "events": events}


def cohort_report(parts: Sequence[Part], days: Days, model: str) -> dict[str, Any]:
    """Credit by the day of the touch, beside conversions by the day on which they occurred.

    Raises Refused `unknown_model` when no published day knows the model.
    """
    known = sorted({name for part in parts for name in part.measures.cohorts})
    if parts and known and model not in known:
        raise Refused("unknown_model", f"{model[:40]!r}; there are {', '.join(known)}")
    groups = []
    for (event, currency), own in _grouped(parts).items():
        touched: defaultdict[str, Cohort] = defaultdict(Cohort)
        for part in own:
            for day, cohort in part.measures.cohorts.get(model, {}).items():
                touched[day] += cohort
        groups.append(
            {
                "event": event,
                "currency": currency,
                "by_touch_day": [_credit(day, touched[day]) for day in sorted(touched)],
                "by_conversion_day": [
                    {
                        "day": part.day,
                        "conversions": part.measures.conversions,
                        "value": plain(part.measures.value_micros),
                    }
                    for part in own
                ],
            }
        )
    return {"from": days.first, "to": days.last, "model": model, "models": known, "events": groups}


def summed(measures: Iterable[Measures]) -> Measures:
    """All of them as one."""
    total = Measures()
    for one in measures:
        total += one
    return total


def _rate(parts: Sequence[Part], traffic: Mapping[str, Traffic], total: int) -> float | None:
    if not total:
        return None
    counted = sum(part.measures.conversions for part in parts if part.day in traffic)
    return round(counted / total, 6)


def _part_of(day: str, row: Item) -> Part:
    return Part(day, text(row, "event"), text(row, "currency"), measures_of(row))


def _wanted(part: Part, ask: Ask) -> bool:
    return ask.event in {"", part.event} and ask.currency in {"", part.currency}


def _grouped(parts: Sequence[Part]) -> Mapping[tuple[str, str], list[Part]]:
    groups: defaultdict[tuple[str, str], list[Part]] = defaultdict(list)
    for part in sorted(parts, key=lambda one: (one.event, one.currency, one.day)):
        groups[part.event, part.currency].append(part)
    return groups


def _sums(measures: Measures) -> dict[str, Any]:
    return {
        "conversions": measures.conversions,
        "attributed": measures.attributed,
        "value": plain(measures.value_micros),
        "payout": plain(measures.payout_micros),
        "excluded": dict(measures.excluded),
    }


def _buckets(total: Measures) -> list[dict[str, int | None]]:
    edges: tuple[int | None, ...] = (*DELAY_EDGES_SECONDS, None)
    return [
        {"below_seconds": edge, "from_first": first, "from_last": last}
        for edge, first, last in zip(edges, total.from_first, total.from_last, strict=True)
    ]


def _credit(day: str, cohort: Cohort) -> dict[str, Any]:
    return {
        "day": day,
        "conversions": decimal_share(cohort.share_ppb),
        "value": plain(cohort.value_micros),
    }


def decimal_share(share_ppb: int) -> str:
    """Parts per billion of a conversion as an exact decimal: `decimal_share(2_500_000_000)` is
    `2.5`."""
    sign = "-" if share_ppb < 0 else ""
    whole, rest = divmod(abs(share_ppb), WHOLE)
    decimals = f"{rest:09d}".rstrip("0")
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"
