"""The spill queue's reader: what waited goes where it would have gone, under its own receipt."""

import gc
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from ingest.desk import Parts, from_environment
from touchline.intake.caller import former_caller
from touchline.intake.ports import Desk
from touchline.intake.quarantine import keep
from touchline.intake.reception import receive
from touchline.intake.spill import unpack
from touchline.intake.visit_keeping import VISIT, Keeper
from touchline.kernel.errors import Forbidden
from touchline.platform.batches import one_by_one
from touchline.platform.patience import BATCH
from touchline.platform.settings import on_lambda


class Drain:
    """Drains message by message; one that fails comes again alone."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._desk = Desk(parts.ledger)
        self._keeper = Keeper(parts.ledger, parts.spill)

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The IDs of the messages that failed; all of them if anything else breaks (IN-20)."""
        return one_by_one(event, self._drain, self._parts.log)

    def _drain(self, body: str) -> None:
        message = json.loads(body)
        if isinstance(message, dict) and message.get("kind") == VISIT:
            self._keeper.keep_spilled(message, self._parts.clock())
            return
        spilled = unpack(body, self._parts.clock())
        caller = former_caller(
            self._parts.registrar.registry(spilled.account),
            partner=spilled.partner,
            test=spilled.test,
            site=spilled.site,
        )
        try:
            receive(self._desk, caller, spilled.arrival)
        except Forbidden as forbidden:
            # It was answered with 200: what would have been a 403 is kept for a person to see.
            keep(self._desk, caller, spilled.arrival, forbidden)


@cache
def _made() -> Drain:
    made = Drain(from_environment("spill", BATCH))
    gc.freeze()  # what lives as long as the process need not be looked at again
    return made


def lambda_handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """What SQS calls."""
    return _made().handle(event)


if on_lambda():
    _made()  # while Lambda starts it, with the CPU that start gets
