"""What a delivery is after an attempt, and the log entry of the attempt. Pure."""

from touchline.delivery.model import FINAL, Attempt, Delivery, State
from touchline.delivery.redact import hidden_headers, shown_response
from touchline.delivery.request import Prepared
from touchline.delivery.rows import next_version
from touchline.delivery.schedule import Randbelow, next_attempt_at
from touchline.delivery.verdict import (
    BLOCKED,
    DELIVERED,
    GONE,
    REFUSED,
    Answer,
    Result,
    Verdict,
    clock_skew_ms,
)
from touchline.platform.queue import MAX_DELAY_SECONDS


def after_attempt(
    leased: Delivery, verdict: Verdict, status: int, now: int, randbelow: Randbelow
) -> Delivery:
    """The delivery once an attempt of it has ended with a verdict."""
    by_hand = leased.after_resend is not None
    made = leased.automatic + (0 if by_hand else 1)
    state, reason, next_at = _standing(leased, verdict, made, now, randbelow)
    return next_version(
        leased,
        state=state,
        attempts=leased.attempts + 1,
        automatic=made,
        lease="",
        lease_until=0,
        slot_at=None,
        after_resend=None,
        reason=reason,
        status=status,
        next_at=next_at,
        queued=state is State.PENDING and soon(next_at, now),
        finished_at=now if state in FINAL else None,
    )


def soon(at: int, now: int) -> bool:
    """Whether the queue can delay a message until then."""
    return at - now <= MAX_DELAY_SECONDS * 1000


def _standing(
    leased: Delivery, verdict: Verdict, made: int, now: int, randbelow: Randbelow
) -> tuple[State, str, int]:
    if verdict.outcome == DELIVERED:
        return State.DELIVERED, "", leased.next_at
    if verdict.outcome == GONE:
        return State.HELD, "endpoint_disabled", leased.next_at
    back = leased.after_resend
    if back in FINAL:
        reason = "" if back is State.DELIVERED else verdict.reason
        return State(back), reason, leased.next_at
    if verdict.outcome == BLOCKED:
        return State.FAILED, verdict.reason, leased.next_at
    next_at = next_attempt_at(
        made,
        now,
        refused=verdict.outcome == REFUSED,
        retry_after_ms=verdict.retry_after_ms,
        randbelow=randbelow,
    )
    if next_at is None:
        return State.FAILED, f"attempts_exhausted:{verdict.reason}", leased.next_at
    return State.PENDING, verdict.reason, next_at


def attempt_of(
    leased: Delivery,
    after: Delivery,
    prepared: Prepared,
    result: Result,
    verdict: Verdict,
    now: int,
) -> Attempt:
    """The log entry of an attempt that ended at `now`; nothing secret or personal is in it."""
    answer = result if isinstance(result, Answer) else None
    blocked = verdict.outcome == BLOCKED
    shown = prepared.shown
    return Attempt(
        id=leased.lease,
        number=after.attempts,
        at=now - result.duration_ms,
        duration_ms=0 if blocked else result.duration_ms,
        method=shown.method,
        url=shown.url,
        headers=shown.headers,
        request_body=shown.body.decode("utf-8", "replace"),
        outcome=verdict.outcome,
        reason=verdict.reason,
        status=result.status,
        response_headers=hidden_headers(answer.headers, prepared.private) if answer else {},
        response=shown_response(
            answer.body, prepared.private, delivered=verdict.outcome == DELIVERED
        )
        if answer
        else "",
        bytes_read=result.bytes_read,
        truncated=answer.truncated if answer else False,
        next_at=after.next_at if after.state is State.PENDING else None,
        manual=leased.after_resend is not None,
        skew_ms=clock_skew_ms(result, now),
    )
