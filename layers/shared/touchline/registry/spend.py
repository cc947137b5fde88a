"""What was spent on advertising, as operators tell it: one cost per day, channel and campaign."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from touchline.kernel.clock import start_of
from touchline.kernel.errors import Refused
from touchline.kernel.money import micros_of

MOST_ROWS = 500
LONGEST_NAME = 200
FIELDS = frozenset({"day", "channel", "campaign", "cost", "currency"})


@dataclass(frozen=True, slots=True)
class Spend:
    """The cost of one campaign ("" for the whole channel) on one UTC day."""

    day: str
    channel: str
    campaign: str
    cost_micros: int
    currency: str


def spend_rows(said: object, usual_currency: str) -> tuple[Spend, ...]:
    """Read rows of `{day, channel, campaign?, cost, currency?}`.

    Raises Refused `bad_field` naming the row (counted from 1) and the field; then none is saved.
    """
    if not isinstance(said, list) or not 1 <= len(said) <= MOST_ROWS:
        raise Refused("bad_field", f"rows: a list of 1 to {MOST_ROWS}", field="rows")
    return tuple(_row(number, row, usual_currency) for number, row in enumerate(said, 1))


def spent_in(rows: Sequence[Spend], name: str) -> Mapping[tuple[str, str], int]:
    """Cost in micros by (value of `channel` or `campaign`, currency)."""
    sums: dict[tuple[str, str], int] = {}
    for row in rows:
        key = (row.campaign if name == "campaign" else row.channel, row.currency)
        sums[key] = sums.get(key, 0) + row.cost_micros
    return sums


def _row(number: int, said: Any, usual_currency: str) -> Spend:
    if not isinstance(said, dict):
        raise _wrong(number, "", "an object")
    if unknown := sorted(said.keys() - FIELDS):
        raise _wrong(number, str(unknown[0])[:40], f"one of {', '.join(sorted(FIELDS))}")
    words = {name: said.get(name, "") for name in ("day", "channel", "campaign")}
    for name, value in words.items():
        if not isinstance(value, str) or len(value) > LONGEST_NAME:
            raise _wrong(number, name, f"text of at most {LONGEST_NAME} characters")
    if not words["channel"]:
        raise _wrong(number, "channel", "the channel's name")
    try:
        start_of(words["day"])
    except ValueError as error:
        raise _wrong(number, "day", "a day written YYYY-MM-DD") from error
    currency = said.get("currency") or usual_currency
    if not (isinstance(currency, str) and len(currency) == 3 and currency.isalpha()):
        raise _wrong(number, "currency", "three letters")
    return Spend(
        words["day"],
        words["channel"],
        words["campaign"],
        _cost(number, said.get("cost", "")),
        currency.upper(),
    )


def _cost(number: int, said: Any) -> int:
    try:
        micros = micros_of(str(said))
    except ValueError as error:
        raise _wrong(number, "cost", f"an amount ({error})") from error
    if micros < 0:
        raise _wrong(number, "cost", "an amount of at least 0")
    return micros


def _wrong(number: int, name: str, wanted: str) -> Refused:
    place = f"rows[{number}].{name}" if name else f"rows[{number}]"
    return Refused("bad_field", f"{place}: {wanted}", field=place)
