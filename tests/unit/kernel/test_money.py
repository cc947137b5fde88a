"""Money is exact, or refused by name."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchline.kernel.money import MAX_MICROS, micros_of, plain, split_micros

micros = st.integers(-MAX_MICROS, MAX_MICROS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("10", 10_000_000),
        ("10.10", 10_100_000),
        ("0.1", 100_000),
        ("-0.5", -500_000),
        ("1e2", 100_000_000),
        ("0.000001", 1),
        ("1000000000000", MAX_MICROS),
    ],
)
def test_a_plain_decimal_is_read_exactly(text: str, expected: int) -> None:
    """IN-16."""
    assert micros_of(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", " 1", "1 ", "1,5", "1_000", "abc", "NaN", "sNaN", "Infinity", "-Infinity", "-0"),
        *("-0.00", "1e-8", "0.0000001", "1e999999999", "9" * 39, "1" * 20, "0x10", "--1"),
        "1000000000000.000001",
    ],
)
def test_what_is_no_exact_amount_is_refused(text: str) -> None:
    """IN-16: nothing is rounded and nothing is guessed."""
    with pytest.raises(ValueError, match=r"number|zero|large|decimals"):
        micros_of(text)


@given(micros)
def test_writing_and_reading_gives_the_same_amount(amount: int) -> None:
    assert micros_of(plain(amount)) == amount


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, max_value=10**12 - 1))
def test_no_decimal_of_six_places_loses_anything(value: Decimal) -> None:
    """IN-16."""
    if abs(value) >= 10**12 or (value.is_zero() and value.is_signed()):
        return
    assert Decimal(micros_of(str(value))) == value.scaleb(6)


@given(micros, st.lists(st.integers(0, 1_000), min_size=1).filter(any))
def test_the_parts_of_a_split_sum_to_the_whole(total: int, weights: list[int]) -> None:
    shares = [Fraction(weight, sum(weights)) for weight in weights]
    parts = split_micros(total, shares)
    assert sum(parts) == total
    assert all(abs(part - share * total) < 1 for part, share in zip(parts, shares, strict=True))


@given(micros, st.lists(st.integers(0, 1_000), min_size=1).filter(any))
def test_taking_back_mirrors_giving(total: int, weights: list[int]) -> None:
    shares = [Fraction(weight, sum(weights)) for weight in weights]
    assert split_micros(-total, shares) == tuple(-part for part in split_micros(total, shares))


def test_shares_that_do_not_sum_to_one_are_refused() -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        split_micros(100, [Fraction(1, 3)])
