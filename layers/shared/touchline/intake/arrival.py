"""One received request, and what became of it."""

from dataclasses import replace
from enum import StrEnum

from touchline.kernel.clock import day_of
from touchline.kernel.ids import ConversionId, Receipt
from touchline.kernel.values import dataclass
from touchline.ledger.model import Envelope


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request after authentication. Its receipt is also the token of the write that stores it.

    `recorded_at` is later than `received_at` when it went through the spill queue or quarantine:
    the night looks at what was recorded, the rules about time at when it came.
    """

    receipt: Receipt
    received_at: int
    recorded_at: int
    route: str
    envelope: Envelope

    def item(self, index: int, body: bytes) -> "Arrival":
        """One item of a request with many: its own receipt (`rcp_…-3`) and its own bytes."""
        return replace(
            self,
            receipt=Receipt(f"{self.receipt}-{index}"),
            envelope=replace(self.envelope, body=body),
        )


def late(occurred_at: int, recorded_at: int) -> int | None:
    """When a touch was recorded, if the night of its own day may be over by then."""
    return recorded_at if day_of(recorded_at) > day_of(occurred_at) else None


class Result(StrEnum):
    """What became of a request or an item (`x-touchline-outcome`)."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    UPDATED = "updated"
    QUARANTINED = "quarantined"
    REFUSED = "refused"
    SPILLED = "spilled"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The truthful answer. `reasons` are codes of the catalogue: why, and every remark."""

    result: Result
    receipt: Receipt
    reasons: tuple[str, ...] = ()
    detail: str = ""
    field: str = ""
    conversion_id: ConversionId | None = None
    parts: tuple["Outcome", ...] = ()  # of the events of one user

    @property
    def accepted(self) -> bool:
        """Whether it is in the books (not in quarantine, not refused)."""
        return self.result not in {Result.QUARANTINED, Result.REFUSED}
