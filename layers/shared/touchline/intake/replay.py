"""Taking a quarantined request up again: as it came, or corrected; once."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from touchline.intake.arrival import Arrival, Outcome
from touchline.intake.caller import former_caller
from touchline.intake.ports import Desk
from touchline.intake.reception import receive
from touchline.kernel.errors import Conflict
from touchline.kernel.ids import Receipt, is_test
from touchline.kernel.values import dataclass
from touchline.ledger.model import Quarantined
from touchline.registry.model import Registry


class Quarantine(Protocol):
    """Where quarantined requests lie."""

    def close_quarantined(
        self, quarantined: Quarantined, state: str, replayed_as: Receipt | None = None
    ) -> Quarantined:
        """Close an open one. Raises Conflict `not_open`."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What an operator put in place of what came; None leaves it as it was."""

    raw_query: str | None = None
    body: bytes | None = None


def replay(
    desk: Desk,
    quarantine: Quarantine,
    registry: Registry,
    quarantined: Quarantined,
    correction: Correction,
    now: int,
) -> tuple[Quarantined, list[Outcome]]:
    """Receive it again, under its own receipt and as of the time when it came.

    When all of it is taken it is closed; when something is refused again it stays open as it was,
    to be corrected further. Two replays at once have one effect, since the receipt is one.
    Raises Conflict `not_open`, Forbidden, StoreUnavailable.
    """
    if quarantined.state != "open":
        raise Conflict("not_open")
    envelope, query, body = quarantined.envelope, correction.raw_query, correction.body
    arrival = Arrival(
        receipt=quarantined.receipt,
        received_at=envelope.received_at,
        recorded_at=now,
        route=quarantined.route,
        envelope=replace(
            envelope,
            raw_query=envelope.raw_query if query is None else query,
            body=envelope.body if body is None else body,
        ),
    )
    caller = former_caller(
        registry, partner=quarantined.partner, test=is_test(quarantined.realm), site=False
    )
    outcomes = receive(replace(desk, keeps_refused=False), caller, arrival)
    if not _all_accepted(outcomes):
        return quarantined, outcomes
    closed = quarantine.close_quarantined(quarantined, "replayed", quarantined.receipt)
    return closed, outcomes


def dismiss(quarantine: Quarantine, quarantined: Quarantined) -> Quarantined:
    """Close it without taking it up. Raises Conflict `not_open`."""
    return quarantine.close_quarantined(quarantined, "dismissed")


def _all_accepted(outcomes: Sequence[Outcome]) -> bool:
    return all(outcome.accepted and _all_accepted(outcome.parts) for outcome in outcomes)
