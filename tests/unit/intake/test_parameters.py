"""The one rule by which parameters are read."""

from contextlib import suppress
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.intake_factories import an_envelope
from touchline.intake.parameters import Parameters, parameters_of
from touchline.intake.presets import DIALECTS
from touchline.intake.strict_json import dump, parse
from touchline.kernel.errors import Refused

FORM = {"content-type": "application/x-www-form-urlencoded"}
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: text.strip() != "" and not set(text) & set("{}[]#$%()")
)


def read(query: str, **more: object) -> Parameters:
    return parameters_of(an_envelope(raw_query=query, **more))


@given(TEXT, TEXT)
def test_what_was_percent_encoded_reads_as_it_was(one: str, other: str) -> None:
    """IN-18: property over arbitrary text."""
    read_back = read(f"a={quote_plus(one)}&b={quote_plus(other)}").values
    assert read_back == {"a": one.strip(), "b": other.strip()}


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_named(body: bytes) -> None:
    """IN-13: nothing but a reason ever comes out of hostile bytes."""
    for headers in ({}, FORM, {"content-type": "application/json"}):
        with suppress(Refused):
            parameters_of(an_envelope(body=body, headers=headers))


@pytest.mark.parametrize(
    ("query", "values", "remarks"),
    [
        ("a=1&a=2", {"a": "1"}, ("repeated_parameter",)),
        ("a=1&A=1", {"a": "1"}, ()),
        ("a=&a=2", {"a": "2"}, ()),
        ("a", {}, ()),
        ("=1", {}, ()),
        ("a=%20x%20", {"a": "x"}, ()),
        ("a=b+c%2Bd", {"a": "b c+d"}, ()),
        ("a=x=y", {"a": "x=y"}, ()),
        ("a=%zz", {"a": "%zz"}, ()),
        ("a=%E2%98%83", {"a": "☃"}, ()),
        ("a=%ff", {"a": "�"}, ("bad_encoding",)),
        ("", {}, ()),
        ("&&&", {}, ()),
    ],
)
def test_the_rule_holds_for(query: str, values: dict[str, str], remarks: tuple[str, ...]) -> None:
    """IN-18: repeats, blanks, case, absence."""
    found = read(query)
    assert (found.values, found.remarks) == (values, remarks)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_placeholder_of_each_dialect_is_known_when_nobody_filled_it(dialect: str) -> None:
    unfilled = DIALECTS[dialect].macro.replace("x", "payout")
    assert read(f"a={quote_plus(unfilled)}").remarks == ("unexpanded_macro",)


@pytest.mark.parametrize(
    "unfilled",
    ["{a}", "{{a}}", "##a##", "[a]", "#a#", "${a}", "%payout%", "(a)", "${(a)!}", "[[a]]"],
)
def test_every_common_placeholder_is_known(unfilled: str) -> None:
    assert read(f"a={quote_plus(unfilled)}").values == {}


def test_the_query_comes_before_the_form() -> None:
    assert read("a=1", body=b"a=2&b=3", headers=FORM).values == {"a": "1", "b": "3"}


def test_extra_names_keep_their_spelling() -> None:
    assert read("referrer_customValue=7").spelled == {
        "referrer_customvalue": "referrer_customValue"
    }


def test_numbers_in_json_keep_their_digits() -> None:
    """IN-16: no float on the way."""
    body = b'{"value": 0.10, "big": 12345678901234567890.123456789}'
    read_back = read("", body=body, headers={"content-type": "application/json"}).values
    assert read_back == {"value": "0.10", "big": "12345678901234567890.123456789"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    max_leaves=10,
)  # fmt: skip


@given(JSON)
def test_json_that_is_written_again_means_the_same(value: object) -> None:
    """What is quarantined item by item replays as it was; a decimal as the string of its digits."""
    assert dump(parse(dump(value))) == dump(value)
