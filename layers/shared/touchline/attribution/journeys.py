"""From a person's touches to the journey of one conversion: a verdict for every candidate."""

from collections.abc import Sequence

from touchline.attribution.rules import RuleBook, under
from touchline.attribution.sessions import activity, session_start
from touchline.kernel.clock import SECOND_MS
from touchline.ledger.model import DIRECT, UNCOUNTED_FLAGS, Touch, TouchKind

Verdict = str
"""A reason code, a colon and detail may follow; "" means: on the path."""

_NEVER_FLAGS = UNCOUNTED_FLAGS | {"test"}


def in_order(touches: Sequence[Touch]) -> list[Touch]:
    """Every touch once, by (occurred_at, touch ID, identity), whatever identities it lies under."""
    once = {(touch.occurred_at, touch.id): touch for touch in sorted(touches, key=_place)[::-1]}
    return sorted(once.values(), key=_place)


def judge(touches: Sequence[Touch], converted_at: int, book: RuleBook) -> list[Verdict]:
    """The verdict on each touch of a person for a conversion at `converted_at`.

    `touches` are in order. Direct visits are dropped last, when it is known what else is eligible.
    """
    began = _open_session(touches, converted_at, book)
    verdicts = [_verdict(touch, converted_at, began, book) for touch in touches]
    if not book.rules.drop_direct:
        return verdicts
    eligible = [index for index, verdict in enumerate(verdicts) if not verdict]
    direct = [index for index in eligible if is_direct(touches[index])]
    if len(direct) < len(eligible):
        for index in direct:
            verdicts[index] = "direct_dropped"
    return verdicts


def is_direct(touch: Touch) -> bool:
    """Whether nothing led to this visit."""
    return touch.channel.lower() == DIRECT


def never(touch: Touch, book: RuleBook) -> Verdict:
    """Why a touch is never a candidate, whatever the conversion; "" when it may be one."""
    for flag in touch.flags:
        if flag in _NEVER_FLAGS:
            return flag
    if touch.host:
        if under(touch.host, book.payment_hosts):
            return "payment_provider"
        if under(touch.host, book.own_hosts):
            return "self_referral"
    return ""


def _verdict(touch: Touch, converted_at: int, began: int | None, book: RuleBook) -> Verdict:
    if touch.occurred_at >= converted_at:
        return "after_conversion"
    always = never(touch, book)
    if always:
        return always
    age = converted_at - touch.occurred_at
    if touch.kind is TouchKind.OPTIMIZATION_VIEW:
        if began is None or touch.occurred_at < began:
            return "session_expired"
    else:
        window = book.window(touch)
        if age > window.seconds * SECOND_MS:
            return f"outside_window:{window.name}"
    if age < book.minimum_seconds(touch) * SECOND_MS:
        return "below_minimum_time"
    return ""


def _open_session(touches: Sequence[Touch], converted_at: int, book: RuleBook) -> int | None:
    if not any(touch.kind is TouchKind.OPTIMIZATION_VIEW for touch in touches):
        return None
    done = [touch for touch in touches if _NEVER_FLAGS.isdisjoint(touch.flags)]
    return session_start(activity(done, converted_at), converted_at, book.rules)


def _place(touch: Touch) -> tuple[int, str, str]:
    return (touch.occurred_at, touch.id, touch.identity)
