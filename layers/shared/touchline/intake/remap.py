"""When a status word is explained at last, the conversions that bear it move."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from touchline.intake.books import refunded, revised
from touchline.intake.dialects import status_of
from touchline.intake.judge import REFUNDED
from touchline.intake.restate import Restating, restate
from touchline.kernel.errors import Conflict
from touchline.kernel.ids import Realm, Receipt
from touchline.ledger.model import Conversion, ConversionKey, Status
from touchline.registry.model import Partner, Registry

UNKNOWN = "unknown_status"


class Words(Restating, Protocol):
    """Remembers which conversions bear a word that nobody explained."""

    def unexplained(self, realm: Realm, scope: str) -> Iterable[tuple[str, ConversionKey]]:
        """The words of a sender, with the conversions that bear them."""

    def explained(self, realm: Realm, scope: str, word: str, key: ConversionKey) -> None:
        """Forget one."""

    def conversion(self, realm: Realm, key: ConversionKey) -> Conversion | None:
        """The conversion of a key."""


def remap(
    words: Words, registry: Registry, realm: Realm, partner: Partner, receipt: Receipt, at: int
) -> int:
    """Move every conversion whose word the partner's maps now explain; how many moved.

    Doing it twice changes nothing more. A conversion that changes meanwhile is left for the next
    time.
    """
    moved = 0
    for word, key in words.unexplained(realm, partner.id):
        meaning = status_of(word, partner, {})
        if meaning is None:
            continue
        conversion = words.conversion(realm, key)
        if conversion is not None and conversion.status_word.lower() == word:
            try:
                new = _moved(conversion, meaning, receipt, at)
                restate(words, registry, conversion, new)
            except Conflict:
                continue
            moved += 1
        words.explained(realm, partner.id, word, key)
    return moved


def _moved(conversion: Conversion, meaning: str, receipt: Receipt, at: int) -> Conversion:
    flags = tuple(flag for flag in conversion.flags if flag != UNKNOWN)
    changes: dict[str, object] = {"status_word": "", "flags": flags}
    changes["status"] = Status.APPROVED if meaning == REFUNDED else Status(meaning)
    new = revised(conversion, changes, at, receipt, "status_map")
    if meaning != REFUNDED:
        return new
    paid_back = refunded(new, -1, receipt, "status_map", at, receipt)
    return replace(paid_back, version=new.version)
