"""The rules of attribution as versioned data. Defaults are those of docs/attribution.md."""

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from touchline.kernel.values import dataclass

_DAY = 86_400
_HOUR = 3_600

DEFAULT_WINDOWS: Mapping[str, int] = MappingProxyType(
    {
        # touch kind, or channel:kind where the kind alone does not tell
        "click": 30 * _DAY,
        "view": 1 * _DAY,
        "email:click": 5 * _DAY,
        "email:open": 5 * _DAY,
        "sms:click": 5 * _DAY,
        "whatsapp:click": 5 * _DAY,
        "open": 12 * _HOUR,
        "delivered": 12 * _HOUR,
        "push:open": 1 * _DAY,
        "store_visit": 30 * _DAY,
        "session": 30 * _DAY,
    }
)
"""Look-back windows in seconds. `channel:kind` is looked up before `kind`."""

DEFAULT_MODELS = (
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "position_based",
    "time_decay",
)

EVIDENCE_ORDER = ("click_id", "user_id", "email", "coupon", "clickless")


@dataclass(frozen=True, slots=True)
class StandDown:
    """A partner of class `kind` cannot take over within `seconds` after another's click."""

    id: str
    kind: str
    seconds: int


@dataclass(frozen=True, slots=True)
class RuleOverrides:
    """What one event or partner has otherwise. None and absent keys mean: as the account."""

    windows: Mapping[str, int] = field(default_factory=dict)
    minimum_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class AttributionRules:
    """Everything that decides who is credited. `version` grows by one with each change."""

    version: int = 1
    windows: Mapping[str, int] = field(default_factory=lambda: DEFAULT_WINDOWS)
    minimum_seconds: int = 0
    session_gap_seconds: int = 30 * 60
    session_length_seconds: int = 24 * _HOUR
    drop_direct: bool = True
    models: tuple[str, ...] = DEFAULT_MODELS
    data_driven_models: tuple[str, ...] = ("markov_1", "shapley")
    fit_days: int = 30
    position_weights_ppm: tuple[int, int, int] = (400_000, 200_000, 400_000)
    half_life_seconds: int = 7 * _DAY
    evidence_order: tuple[str, ...] = EVIDENCE_ORDER
    stand_downs: tuple[StandDown, ...] = ()
    payout_split: str = "last_partner"  # last_partner | any model's name: split by its credit
    person_limit: int = 200  # identities walked for one person
    domain_limit: int = 5  # identities of one domain that one person may have
