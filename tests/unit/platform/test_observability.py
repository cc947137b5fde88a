"""What functions tell of themselves: one JSON line each, never a secret, never a person."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchline.platform.observability import HIDDEN, Code, Log, Metric, redacted


def a_log(level: str = "INFO") -> tuple[Log, list[str]]:
    lines: list[str] = []
    return Log("ingest", lambda: 1_000, write=lines.append, level=level), lines


def test_a_line_has_its_code_and_what_is_told() -> None:
    log, lines = a_log()
    log.event(Code.REQUEST, status=200, receipt="rcp_1")
    assert json.loads(lines[0]) == {
        "at": 1000,
        "service": "ingest",
        "level": "INFO",
        "code": "request",
        "status": 200,
        "receipt": "rcp_1",
    }


def test_lines_below_the_level_are_not_written() -> None:
    log, lines = a_log("WARNING")
    log.event(Code.REQUEST)
    log.event(Code.SPILLED, level="WARNING")
    assert len(lines) == 1


def test_metrics_have_no_dimension_but_the_service() -> None:
    log, lines = a_log()
    log.metrics({Metric.DUPLICATE: 2, Metric.SPILLED: 1}, partner="acme")
    line = json.loads(lines[0])
    (declared,) = line["_aws"]["CloudWatchMetrics"]
    assert declared["Dimensions"] == [["service"]]
    assert {one["Name"]: one["Unit"] for one in declared["Metrics"]} == {
        "Duplicate": "Count",
        "Spilled": "Count",
    }
    assert (line["Duplicate"], line["Spilled"]) == (2, 1)


def test_no_metrics_make_no_line() -> None:
    log, lines = a_log()
    log.metrics({})
    assert lines == []


def test_a_fault_is_told_by_its_kind_and_place_and_never_by_its_text() -> None:
    """SE-08: an exception's text may quote a request."""
    log, lines = a_log()
    try:
        int("token=tl_live_secret")
    except ValueError as error:
        log.fault(error, receipt="rcp_1")
    assert "tl_live" not in "".join(lines)
    told = json.loads(lines[0])
    assert (told["error"], told["receipt"]) == ("ValueError", "rcp_1")
    assert told["where"].startswith("test_observability.py:")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("token", "anything"),
        ("authorization", "ApiKey x"),
        ("email", "a@b.example"),
        ("source_ip", "192.0.2.1"),
        ("user_agent", "x"),
        ("detail", "for ann@example.org there"),
        ("url", "https://x.example/?token=abc&x=1"),
        ("url", "https://x.example/?sig=abc"),
        ("note", "tl_live_0123456789abcdefghjk"),
        ("note", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("nested", {"password": "x", "list": ["tl_test_000"]}),
    ],
)
def test_secrets_and_persons_are_hidden(name: str, value: Any) -> None:
    """SE-08, SE-09"""
    told = json.dumps(redacted(name, value))
    assert HIDDEN in told
    secrets = ("anything", "ApiKey", "b.example", "192.0.2.1", "ann@", "abc", "0123456", "MfKQ")
    for secret in secrets:
        assert secret not in told


@given(st.text(alphabet="0123456789abcdefghjkmnpqrstvwxyz", min_size=38, max_size=38), st.text())
def test_a_token_is_hidden_wherever_it_stands(token: str, around: str) -> None:
    """SE-08"""
    text = f"tl_live_{token}"
    assert text not in json.dumps(redacted("any", f"{around}{text} {around}"))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_anything_can_be_told(value: Any) -> None:
    log, lines = a_log()
    log.event(Code.REQUEST, value=value)
    json.loads(lines[0])
