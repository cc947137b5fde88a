"""What operators declare. Frozen values, valid by construction: contracts.py checks what comes in.

Money is in micros, durations end in `_seconds`, instants (`_at`) are milliseconds since 1970 UTC.
"""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from touchline.kernel.ids import AccountId, CampaignId, EndpointId, EventName, PartnerId, TokenId
from touchline.kernel.values import dataclass
from touchline.registry.attribution_rules import AttributionRules, RuleOverrides
from touchline.registry.commission import Cap, PayoutRule
from touchline.registry.fraud_rules import FraudRules


class Duplicates(StrEnum):
    """What a conversion sent again with the same ID and other content does (per event)."""

    UPDATE = "update"  # status and value move, with history
    IGNORE = "ignore"  # the first stays; the other content is kept as a conflict
    OVERWRITE = "overwrite"  # every field is replaced, with history
    ADD = "add"  # the value is added to the stored value
    NEW = "new"  # a new conversion, told apart by its receipt
    REFUSE = "refuse"  # 409 where the route answers by status, a conflict elsewhere


class IpMode(StrEnum):
    """What is kept of an IP address."""

    KEEP = "keep"
    TRUNCATE = "truncate"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Account:
    """One tenant: its own events, partners, tokens and reports."""

    id: AccountId
    name: str = ""
    currency: str = "USD"
    max_age_seconds: int = 7 * 86_400
    future_skew_seconds: int = 300
    own_hosts: tuple[str, ...] = ()
    payment_hosts: tuple[str, ...] = ()
    ip_mode: IpMode = IpMode.TRUNCATE
    touch_retention_seconds: int = 400 * 86_400
    raw_retention_seconds: int = 180 * 86_400  # of requests as they came, and of quarantine
    lock_after_seconds: int | None = None
    site_key: str = ""
    consent_required: bool = False
    rules: AttributionRules = field(default_factory=AttributionRules)
    fraud: FraudRules = field(default_factory=FraudRules)


@dataclass(frozen=True, slots=True)
class NameSpan:
    """The event bore `name` from `from_at` until `to_at` (open when None)."""

    name: EventName
    from_at: int
    to_at: int | None = None


@dataclass(frozen=True, slots=True)
class ValueRule:
    """The value of a conversion that names none: a fixed one, or close rate times deal size."""

    fixed_micros: int | None = None
    close_rate_ppm: int | None = None  # parts per million: 250_000 is one in four
    deal_size_micros: int | None = None
    currency: str = ""
    from_at: int = 0


@dataclass(frozen=True, slots=True)
class Goal:
    """A target for an event: so many per day, week or month."""

    target_count: int
    period: str = "month"


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """One conversion event of the catalogue. `names` keeps every name it ever had."""

    api_name: EventName
    kind: str = "macro"  # macro | micro
    owner: str = ""
    report: str = ""
    created_at: int = 0
    names: tuple[NameSpan, ...] = ()
    values: tuple[ValueRule, ...] = ()  # oldest first; the one in force at occurred_at counts
    duplicates: Duplicates = Duplicates.UPDATE
    max_age_seconds: int | None = None
    paused_sources: tuple[str, ...] = ()
    overrides: RuleOverrides = field(default_factory=RuleOverrides)
    goal: Goal | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """Where clicks land, and what they pay. `hosts` lists every host a click may be sent to."""

    id: CampaignId
    name: str = ""
    landing_url: str = ""
    hosts: tuple[str, ...] = ()
    channel: str = ""
    event: EventName | None = None
    payouts: tuple[PayoutRule, ...] = ()
    caps: tuple[Cap, ...] = ()
    goal_count: int | None = None
    active: bool = True


class Signing(StrEnum):
    """What is done about a signature: nothing, look and report, or refuse what fails."""

    OFF = "off"
    REPORT = "report"
    ENFORCE = "enforce"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A shared HMAC key, valid in `[from_at, until_at)`; two overlap during a rotation."""

    id: str
    secret: str
    from_at: int = 0
    until_at: int | None = None


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `count` requests in any `per_seconds`."""

    count: int
    per_seconds: int = 1


@dataclass(frozen=True, slots=True)
class Partner:
    """Somebody who sends traffic or conversions: affiliate, ad network, back end."""

    id: PartnerId
    name: str = ""
    channel: str = "affiliate"
    kind: str = "content"  # content | coupon | toolbar | network | backend | ... (stand-down class)
    dialect: str = "native"
    parameter_map: Mapping[str, str] = field(default_factory=dict)  # theirs -> canonical
    status_map: Mapping[str, str] = field(default_factory=dict)  # their word -> canonical
    default_event: EventName | None = None
    strict: bool = False
    ip_allow: tuple[str, ...] = ()
    click_signing: Signing = Signing.OFF
    postback_signing: Signing = Signing.OFF
    signing_keys: tuple[SigningKey, ...] = ()
    rate_limit: RateLimit | None = None
    payouts: tuple[PayoutRule, ...] = ()
    caps: tuple[Cap, ...] = ()
    coupons: tuple[str, ...] = ()
    overrides: RuleOverrides = field(default_factory=RuleOverrides)
    list_clicks: bool = False  # its clicks can be listed one by one; a write unit more for each
    active: bool = True


class EndpointFormat(StrEnum):
    """How a delivery is written."""

    GET = "get"
    JSON = "json"
    REFERRAL = "referral"
    BODY = "body"
    GOOGLE_ADS = "google_ads"
    META_CAPI = "meta_capi"
    TIKTOK = "tiktok"


class EndpointState(StrEnum):
    """Whether an endpoint is sent to. Anything but ACTIVE holds deliveries instead."""

    ACTIVE = "active"
    PAUSED = "paused"  # by an operator
    DISABLED = "disabled"  # by us: 410, or five days of failures


@dataclass(frozen=True, slots=True)
class Secret:
    """A `whsec_…` (HMAC) or `whsk_…` (ed25519) secret, valid in `[from_at, until_at)`."""

    value: str
    from_at: int = 0
    until_at: int | None = None


@dataclass(frozen=True, slots=True)
class Firing:
    """When an endpoint is told. Empty means any; every condition given must hold."""

    types: tuple[str, ...] = ("conversion.accepted", "conversion.updated", "conversion.reversed")
    events: tuple[EventName, ...] = ()
    statuses: tuple[str, ...] = ()
    campaigns: tuple[CampaignId, ...] = ()
    partners: tuple[PartnerId, ...] = ()
    minimum_micros: int | None = None
    maximum_micros: int | None = None
    model: str = ""  # with `attribution.decided`: the model whose share is looked at
    minimum_share_ppm: int | None = None
    outcome: str = ""  # "won" | "lost": what the endpoint's partner must be, "" for either


SECRET_OPTIONS = frozenset(
    {"secret", "access_token", "developer_token", "client_secret", "refresh_token"}
)
"""Options of endpoints whose text is sealed and never shown again."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where postbacks go: one partner's (or the account's) URL with its format and conditions."""

    id: EndpointId
    partner: PartnerId | None = None
    format: EndpointFormat = EndpointFormat.JSON
    method: str = "POST"
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    firing: Firing = field(default_factory=Firing)
    secrets: tuple[Secret, ...] = ()
    rate_limit: RateLimit | None = None
    allow_http: bool = False
    ports: tuple[int, ...] = (80, 443)
    state: EndpointState = EndpointState.ACTIVE
    options: Mapping[str, str] = field(default_factory=dict)  # of ad-platform formats
    consent: tuple[str, ...] = ()  # consents without which nothing personal is sent here
    test: bool = False  # hears of the account's test side, and of nothing else


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer of rights. Only the SHA-256 of its text is stored."""

    id: TokenId
    account: AccountId
    name: str
    hash: str
    scopes: tuple[str, ...]  # ingest | site | report | admin
    test: bool = False
    partner: PartnerId | None = None
    created_at: int = 0
    expires_at: int | None = None
    revoked_at: int | None = None
    last_used_at: int | None = None


@dataclass(frozen=True, slots=True)
class Registry:
    """Everything declared for one account, as one snapshot. Deleted things are absent."""

    account: Account
    events: Mapping[EventName, EventDefinition] = field(default_factory=dict)
    campaigns: Mapping[CampaignId, Campaign] = field(default_factory=dict)
    partners: Mapping[PartnerId, Partner] = field(default_factory=dict)
    endpoints: Mapping[EndpointId, Endpoint] = field(default_factory=dict)
