"""What an answer means."""

import pytest

from tests.factories import NOON
from touchline.delivery.verdict import Answer, NoAnswer, clock_skew_ms, judge
from touchline.kernel.reasons import CATALOGUE


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *((status, "delivered") for status in (200, 201, 202, 204, 299)),
        *((status, "retry") for status in (300, 301, 302, 303, 307, 308)),
        *((status, "retry") for status in (408, 425, 429, 500, 502, 503, 504, 599)),
        *((status, "refused") for status in (400, 401, 403, 404, 405, 409, 422, 451)),
        (410, "gone"),
        (100, "retry"),
        (999, "retry"),
    ],
)
def test_di_03_d5_d6_d7_d8_the_status_decides(status, outcome):
    assert judge(Answer(status), NOON).outcome == outcome


def test_d9_a_success_with_an_error_text_is_a_success():
    assert judge(Answer(200, body=b'{"error": "no such click"}'), NOON).outcome == "delivered"


@pytest.mark.parametrize(
    "reason",
    ["timeout", "connect_failed", "connection_lost", "tls_failed", "dns_failed", "bad_answer"],
)
def test_d1_d3_failures_of_the_other_side_are_retried_and_charged(reason):
    verdict = judge(NoAnswer(reason), NOON)
    assert (verdict.outcome, verdict.charged) == ("retry", True)


def test_d2_an_outage_of_the_resolver_is_not_charged_to_the_receiver():
    verdict = judge(NoAnswer("resolver_unavailable"), NOON)
    assert (verdict.outcome, verdict.charged) == ("retry", False)


def test_ss_07_a_blocked_address_ends_the_delivery_with_a_general_reason():
    verdict = judge(NoAnswer("blocked_address"), NOON)
    assert (verdict.outcome, verdict.reason, verdict.charged) == (
        "blocked",
        "blocked_address",
        False,
    )


def test_every_reason_of_a_verdict_is_published():
    for status in range(100, 600):
        reason = judge(Answer(status), NOON).reason
        assert reason == "" or reason in CATALOGUE


def test_d27_the_skew_between_our_clock_and_the_receivers_is_seen():
    answer = Answer(200, {"date": "Thu, 01 Jan 2026 12:10:00 GMT"})

    assert clock_skew_ms(answer, NOON) == 600_000
    assert clock_skew_ms(Answer(200, {"date": "yesterday"}), NOON) is None
    assert clock_skew_ms(NoAnswer("timeout"), NOON) is None
