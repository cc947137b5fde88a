"""Replaying what waits in quarantine, as it came or mended; it leaves quarantine once."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from touchline.intake.arrival import Arrival, Outcome
from touchline.intake.caller import former_caller
from touchline.intake.ports import Desk
from touchline.intake.reception import receive
from touchline.kernel.errors import Conflict
from touchline.kernel.ids import Receipt, is_test
from touchline.ledger.model import Envelope, Quarantined
from touchline.registry.model import Registry


class Closing(Protocol):
    """Marks a quarantined request as done."""

    def close_quarantined(
        self, quarantined: Quarantined, state: str, replayed_as: Receipt | None = None
    ) -> Quarantined:
        """Raises Conflict `not_open` when it was closed before."""


def replay(
    desk: Desk,
    closing: Closing,
    registry: Registry,
    quarantined: Quarantined,
    now: int,
    mended: Envelope | None = None,
) -> Sequence[Outcome]:
    """Receive it once more, `mended` (query or body replaced) or as it came.

    What is refused again stays open as it is, and the outcomes say why. What is accepted is
    closed; its receipt is derived, so that two replays at once have one effect.
    Raises Conflict `not_open`, Forbidden, StoreUnavailable.
    """
    if quarantined.state != "open":
        raise Conflict("not_open")
    caller = former_caller(
        registry,
        partner=quarantined.partner,
        test=is_test(quarantined.realm),
        site=False,
    )
    envelope = mended or quarantined.envelope
    arrival = Arrival(
        receipt=Receipt(f"{quarantined.receipt}-r"),
        received_at=quarantined.envelope.received_at,
        recorded_at=now,
        route=quarantined.route,
        envelope=replace(envelope, received_at=quarantined.envelope.received_at),
    )
    outcomes = receive(replace(desk, keeps_refused=False), caller, arrival)
    if all(_accepted(outcome) for outcome in outcomes):
        closing.close_quarantined(quarantined, "replayed", arrival.receipt)
    return outcomes


def dismiss(closing: Closing, quarantined: Quarantined) -> Quarantined:
    """Close it without replaying it; its bytes stay. Raises Conflict `not_open`."""
    return closing.close_quarantined(quarantined, "dismissed")


def _accepted(outcome: Outcome) -> bool:
    return outcome.accepted and all(part.accepted for part in outcome.parts)
