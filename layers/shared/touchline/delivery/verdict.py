"""What came of an attempt, and what follows from it (DI-03)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from touchline.delivery.schedule import retry_after_of


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request ready to be sent, to the byte."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer (its body cut at 64 KiB). Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    bytes_read: int = 0
    truncated: bool = False
    duration_ms: int = 0


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The attempt ended without a whole answer; `reason` is a code of kernel.reasons.delivery."""

    reason: str
    duration_ms: int = 0
    status: int = 0
    bytes_read: int = 0


Result = Answer | NoAnswer

OWN_FAULTS = frozenset({"resolver_unavailable", "bad_request_target", "platform_credentials"})
"""Not the receiver's doing: neither its breaker nor its disabling counts them."""

DELIVERED = "delivered"
RETRY = "retry"
REFUSED = "refused"  # retried on the short schedule
GONE = "gone"  # 410: the endpoint is disabled
BLOCKED = "blocked"  # never tried again by itself


@dataclass(frozen=True, slots=True)
class Verdict:
    """`outcome` is one of the five above; `charged`: it counts as the receiver's failure."""

    outcome: str
    reason: str = ""
    charged: bool = False
    retry_after_ms: int = 0


def judge(result: Result, now: int) -> Verdict:
    """The verdict on a result. A 2xx is a success whatever its body says (documented)."""
    if isinstance(result, NoAnswer):
        if result.reason == "blocked_address":
            return Verdict(BLOCKED, result.reason)
        return Verdict(RETRY, result.reason, charged=result.reason not in OWN_FAULTS)
    if 200 <= result.status < 300:
        return Verdict(DELIVERED)
    if result.status == 410:
        return Verdict(GONE, "answer_gone", charged=True)
    outcome, reason = _of_status(result.status)
    wait = retry_after_of(result.headers.get("retry-after", ""), now)
    return Verdict(outcome, reason, charged=True, retry_after_ms=wait)


def _of_status(status: int) -> tuple[str, str]:
    if 300 <= status < 400:
        return RETRY, "answer_redirect"
    if status in {408, 425, 429}:
        return RETRY, "answer_busy"
    if 400 <= status < 500:
        return REFUSED, "answer_refused"
    return RETRY, "answer_error"


def clock_skew_ms(result: Result, now: int) -> int | None:
    """The receiver's Date header less our clock; None when it sent none that can be read."""
    if isinstance(result, NoAnswer):
        return None
    try:
        moment = parsedate_to_datetime(result.headers.get("date", ""))
        return int(moment.timestamp() * 1000) - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
