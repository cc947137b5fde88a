"""Templates: values go in once, encoded once, and never become anything else."""

import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from touchline.delivery.delimiters import canonical
from touchline.delivery.functions import BadCall, apply, check
from touchline.delivery.macros import MACROS
from touchline.delivery.templates import (
    Macro,
    macros_of,
    parse,
    render_body,
    render_header,
    render_url,
)

ANY = st.text(max_size=60)
NASTY = st.sampled_from(
    [
        "{value}",
        "{{value}}",
        "a&b=c",
        "#x",
        "%26",
        "a%2Fb",
        "\r\nX: y",
        "\x00",
        "..",
        ".",
        "/../",
        "\\",
    ]
)


@given(st.one_of(ANY, NASTY), st.one_of(ANY, NASTY))
def test_di_07_d22_any_value_comes_out_as_it_went_in_and_changes_nothing_else(one, two):
    template = "https://a.example.net/p/{sub1}/x?c={click_id}&v={coupon}&fixed=1"
    url = render_url(template, {"sub1": one, "click_id": one, "coupon": two})

    parts = urlsplit(url)
    expected = [value.encode("utf-8", "replace").decode() for value in (one, two)]
    assert parse_qsl(parts.query, keep_blank_values=True) == [
        ("c", expected[0]),
        ("v", expected[1]),
        ("fixed", "1"),
    ]
    assert parts.netloc == "a.example.net"
    assert parts.path.count("/") == 3
    assert parts.fragment == ""
    assert url.isascii()


@given(st.one_of(ANY, NASTY))
def test_di_07_no_client_resolves_a_value_into_another_path(value):
    url = render_url("https://a.example.net/p/{sub1}/x", {"sub1": value})

    assert len(URL(url).raw_parts) == len(URL("https://a.example.net/p/v/x").raw_parts)


def test_a_path_segment_that_values_join_to_dots_is_emptied():
    assert (
        render_url("https://h.io/{sub1}{sub2}/x", {"sub1": ".", "sub2": "."}) == "https://h.io//x"
    )


@given(st.one_of(ANY, NASTY))
def test_di_07_raw_keeps_triplets_and_still_adds_no_parameter(value):
    url = render_url("https://a.example.net/?c={click_id|raw}&z=1", {"click_id": value})

    assert [name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)] == [
        "c",
        "z",
    ]


def test_raw_does_not_encode_what_is_encoded_already():
    url = render_url("https://h.io/?c={sub1|raw}&d={sub1}", {"sub1": "a%20b"})

    assert url == "https://h.io/?c=a%20b&d=a%2520b"


def test_an_empty_value_is_an_empty_parameter():
    assert render_url("https://h.io/?c={click_id}&v={value}", {}) == "https://h.io/?c=&v="


def test_a_question_mark_in_a_macro_function_is_not_the_query():
    url = render_url("https://h.io/{status|map(approved=a?b)}?x=1", {"status": "approved"})

    assert url == "https://h.io/a%3Fb?x=1"


@given(st.text(max_size=80))
def test_parsing_a_template_loses_nothing(text):
    assert "".join(part for part in parse(text) if isinstance(part, str)).strip("{") in text
    for part in parse(text):
        assert not isinstance(part, Macro) or text[part.position] == "{"


@pytest.mark.parametrize(
    ("template", "facts", "expected"),
    [
        ("{coupon|default(none)}", {}, "none"),
        ("{coupon|lower}", {"coupon": "SPRING"}, "spring"),
        ("{value|minor}", {"value": "12.34", "currency": "EUR"}, "1234"),
        ("{value|minor}", {"value": "1234.00", "currency": "JPY"}, "1234"),
        ("{value|minor}", {"value": "1.234", "currency": "KWD"}, "1234"),
        ("{payout|minor}", {"payout": "2.00", "payout_currency": "JPY", "currency": "EUR"}, "2"),
        ("{status|map(approved=1,rejected=3)}", {"status": "rejected"}, "3"),
        ("{status|map(approved=1)}", {"status": "pending"}, "pending"),
        ("{occurred_at|date(%Y-%m-%d,UTC)}", {"occurred_at": "1767268800000"}, "2026-01-01"),
        ("{occurred_at|date(%H:%M,+02:00)}", {"occurred_at": "1767268800000"}, "14%3A00"),
        ("{occurred_at|date(%H,Europe/Rome)}", {"occurred_at": "1767268800000"}, "13"),
        ("{occurred_at|date(%s)}", {"occurred_at": "1767268800999"}, "1767268800"),
        ("{occurred_at|date}", {"occurred_at": "0"}, "1970-01-01T00%3A00%3A00.000Z"),
        ("{user_id|lower|md5}", {"user_id": "A"}, "0cc175b9c0f1b6a831c399e269772661"),
        ("{email|sha256}", {}, ""),
    ],
)
def test_macro_functions(template, facts, expected):
    assert render_url(f"https://h.io/?x={template}", facts) == f"https://h.io/?x={expected}"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("nothing", ()),
        ("lower", ("x",)),
        ("raw", ("x",)),
        ("default", ()),
        ("map", ("a",)),
        ("map", ()),
        ("date", ("%Y", "Mars/Base")),
        ("date", ("a", "b", "c")),
        ("minor", ("2",)),
    ],
)
def test_a_call_that_cannot_work_is_told_before_anything_is_sent(name, arguments):
    with pytest.raises(BadCall):
        check(name, arguments)


@given(st.sampled_from(["lower", "sha256", "md5", "minor", "date"]), ANY)
def test_a_function_takes_any_value(name, value):
    assert isinstance(apply(name, value, (), "EUR"), str)


@pytest.mark.parametrize(
    "pasted",
    [
        "{click_id}", "{{click_id}}", "##click_id##", "[click_id]", "#click_id#", "${click_id}",
        "%click_id%", "(click_id)", "${(click_id)!}", "[[click_id]]", "{{ click_id }}",
    ],
)  # fmt: skip
def test_every_delimiter_of_other_systems_becomes_ours(pasted):
    assert canonical(f"https://h.io/?c={pasted}") == "https://h.io/?c={click_id}"


@given(st.sampled_from(sorted(MACROS)))
def test_what_is_canonical_stays_as_it_is(name):
    template = f"https://h.io/a%20b/?c={{{name}|default(x)}}&d[]=(1)&e={{value|date(%Y,UTC)}}"
    assert canonical(template) == template


def test_brackets_and_percents_that_are_no_macros_stay():
    text = "https://h.io/?a[0]=1&b=%AB%CD&c=(x)"
    assert canonical(text) == text


@given(st.one_of(ANY, NASTY))
def test_a_value_stays_inside_its_json_string(value):
    body = render_body('{"a": "{coupon}", "b": {"c": 1}}', {"coupon": value}, "application/json")
    assert json.loads(body)["a"] == value


def test_bodies_escape_as_their_content_type_asks():
    facts = {"coupon": '<a & "b">'}
    assert (
        render_body("<c>{coupon}</c>", facts, "text/xml") == "<c>&lt;a &amp; &quot;b&quot;&gt;</c>"
    )
    form = render_body("c={coupon}", facts, "application/x-www-form-urlencoded")
    assert form == "c=%3Ca%20%26%20%22b%22%3E"
    assert render_body("{coupon}", facts, "text/plain") == '<a & "b">'


def test_a_header_takes_no_line_breaks():
    assert render_header("Key {coupon}", {"coupon": "a\r\nX: y"}) == "Key a%0D%0AX: y"


def test_macros_are_listed_in_order():
    assert [m.name for m in macros_of("{value}{nope|lower}")] == ["value", "nope"]
