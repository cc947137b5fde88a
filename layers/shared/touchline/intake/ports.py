"""What intake asks of the ledger and of the spill queue; the stores keep these promises."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from touchline.intake.restate import Restating
from touchline.kernel.ids import Realm, Receipt
from touchline.kernel.values import dataclass
from touchline.ledger.identity import Identity
from touchline.ledger.model import (
    Conversion,
    ConversionKey,
    Link,
    Quarantined,
    Repeat,
    Surroundings,
    TallyStep,
    Touch,
)


class Ledger(Restating, Protocol):
    """See `touchline.ledger.store.LedgerStore`. Every method may raise StoreUnavailable."""

    def put_touch(self, realm: Realm, touch: Touch) -> bool: ...

    def put_touches(self, realm: Realm, touches: Sequence[Touch]) -> list[bool]: ...

    def put_links(self, realm: Realm, links: Sequence[Link]) -> None: ...

    def missing_links(self, realm: Realm, links: Sequence[Link]) -> list[Link]: ...

    def undo_link(self, realm: Realm, one: Identity, other: Identity, at: int) -> bool: ...

    def around(self, realm: Realm, known: Identity) -> Surroundings: ...

    def first_touch(self, realm: Realm, known: Identity, at: int) -> Touch | None: ...

    def add_conversion(
        self, conversion: Conversion, steps: Sequence[TallyStep] = ()
    ) -> Conversion | None: ...

    def conversion(self, realm: Realm, key: ConversionKey) -> Conversion | None: ...

    def put_attributes(
        self, realm: Realm, known: Identity, attributes: Mapping[str, str], at: int
    ) -> None: ...

    def add_repeat(self, realm: Realm, repeat: Repeat) -> None: ...

    def note_word(self, realm: Realm, scope: str, word: str, key: ConversionKey) -> None: ...

    def note_refund(self, realm: Realm, key: ConversionKey, receipt: Receipt) -> None: ...

    def quarantine(self, quarantined: Quarantined) -> None: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What every use case of intake works with."""

    ledger: Ledger
    keeps_refused: bool = True  # False while replaying what is in quarantine already
