"""Reading what senders write: instants and amounts, each with the remarks it deserves."""

import re
from datetime import UTC, datetime, timedelta

from touchline.kernel.errors import Refused
from touchline.kernel.money import micros_of

_SECONDS = re.compile(r"[1-9][0-9]{8,9}")
_MILLISECONDS = re.compile(r"[1-9][0-9]{11,12}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_LEAP_SECOND = re.compile(r"([0-9]{2}:[0-9]{2}):60")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def epoch(text: str) -> tuple[int, tuple[str, ...]]:
    """Milliseconds since 1970 from 12 to 13 digits, or from 9 to 10 digits of seconds (remarked).

    Raises Refused `bad_time`.
    """
    if _MILLISECONDS.fullmatch(text) and text.isascii():
        return int(text), ()
    if _SECONDS.fullmatch(text) and text.isascii():
        return int(text) * 1000, ("seconds",)
    raise Refused("bad_time", "UNIX milliseconds are 13 digits, seconds 10")


def instant(text: str) -> tuple[int, tuple[str, ...]]:
    """As `epoch`, or RFC 3339 text; without a zone it is taken as UTC (remarked).

    A leap second (`23:59:60`) is the second after it, as in UNIX time. Raises Refused `bad_time`.
    """
    if text.isdigit():
        return epoch(text)
    try:
        plain, leap = _LEAP_SECOND.subn(r"\1:59", text.replace("z", "Z"))
        moment = datetime.fromisoformat(plain) + timedelta(seconds=leap)
    except (ValueError, OverflowError) as error:
        raise Refused("bad_time", "neither UNIX time nor RFC 3339") from error
    remarks: tuple[str, ...] = ()
    if moment.tzinfo is None:
        moment, remarks = moment.replace(tzinfo=UTC), ("assumed_utc",)
    at = (moment - _EPOCH) // timedelta(milliseconds=1)
    if not 0 < at < 10**13:
        raise Refused("bad_time", "not between 1970 and 2286")
    return at, remarks


def amount(text: str, field: str) -> int:
    """Micros of a decimal that is not negative.

    Raises Refused `negative_amount`, `too_precise` (over six decimals) or `bad_amount`.
    """
    try:
        micros = micros_of(text)
    except ValueError as error:
        code = "too_precise" if "decimals" in str(error) else "bad_amount"
        raise Refused(code, str(error), field=field) from error
    if micros < 0:
        raise Refused("negative_amount", field=field)
    return micros


def currency(text: str) -> str:
    """An ISO 4217 code in capitals. Raises Refused `bad_currency`."""
    code = text.strip().upper() if text.isascii() else ""  # "ſ" is an S in capitals
    if not _CURRENCY.fullmatch(code):
        raise Refused("bad_currency", "three letters as in ISO 4217", field="currency")
    return code
