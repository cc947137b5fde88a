"""Deliveries, attempts and the news they carry, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from touchline.kernel.ids import EndpointId, Realm
from touchline.ledger.model import ConversionKey


class State(StrEnum):
    """Where a delivery stands. Every delivery is in exactly one state."""

    PENDING = "pending"  # waits for its next attempt
    SENDING = "sending"  # a worker holds its lease
    HELD = "held"  # its endpoint is paused or disabled
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"  # its endpoint or partner is gone


FINAL = frozenset({State.DELIVERED, State.FAILED, State.CANCELLED})


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to tell one endpoint. `id` is the `webhook-id`, the same on every attempt.

    What is told is fixed when it is announced (`facts` for macros, `body` to the byte); where it
    goes is the endpoint as it is at each attempt, so that a corrected URL serves what waits.
    """

    realm: Realm
    id: str
    endpoint: EndpointId
    type: str
    key: ConversionKey
    created_at: int
    next_at: int
    facts: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    content_type: str = ""
    state: State = State.PENDING
    version: int = 1
    attempts: int = 0  # all that were made
    automatic: int = 0  # those of the schedule; a resend by hand is none
    lease: str = ""
    lease_until: int = 0
    queued: bool = True  # a message for `next_at` is in the queue (else the sweeper sends one)
    slot_at: int | None = None  # a place in the endpoint's rate that is reserved
    after_resend: State | None = None  # where to return when a resend by hand fails
    resends: tuple[str, ...] = ()  # the replays and resends it was part of
    reason: str = ""
    status: int = 0  # of the last answer
    finished_at: int | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, as its log tells it: secrets and personal values are blanked."""

    id: str
    number: int
    at: int
    duration_ms: int
    method: str
    url: str
    headers: Mapping[str, str]
    request_body: str
    outcome: str  # delivered | retry | refused | gone | blocked
    reason: str = ""
    status: int = 0
    response_headers: Mapping[str, str] = field(default_factory=dict)
    response: str = ""
    bytes_read: int = 0
    truncated: bool = False
    next_at: int | None = None
    manual: bool = False
    skew_ms: int | None = None  # the receiver's Date less our clock


@dataclass(frozen=True, slots=True)
class Announcement:
    """What one change of a row is told to whom, and who is not told and why."""

    realm: Realm
    key: ConversionKey
    type: str
    news: str  # tells this change from every other of the same row
    at: int
    planned: tuple[str, ...] = ()  # IDs of deliveries
    skipped: Mapping[EndpointId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hold:
    """An endpoint with held deliveries."""

    realm: Realm
    endpoint: EndpointId


@dataclass(frozen=True, slots=True)
class Replay:
    """A bulk resend: which deliveries, how far it came, who asked."""

    realm: Realm
    id: str
    endpoint: EndpointId
    from_at: int
    to_at: int
    states: tuple[State, ...]
    asked_by: str
    asked_at: int
    cap: int
    queued: int = 0
    cursor: str = ""
    done: bool = False
    version: int = 1
