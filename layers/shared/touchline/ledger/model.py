"""The rows of the ledger as frozen values. How they are written down is `rows.py`'s affair."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from touchline.kernel.clock import SECOND_MS
from touchline.kernel.ids import (
    CampaignId,
    ClickId,
    ConversionId,
    EventName,
    PartnerId,
    Realm,
    Receipt,
    TouchId,
)
from touchline.kernel.values import dataclass
from touchline.ledger.identity import Identity


class TouchKind(StrEnum):
    """What happened between a person and us."""

    CLICK = "click"
    VIEW = "view"
    OPEN = "open"
    DELIVERED = "delivered"
    OPTIMIZATION_VIEW = "optimization_view"
    STORE_VISIT = "store_visit"
    SESSION = "session"


BOT = "bot"
PREFETCH = "prefetch"
DUPLICATE_CLICK = "duplicate_click"
REFUSED_SIGNATURE = "refused_signature"
FRAUD_HOLD = "fraud_hold"
UNCOUNTED_FLAGS = frozenset({BOT, PREFETCH, DUPLICATE_CLICK, REFUSED_SIGNATURE, FRAUD_HOLD})
"""Flags of touches that are kept and shown, and never candidates for credit."""

ERASED = "erased"
"""Flag of a conversion whose person was erased, and reason of deliveries cancelled for it."""

DIRECT = "direct"
"""The channel of a visit that nothing led to (any case)."""


@dataclass(frozen=True, slots=True)
class Touch:
    """One touchpoint of one identity. `id` is unique per identity and instant."""

    id: TouchId
    identity: Identity
    kind: TouchKind
    channel: str
    occurred_at: int
    received_at: int
    campaign: CampaignId | None = None
    partner: PartnerId | None = None
    name: str = ""  # what was seen: a variation, a page, a message
    click_id: ClickId | None = None
    click_ref: str = ""  # the partner's own click ID
    subs: Mapping[str, str] = field(default_factory=dict)  # sub1..sub20
    ad_ids: Mapping[str, str] = field(default_factory=dict)  # gclid, fbclid, ...
    host: str = ""  # the referring host
    source: str = ""
    ip: str = ""
    country: str = ""
    user_agent: str = ""
    flags: tuple[str, ...] = ()  # bot, fraud_hold, duplicate_click, ...
    consent: tuple[str, ...] = ()
    expires_at: int | None = None  # seconds since 1970, for TTL
    late_at: int | None = None  # when it was recorded, if on a later UTC day than it occurred
    listed: bool = False  # it stands in its partner's list of clicks

    def is_over(self, at: int) -> bool:
        """Whether it may not be read any more at `at` (ms): TTL deletes days late."""
        return self.expires_at is not None and self.expires_at * SECOND_MS <= at


@dataclass(frozen=True, slots=True)
class Link:
    """Two identities of one person, and who said so. Undone links stay, so that undo has a log."""

    one: Identity
    other: Identity
    at: int
    source: str
    receipt: Receipt
    undone_at: int | None = None
    changed_at: int = 0


class Status(StrEnum):
    """Where a conversion stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Entry:
    """A correction in the books: a refund or a correction after the lock date.

    `value_micros` and `payout_micros` are added to the conversion's; a refund's are negative.
    """

    id: str
    kind: str  # refund | correction
    value_micros: int
    payout_micros: int
    reason: str
    at: int
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Revision:
    """What a conversion was before it changed: the fields that changed, as they were."""

    at: int
    receipt: Receipt
    cause: str
    before: Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request as it came: bytes in, bytes stored."""

    method: str
    path: str
    raw_query: str
    headers: Mapping[str, str]  # only those that matter for reading it again; never credentials
    body: bytes
    received_at: int
    source_ip: str = ""


@dataclass(frozen=True, slots=True)
class ConversionKey:
    """What makes a conversion one: the only dedupe authority is the row with this key.

    `scope` is the partner whose token sent it, "" for the account's own systems, so that the
    transaction IDs of two partners never collide, and yet all claims to one order lie together.
    """

    event: EventName
    id: ConversionId
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Conversion:
    """One conversion. Money is in micros; `value` is revenue and `payout` what a partner earns."""

    realm: Realm
    key: ConversionKey
    occurred_at: int
    received_at: int
    receipt: Receipt
    attempt: str  # token of the write that stored it: tells a lost answer from a duplicate
    digest: str  # of the canonical content: tells the same news from other news
    identities: tuple[Identity, ...] = ()  # strongest first
    status: Status = Status.APPROVED
    status_word: str = ""  # the sender's word, when it is not known
    value_micros: int = 0
    currency: str = ""
    payout_micros: int = 0
    payout_currency: str = ""
    click_id: ClickId | None = None
    click_ref: str = ""  # the partner's own click ID, as it came with the click
    clicked_at: int | None = None  # of the click named by click_id, or by the sender
    partner: PartnerId | None = None
    campaign: CampaignId | None = None
    coupon: str = ""
    source: str = ""
    subs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)  # everything else that came
    excluded: str = ""  # reason code: stored, and never attributed
    flags: tuple[str, ...] = ()  # remarks: late, skewed, seconds, unknown_status, over_cap, ...
    consent: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    history: tuple[Revision, ...] = ()
    tallies: tuple[str, ...] = ()  # the caps and tiers that count it, as it stands
    changed_at: int = 0
    version: int = 1
    envelope: Envelope | None = None

    @property
    def net_value_micros(self) -> int:
        """Value after refunds and corrections."""
        return self.value_micros + sum(entry.value_micros for entry in self.entries)

    @property
    def net_payout_micros(self) -> int:
        """Payout after refunds and corrections."""
        return self.payout_micros + sum(entry.payout_micros for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Repeat:
    """A conversion that came again: the same news, news that was taken, or (`conflict`) not."""

    key: ConversionKey
    receipt: Receipt
    at: int
    digest: str
    conflict: bool = False  # other content under the same ID, which the policy did not take
    applied: bool = False  # its news went into the conversion
    first_digest: str = ""
    envelope: Envelope | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many conversions, and how much payout, one cap or tier has seen in its period."""

    name: str
    count: int = 0
    payout_micros: int = 0


@dataclass(frozen=True, slots=True)
class TallyStep:
    """One conversion more in a tally, together with the conversion, or neither.

    Only if the tally then is at most `count_most` and `payout_most`, and, where `seen` is given,
    if nobody else stepped since it was read. A step back has `count` -1, one of money alone 0.
    """

    name: str
    payout_micros: int
    count: int = 1
    count_most: int | None = None
    payout_most: int | None = None
    seen: int | None = None
    expires_at: int | None = None  # seconds since 1970, for TTL; None: kept for good


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An authenticated request that could not be judged: its bytes, the reason, its fate."""

    realm: Realm
    receipt: Receipt
    day: str  # received, UTC
    reason: str
    detail: str
    partner: PartnerId | None
    scope: str
    route: str
    envelope: Envelope
    state: str = "open"  # open | replayed | dismissed
    replayed_as: Receipt | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is directly known about one identity: its touches in order of time, and its links."""

    touches: tuple[Touch, ...] = ()
    links: tuple[Link, ...] = ()
