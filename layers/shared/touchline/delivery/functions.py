"""The functions of macros: `{value|minor}`, `{occurred_at|date(%Y-%m-%d,Europe/Rome)}`.

Each takes the value so far and gives the next one. `raw` is the exception: it says how the result
is encoded, so the renderer looks at it (templates.render).
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from touchline.kernel.clock import iso

RAW = "raw"
_NO_MINOR = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THREE_DECIMALS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadCall(ValueError):
    """A function is unknown or its arguments are wrong. The text is for a person."""


Function = Callable[[str, tuple[str, ...], str], str]
"""(value, arguments, currency) to value."""


def minor_digits(currency: str) -> int:
    """Decimals of a currency's minor unit by ISO 4217: 2 but for JPY and its like, KWD and its."""
    if currency in _NO_MINOR:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


def check(name: str, arguments: tuple[str, ...]) -> None:
    """Raise BadCall unless the call can work on any value."""
    if name == RAW:
        if arguments:
            raise BadCall("raw takes no arguments")
        return
    function = FUNCTIONS.get(name)
    if function is None:
        known = ", ".join([RAW, *FUNCTIONS])
        raise BadCall(f"no function {name}; there are {known}")
    function("0", arguments, "EUR")


def apply(name: str, value: str, arguments: tuple[str, ...], currency: str) -> str:
    """The value after one function. `raw` leaves it as it is. Raises BadCall."""
    if name == RAW:
        return value
    function = FUNCTIONS.get(name)
    if function is None:
        raise BadCall(f"no function {name}")
    return function(value, arguments, currency)


def _default(value: str, arguments: tuple[str, ...], _: str) -> str:
    if len(arguments) != 1:
        raise BadCall("default takes the value to use: default(none)")
    return value or arguments[0]


def _lower(value: str, arguments: tuple[str, ...], _: str) -> str:
    _none("lower", arguments)
    return value.lower()


def _sha256(value: str, arguments: tuple[str, ...], _: str) -> str:
    _none("sha256", arguments)
    return hashlib.sha256(_bytes(value)).hexdigest() if value else ""


def _md5(value: str, arguments: tuple[str, ...], _: str) -> str:
    _none("md5", arguments)
    return hashlib.md5(_bytes(value), usedforsecurity=False).hexdigest() if value else ""


def _minor(value: str, arguments: tuple[str, ...], currency: str) -> str:
    _none("minor", arguments)
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return ""
    scaled = amount.scaleb(minor_digits(currency))
    return str(int(scaled.to_integral_value(ROUND_HALF_EVEN)))


def _date(value: str, arguments: tuple[str, ...], _: str) -> str:
    if len(arguments) > 2:
        raise BadCall("date takes a format and a time zone: date(%Y-%m-%d,Europe/Rome)")
    zone = _zone(arguments[1]) if len(arguments) == 2 else UTC
    if not value.isascii() or not value.isdigit() or len(value) > 14:
        return ""
    if not arguments or not arguments[0]:
        return iso(int(value))
    if arguments[0] == "%s":
        return str(int(value) // 1000)
    return (_EPOCH + timedelta(milliseconds=int(value))).astimezone(zone).strftime(arguments[0])


def _map(value: str, arguments: tuple[str, ...], _: str) -> str:
    pairs = [argument.partition("=") for argument in arguments]
    if not pairs or not all(equals for _, equals, _ in pairs):
        raise BadCall("map takes pairs: map(approved=1,rejected=3)")
    return {left: right for left, _, right in pairs}.get(value, value)


def _zone(name: str) -> tzinfo:
    if name.upper() in {"UTC", "Z"}:
        return UTC
    if name[:1] in {"+", "-"} and name[1:3].isdigit() and name[4:6].isdigit() and len(name) == 6:
        sign = -1 if name[0] == "-" else 1
        return timezone(sign * timedelta(hours=int(name[1:3]), minutes=int(name[4:6])))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadCall(f"no time zone {name!r}") from error


def _none(name: str, arguments: tuple[str, ...]) -> None:
    if arguments:
        raise BadCall(f"{name} takes no arguments")


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "replace")


FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "default": _default,
        "lower": _lower,
        "sha256": _sha256,
        "md5": _md5,
        "date": _date,
        "minor": _minor,
        "map": _map,
    }
)
