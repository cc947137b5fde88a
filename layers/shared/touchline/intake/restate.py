"""Replacing a conversion by what it is now, its place under caps and in tiers with it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from touchline.intake.payout import given_back, placed, takes_place, terms_of
from touchline.kernel.errors import Conflict
from touchline.kernel.ids import Realm
from touchline.ledger.model import Conversion, Repeat, Tally, TallyStep
from touchline.registry.model import Registry

RACES = 8
"""How often a tally that somebody else stepped meanwhile is read again."""


class Restating(Protocol):
    """Where conversions and tallies lie. Both methods may raise StoreUnavailable."""

    def tallies(self, realm: Realm, names: Sequence[str]) -> list[Tally]:
        """The tallies of these names, in order."""

    def replace_conversion(
        self,
        new: Conversion,
        expected_version: int,
        repeat: Repeat | None = None,
        steps: Sequence[TallyStep] = (),
    ) -> None:
        """Raises Conflict `stale_version`, `tally_moved`."""


def restate(
    ledger: Restating,
    registry: Registry,
    old: Conversion,
    new: Conversion,
    repeat: Repeat | None = None,
) -> Conversion:
    """Put `new` in the place of `old`; what was stored (over a cap it pays nothing).

    Raises Conflict `stale_version` when it changed meanwhile, `tally_moved` in a great crowd.
    """
    for attempt in range(RACES):
        stored, steps = _settled(ledger, registry, old, new)
        try:
            ledger.replace_conversion(stored, old.version, repeat, steps)
        except Conflict as conflict:
            if conflict.code != "tally_moved" or attempt == RACES - 1:
                raise
        else:
            break
    return stored


def _settled(
    ledger: Restating, registry: Registry, old: Conversion, new: Conversion
) -> tuple[Conversion, tuple[TallyStep, ...]]:
    if not takes_place(old, new):
        return given_back(old, new)
    terms = terms_of(new, registry)
    tallied = ledger.tallies(new.realm, terms.tallies) if terms.tallies else []
    stored, steps = placed(new, terms, {tally.name: tally for tally in tallied})
    return _told_in_history(old, stored), steps


def _told_in_history(old: Conversion, stored: Conversion) -> Conversion:
    """With the payout as it was, where a cap took it away."""
    if stored.payout_micros == old.payout_micros or not stored.history:
        return stored
    last = stored.history[-1]
    before = {**last.before, "payout_micros": old.payout_micros}
    return replace(stored, history=(*stored.history[:-1], replace(last, before=before)))
