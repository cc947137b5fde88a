"""What a report is asked: whose, which days, which filters. Every wrong question has a name."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from touchline.kernel.clock import DAY_MS, days_between, next_day, start_of
from touchline.kernel.errors import Refused
from touchline.kernel.ids import PartnerId, Realm

FIRST_DAY = "2000-01-01"
LAST_DAY = "2100-01-01"
MOST_DAYS = 400
USUAL_DAYS = 30

Parameters = Callable[[str], str]
"""Gives the first query parameter of a name, "" when there is none."""


@dataclass(frozen=True, slots=True)
class Days:
    """UTC days from `first` to `last`, both included."""

    first: str
    last: str

    def __iter__(self) -> Iterator[str]:
        return days_between(self.first, self.last)


@dataclass(frozen=True, slots=True)
class Ask:
    """One question: `partner` is that of the token, which sees its own and nothing else."""

    realm: Realm
    days: Days
    partner: PartnerId | None = None
    event: str = ""
    currency: str = ""


def days_asked(parameter: Parameters, today: str) -> Days:
    """`from` and `to` of the query; the 30 days that end today where they are left out.

    Raises Refused `bad_range` or `range_too_long`.
    """
    last = _day(parameter("to") or today, "to")
    first = _day(parameter("from") or max(FIRST_DAY, next_day(last, 1 - USUAL_DAYS)), "from")
    if first > last:
        raise Refused("bad_range", f"from {first} is after to {last}", field="from")
    if (start_of(last) - start_of(first)) // DAY_MS >= MOST_DAYS:
        raise Refused("range_too_long", f"{first} to {last}", field="from")
    return Days(first, last)


def limit_asked(parameter: Parameters, usual: int = 50, most: int = 500) -> int:
    """`limit` of the query. Raises Refused `bad_limit`."""
    said = parameter("limit")
    if not said:
        return usual
    if not (said.isascii() and said.isdigit() and 1 <= int(said[:9]) <= most):
        raise Refused("bad_limit", f"limit is {said[:20]}, not 1 to {most}", field="limit")
    return int(said)


def _day(said: str, name: str) -> str:
    try:
        start_of(said)
    except ValueError as error:
        raise Refused("bad_range", f"{name} is {said[:20]!r}", field=name) from error
    if not FIRST_DAY <= said <= LAST_DAY:
        raise Refused("bad_range", f"{name} is {said}", field=name)
    return said
