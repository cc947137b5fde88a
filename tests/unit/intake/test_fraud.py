"""Machines and echoes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchline.intake.fraud import fingerprint, machine_marks
from touchline.intake.privacy import kept_address
from touchline.registry.model import IpMode

PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"


@pytest.mark.parametrize(
    "agent",
    [
        PERSON,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 13; CUBOT P80) Chrome/120.0 Mobile Safari/537.36",
    ],
)
def test_a_person_is_not_marked(agent: str) -> None:
    assert machine_marks("GET", {"user-agent": agent}) == ()


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "facebookexternalhit/1.1",
        "curl/8.5.0",
        "python-requests/2.32",
        "Mozilla/5.0 HeadlessChrome/126.0",
        "",
        "  ",
    ],
)
def test_a_machine_is_marked(agent: str) -> None:
    assert machine_marks("GET", {"user-agent": agent}) == ("bot",)


def test_who_sends_no_user_agent_or_asks_by_head_is_a_machine() -> None:
    assert machine_marks("GET", {}) == ("bot",)
    assert machine_marks("HEAD", {"user-agent": PERSON}) == ("bot",)


@pytest.mark.parametrize(
    "header",
    [
        {"sec-purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"x-moz": "prefetch"},
        {"purpose": "preview"},
    ],
)
def test_a_browser_that_fetches_ahead_has_not_clicked(header: dict[str, str]) -> None:
    assert machine_marks("GET", {"user-agent": PERSON, **header}) == ("prefetch",)


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_only_the_same_parts_make_the_same_fingerprint(one: list[str], other: list[str]) -> None:
    assert (fingerprint(*one) == fingerprint(*other)) == (one == other)


@pytest.mark.parametrize(
    ("address", "mode", "kept"),
    [
        ("203.0.113.77", IpMode.KEEP, "203.0.113.77"),
        ("203.0.113.77", IpMode.TRUNCATE, "203.0.113.0"),
        ("2001:db8:1:2:3::9", IpMode.TRUNCATE, "2001:db8:1::"),
        ("203.0.113.77", IpMode.DROP, ""),
        ("203.0.113.77", "strange", ""),
        ("not an address", IpMode.KEEP, ""),
    ],
)
def test_an_address_is_kept_as_the_account_says(address: str, mode: IpMode, kept: str) -> None:
    assert kept_address(address, mode) == kept
