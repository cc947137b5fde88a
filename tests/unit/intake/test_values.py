"""How instants, amounts and currencies are read: ours, and those that only look so."""

import pytest

from touchline.intake.values import amount, currency, instant
from touchline.kernel.errors import Refused


def test_a_leap_second_is_the_second_after_it() -> None:
    """UNIX time has none; the last one so far was at the end of 2016."""
    assert instant("2016-12-31T23:59:60Z") == (1_483_228_800_000, ())
    assert instant("2017-01-01T00:59:60.250+01:00") == (1_483_228_800_250, ())


@pytest.mark.parametrize("text", ["9999-12-31T23:59:60Z", "2026-01-01T00:00:61Z", "٢٠٢٦-01-01"])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="bad_time"):
        instant(text)


@pytest.mark.parametrize("text", ["١٢٣", "１２", "1２", "¹", "1\u00a0"])
def test_digits_of_other_scripts_are_no_amount(text: str) -> None:
    with pytest.raises(Refused, match="bad_amount"):
        amount(text, "value")


@pytest.mark.parametrize("text", ["uſd", "ＵＳＤ", "UЅD", "ıds", "US", "USDT", "U$D", ""])
def test_what_only_looks_like_a_currency_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="bad_currency"):
        currency(text)
