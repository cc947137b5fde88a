"""The first page: one answer with what an analyst asks every morning."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from touchline.kernel.money import plain
from touchline.kernel.reasons import reason
from touchline.ledger.measures import Measures
from touchline.reporting.ask import Days
from touchline.reporting.events import Part, summed


def overview(parts: Sequence[Part], days: Days, currency: str) -> dict[str, Any]:
    """Totals, days and reasons. Days without conversions are there too, with zeros.

    Values of different currencies are never added: `values` has one sum for each, and a day's
    `value` is that of the account's own currency.
    """
    total = summed(part.measures for part in parts)
    return {
        "from": days.first,
        "to": days.last,
        "currency": currency,
        "totals": {
            "conversions": total.conversions,
            "attributed": total.attributed,
            "match_rate": round(total.attributed / total.conversions, 6)
            if total.conversions
            else None,
            "values": _by_currency(parts, "value_micros"),
            "payouts": _by_currency(parts, "payout_micros"),
        },
        "days": _by_day(parts, days, currency),
        "unattributed": unattributed(total),
    }


def unattributed(total: Measures) -> list[dict[str, Any]]:
    """Why conversions earned nobody anything, most frequent first, in the catalogue's words."""
    counted = sorted(total.excluded.items(), key=lambda one: (-one[1], one[0]))
    return [
        {"reason": code, "conversions": number, "meaning": reason(code).meaning}
        for code, number in counted
    ]


def _by_currency(parts: Sequence[Part], name: str) -> Mapping[str, str]:
    sums: Counter[str] = Counter()
    for part in parts:
        sums[part.currency] += getattr(part.measures, name)
    return {currency: plain(micros) for currency, micros in sorted(sums.items()) if micros}


def _by_day(parts: Sequence[Part], days: Days, currency: str) -> list[dict[str, Any]]:
    by_day: defaultdict[str, list[Part]] = defaultdict(list)
    for part in parts:
        by_day[part.day].append(part)
    rows = []
    for day in days:
        total = summed(part.measures for part in by_day[day])
        own = sum(one.measures.value_micros for one in by_day[day] if one.currency == currency)
        rows.append(
            {
                "day": day,
                "conversions": total.conversions,
                "attributed": total.attributed,
                "value": plain(own),
            }
        )
    return rows
