"""Bars and sparklines of text, and the tables that are made of them."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

_PARTS = " ▏▎▍▌▋▊▉"
_LEVELS = "▁▂▃▄▅▆▇█"
WIDTH = 8

Columns = Sequence[str]
Row = Mapping[str, Any]


def bar(value: float, most: float, width: int = WIDTH) -> str:
    """A bar as long as the value is of the largest, to an eighth of a character."""
    if most <= 0 or value <= 0:
        return ""
    eighths = max(1, round(width * 8 * min(value / most, 1)))
    return "█" * (eighths // 8) + _PARTS[eighths % 8].strip()


def sparkline(values: Sequence[float]) -> str:
    """One character a value; the lowest line is nothing, the highest the largest value."""
    most = max(values, default=0)
    if most <= 0:
        return _LEVELS[0] * len(values)
    return "".join(_LEVELS[round((len(_LEVELS) - 1) * max(value, 0) / most)] for value in values)


def told_seconds(seconds: int) -> str:
    """`90` is `1 min 30 s`, in the two largest units."""
    parts = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def _events(rows: Sequence[Row]) -> tuple[Columns, list[list[object]]]:
    columns = ("event", "", "conversions", "per user", "credited", "value", "payout", "by day")
    return columns, [
        [
            row["event"],
            row["currency"],
            row["conversions"],
            "" if row["rate_per_user"] is None else f"{row['rate_per_user']:.1%}",
            row["attributed"],
            row["value"],
            row["payout"],
            sparkline([day["conversions"] for day in row["days"]]),
        ]
        for row in rows
    ]


def bucket_names(buckets: Sequence[Row]) -> list[str]:
    """`< 5 min`, …, `30 d or more`: what each bucket of times holds."""
    edges = [one["below_seconds"] for one in buckets]
    return [
        f"{told_seconds(edges[at - 1])} or more" if edge is None else f"< {told_seconds(edge)}"
        for at, edge in enumerate(edges)
    ]


def _delays(rows: Sequence[Row]) -> tuple[Columns, list[list[object]]]:
    found: list[list[object]] = []
    for row in rows:
        most = max(max(one["from_first"], one["from_last"]) for one in row["buckets"])
        found += [
            [
                row["event"],
                name,
                f"{one['from_first']} {bar(one['from_first'], most)}",
                f"{one['from_last']} {bar(one['from_last'], most)}",
            ]
            for name, one in zip(bucket_names(row["buckets"]), row["buckets"], strict=True)
        ]
    return ("event", "time to conversion", "from the first touch", "from the last touch"), found


def _cohorts(rows: Sequence[Row]) -> tuple[Columns, list[list[object]]]:
    found: list[list[object]] = []
    for row in rows:
        most = max((float(one["conversions"]) for one in row["by_touch_day"]), default=0)
        found += [
            [
                row["event"],
                one["day"],
                f"{float(one['conversions']):,.2f} {bar(float(one['conversions']), most)}",
                f"{one['value']} {row['currency']}",
            ]
            for one in row["by_touch_day"]
        ]
    return ("event", "day of the touch", "conversions", "value"), found


def _goals(rows: Sequence[Row]) -> tuple[Columns, list[list[object]]]:
    columns = ("event", "period", "done", "target", "due by now", "")
    return columns, [
        [
            row["event"],
            f"{row['period']} from {row['from']}",
            row["done"],
            row["target"],
            row["due"],
            bar(row["done"], row["target"], 20),
        ]
        for row in rows
    ]


def _decisions(rows: Sequence[Row]) -> tuple[Columns, list[list[object]]]:
    columns = ("occurred", "event", "id", "outcome", "value", "path", "payer", "payout")
    return columns, [
        [
            row["occurred_at"][:16].replace("T", " "),
            row["event"],
            row["id"],
            row["reason"] or row["outcome"],
            f"{row['value']} {row['currency']}",
            " > ".join(row["path"]),
            row["payer"],
            f"{row['payout']} {row['payout_currency']}",
        ]
        for row in rows
    ]


def _clicks(rows: Sequence[Row]) -> tuple[Columns, list[list[object]]]:
    columns = ("occurred", "click", "campaign", "channel", "sub-IDs", "counts")
    return columns, [
        [
            row["occurred_at"][:19].replace("T", " "),
            row["click_id"] or row["click_ref"],
            row["campaign"],
            row["channel"],
            ", ".join(f"{name} {value}" for name, value in row["subs"].items()),
            "yes" if row["counts"] else ", ".join(row["flags"]),
        ]
        for row in rows
    ]


SHOWN: Mapping[str, Callable[[Sequence[Row]], tuple[Columns, list[list[object]]]]] = (
    MappingProxyType(
        {
            "events": _events,
            "delays": _delays,
            "cohorts": _cohorts,
            "goals": _goals,
            "decisions": _decisions,
            "clicks": _clicks,
        }
    )
)
"""Reports whose table is more than their rows."""
