"""What cannot be judged is kept with its bytes and the reason; replay.py gives it another try."""

from collections.abc import Callable

from touchline.intake.arrival import Arrival, Outcome, Result
from touchline.intake.caller import Caller
from touchline.intake.ports import Desk
from touchline.kernel.clock import day_of
from touchline.kernel.errors import Forbidden, ItemTooLarge, Refused
from touchline.ledger.model import Quarantined

NOT_COLLECTED = frozenset({"source_paused"})
"""Refused on purpose: kept as a record, but there is nothing to repair."""


def quarantining(
    desk: Desk, caller: Caller, arrival: Arrival, work: Callable[[], Outcome]
) -> Outcome:
    """Do the work; what it refuses for its content is kept, and the outcome says why.

    Forbidden is not about content: it passes.
    """
    try:
        return work()
    except Forbidden:
        raise
    except Refused as refused:
        return keep(desk, caller, arrival, refused)
    except ItemTooLarge:
        return keep(desk, caller, arrival, Refused("too_large_to_store"))


def keep(desk: Desk, caller: Caller, arrival: Arrival, refused: Refused) -> Outcome:
    """Put the request into quarantine."""
    on_purpose = refused.code in NOT_COLLECTED
    if desk.keeps_refused:
        desk.ledger.quarantine(
            Quarantined(
                realm=caller.realm,
                receipt=arrival.receipt,
                day=day_of(arrival.received_at),
                reason=refused.code,
                detail=_told(refused),
                partner=caller.partner.id if caller.partner else None,
                scope=caller.scope,
                route=arrival.route,
                envelope=arrival.envelope,
                state="dismissed" if on_purpose else "open",
            )
        )
    return Outcome(
        Result.REFUSED if on_purpose else Result.QUARANTINED,
        arrival.receipt,
        (refused.code,),
        refused.detail,
        refused.field,
    )


def _told(refused: Refused) -> str:
    return f"{refused.field}: {refused.detail}" if refused.field else refused.detail
