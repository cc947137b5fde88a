"""Money is whole micros (millionths of the unit) with an ISO 4217 currency. Never a float."""

import math
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation, localcontext
from fractions import Fraction

from touchline.kernel.values import dataclass

MICROS = 1_000_000
MAX_MICROS = 10**18
"""A million million units: above any order, and far inside what DynamoDB stores exactly."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in micros of a currency, for example `Money(12_340_000, "EUR")` for 12.34 EUR."""

    micros: int
    currency: str


def micros_of(text: str) -> int:
    """Read a plain decimal (`10`, `10.10`, `-0.5`, `1e2`) as exact micros.

    Raises ValueError for anything else: NaN, infinity, negative zero, a comma, blanks, digits of
    other scripts, more than six decimals, or above `MAX_MICROS`.
    """
    if not text or text != text.strip() or "_" in text or not text.isascii():
        raise ValueError("not a number")
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError("not a number") from error
    if not value.is_finite():
        raise ValueError("not a finite number")
    if value.is_zero():
        if value.is_signed():
            raise ValueError("negative zero")
        return 0
    return _exact(value)


def _exact(value: Decimal) -> int:
    if value.adjusted() > 18:
        raise ValueError("too large")
    with localcontext() as context:
        context.prec = max(len(value.as_tuple().digits) + 8, 28)
        micros = value.scaleb(6)
        if micros != micros.to_integral_value():
            raise ValueError("more than six decimals")
        whole = int(micros)
    if abs(whole) > MAX_MICROS:
        raise ValueError("too large")
    return whole


def plain(micros: int) -> str:
    """The shortest decimal with at least two places: `plain(12_340_000) == "12.34"`."""
    sign = "-" if micros < 0 else ""
    whole, rest = divmod(abs(micros), MICROS)
    decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{sign}{whole}.{decimals}"


def split_micros(total_micros: int, shares: Sequence[Fraction]) -> tuple[int, ...]:
    """Split an amount by shares that sum to 1, exactly, by largest remainder.

    Ties go to the earlier share. A negative amount (a refund) splits like its opposite, so that
    taking back mirrors giving. Raises ValueError when the shares do not sum to 1.
    """
    whole = math.lcm(*(share.denominator for share in shares))
    parts = [share.numerator * (whole // share.denominator) for share in shares]
    return split_by_parts(total_micros, parts, whole)


def split_by_parts(total_micros: int, parts: Sequence[int], whole: int) -> tuple[int, ...]:
    """`split_micros` for shares of one denominator: integers only, for the hot paths.

    Raises ValueError when the parts do not sum to the whole.
    """
    if not parts or sum(parts) != whole:
        raise ValueError("shares must sum to 1")
    size = abs(total_micros)
    quotas = [divmod(part * size, whole) for part in parts]
    amounts = [quotient for quotient, _ in quotas]
    missing = size - sum(amounts)
    if missing:
        by_remainder = sorted(range(len(parts)), key=lambda i: (-quotas[i][1], i))
        for index in by_remainder[:missing]:
            amounts[index] += 1
    return tuple(amounts if total_micros >= 0 else [-amount for amount in amounts])
