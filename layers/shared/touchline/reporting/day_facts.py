"""What did not lead to credit and why, which keys matched people, and which paths converted."""

from collections import Counter, defaultdict
from typing import Any

from touchline.kernel.money import plain
from touchline.kernel.reasons import CATALOGUE
from touchline.ledger.result_keys import FACTS_SK
from touchline.reporting.ask import Ask
from touchline.reporting.published import Published, Spread, body, currencies, rows_of

_PLACES = 6


def unattributed_report(published: Published, ask: Ask, spread: Spread) -> dict[str, Any]:
    """Conversions without credit by event and reason, with what to do about each."""
    counted: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    attributed: Counter[str] = Counter()
    for event, facts in _facts(published, ask, spread):
        attributed[event] += facts.get("attributed", 0)
        for reason, numbers in facts["reasons"].items():
            counted[event, reason].update(numbers)
    rows = []
    for (event, reason), numbers in sorted(counted.items()):
        conversions = numbers.pop("conversions")
        listed = CATALOGUE.get(reason)
        rows.append(
            {
                "event": event,
                "reason": reason,
                "meaning": listed.meaning if listed else "",
                "fix": listed.fix if listed else "",
                "conversions": conversions,
                "value": currencies(numbers, plain),
            }
        )
    return {
        "from": ask.days.first,
        "to": ask.days.last,
        "attributed": attributed.total(),
        "unattributed": sum(row["conversions"] for row in rows),
        "rows": rows,
    }


def match_rate_report(published: Published, ask: Ask, spread: Spread) -> dict[str, Any]:
    """For each key that conversions came with: in how many a touch was found under it."""
    named: Counter[tuple[str, str]] = Counter()
    matched: Counter[tuple[str, str]] = Counter()
    totals: Counter[str] = Counter()
    for event, facts in _facts(published, ask, spread):
        totals["attributed"] += facts.get("attributed", 0)
        totals["conversions"] += facts.get("attributed", 0) + facts.get("excluded", 0)
        named.update({(event, key): count for key, count in facts["named"].items()})
        matched.update({(event, key): count for key, count in facts["matched"].items()})
    rows: list[dict[str, Any]] = [
        {
            "event": event,
            "key": key,
            "named": named[event, key],
            "matched": matched[event, key],
        }
        for event, key in sorted({*named, *matched})
    ]
    return {
        "from": ask.days.first,
        "to": ask.days.last,
        "conversions": totals["conversions"],
        "attributed": totals["attributed"],
        "rate": _rate(totals["attributed"], totals["conversions"]),
        "rows": [{**row, "share": _rate(row["matched"], totals["conversions"])} for row in rows],
    }


def paths_report(published: Published, ask: Ask, limit: int, spread: Spread) -> dict[str, Any]:
    """The paths of channels that converted most."""
    sums: defaultdict[tuple[str, str, tuple[str, ...]], list[int]] = defaultdict(lambda: [0, 0])
    for _, items in rows_of(published, ask, ["paths#"], spread):
        for item in items:
            for event, currency, path, conversions, micros in body(item):
                if (not ask.event or event == ask.event) and (
                    not ask.currency or currency == ask.currency
                ):
                    numbers = sums[event, currency, tuple(path)]
                    numbers[0] += conversions
                    numbers[1] += micros
    ordered = sorted(sums.items(), key=lambda row: (-row[1][0], -row[1][1], row[0]))
    return {
        "from": ask.days.first,
        "to": ask.days.last,
        "distinct": len(ordered),
        "rows": [
            {
                "path": list(path),
                "event": event,
                "currency": currency,
                "conversions": conversions,
                "value": plain(micros),
            }
            for (event, currency, path), (conversions, micros) in ordered[:limit]
        ],
    }


def assists_report(published: Published, ask: Ask, spread: Spread) -> dict[str, Any]:
    """For each channel: conversions that it began, that it ended, and that it assisted, which is
    to stand in the path and not to end it. A conversion counts once for a channel and role."""
    counts: defaultdict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for _, items in rows_of(published, ask, ["paths#"], spread):
        for item in items:
            for event, currency, path, conversions, micros in body(item):
                if not path or ask.event not in {"", event} or ask.currency not in {"", currency}:
                    continue
                for channel in dict.fromkeys(path):
                    roles = _roles(channel, path)
                    numbers = counts[event, channel, currency]
                    numbers.update(dict.fromkeys(roles, conversions))
                    numbers.update({f"{role}_micros": micros for role in roles})
    ordered = sorted(counts.items(), key=lambda row: (-row[1]["assisted"], -row[1]["last"], row[0]))
    return {
        "from": ask.days.first,
        "to": ask.days.last,
        "rows": [_assist(place, numbers) for place, numbers in ordered],
    }


def _roles(channel: str, path: list[str]) -> list[str]:
    return [
        *(["first"] if path[0] == channel else []),
        *(["last"] if path[-1] == channel else ["assisted"]),
    ]


def _assist(place: tuple[str, str, str], numbers: Counter[str]) -> dict[str, Any]:
    event, channel, currency = place
    return {
        "event": event,
        "channel": channel,
        "currency": currency,
        **{role: numbers[role] for role in ("first", "assisted", "last")},
        "assisted_value": plain(numbers["assisted_micros"]),
        "last_value": plain(numbers["last_micros"]),
    }


def _facts(published: Published, ask: Ask, spread: Spread) -> list[tuple[str, dict[str, Any]]]:
    return [
        (event, facts)
        for _, items in rows_of(published, ask, [FACTS_SK], spread)
        for item in items
        for event, facts in body(item).items()
        if not ask.event or event == ask.event
    ]


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, _PLACES) if whole else None
