"""What is known under many conversion IDs at once, for who holds a list of them against ours."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from touchline.kernel.clock import iso
from touchline.kernel.ids import ConversionId, EventName, Realm
from touchline.kernel.money import plain
from touchline.ledger.decisions import Decision
from touchline.ledger.model import Conversion
from touchline.reporting.live import Decided, Sight, decision_key_of, decisions_of

MOST_IDS = 100


class Claims(Protocol):
    """The ledger, as far as it is asked here."""

    def claims(self, realm: Realm, event: EventName, order: ConversionId) -> list[Conversion]:
        """Every claim to one order."""
        ...


Place = tuple[EventName, ConversionId]


def looked_up(
    ledger: Claims,
    results: Decided,
    spread: Callable[
        [Callable[[Place], list[Conversion]], Sequence[Place]], list[list[Conversion]]
    ],
    sight: Sight,
    events: Iterable[EventName],
    ids: Sequence[ConversionId],
) -> list[dict[str, Any]]:
    """Every claim under one of the IDs: one query for each ID and event, and what was decided."""
    places = [(event, name) for name in dict.fromkeys(ids) for event in events]
    found = spread(lambda place: ledger.claims(sight.realm, *place), places)
    claims = [one for each in found for one in each if sight.conversion(one)]
    decided = decisions_of(results, claims)
    return [_row(one, decided.get(decision_key_of(one)), sight) for one in claims]


def _row(one: Conversion, decision: Decision | None, sight: Sight) -> dict[str, Any]:
    """`changed_at` is None for a conversion that is as it came."""
    payer = decision.payer if decision else None
    return {
        "id": one.key.id,
        "event": one.key.event,
        "scope": one.key.scope,
        "occurred_at": iso(one.occurred_at),
        "changed_at": iso(one.changed_at) if one.changed_at > one.received_at else None,
        "status": one.status.value,
        "value": plain(one.net_value_micros),
        "currency": one.currency,
        "payout": plain(one.net_payout_micros),
        "payout_currency": one.payout_currency,
        "refunded": any(entry.value_micros < 0 for entry in one.entries),
        "decided": decision is not None,
        "payer": payer if sight.partner in {None, payer} else None,
        "reason": decision.reason if decision else one.excluded,
    }
