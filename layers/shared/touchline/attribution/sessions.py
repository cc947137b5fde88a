"""The session rule: a view counts only for a conversion in the session in which it was seen.

A session is a maximal run of a person's activity with gaps below `session_gap_seconds` (30 min)
and a total length below `session_length_seconds` (24 h).
"""

from collections.abc import Iterable, Sequence

from touchline.kernel.clock import SECOND_MS
from touchline.ledger.model import Touch, TouchKind
from touchline.registry.attribution_rules import AttributionRules


def activity(touches: Iterable[Touch], before: int) -> list[int]:
    """The instants before `before` at which the person did something, in order.

    A message that was delivered is something done to the person.
    """
    return sorted(
        touch.occurred_at
        for touch in touches
        if touch.kind is not TouchKind.DELIVERED and touch.occurred_at < before
    )


def session_start(instants: Sequence[int], at: int, rules: AttributionRules) -> int | None:
    """When the session began that is still open at `at`; None when there is none.

    `instants` is the person's activity before `at`, in order.
    """
    gap, length = rules.session_gap_seconds * SECOND_MS, rules.session_length_seconds * SECOND_MS
    start = latest = None
    for instant in instants:
        if start is None or latest is None or instant - latest >= gap or instant - start >= length:
            start = instant
        latest = instant
    if start is None or latest is None or at - latest >= gap or at - start >= length:
        return None
    return start
