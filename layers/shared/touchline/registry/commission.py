"""What partners are paid, and up to where: payout rules and caps."""

from touchline.kernel.ids import CampaignId, EventName, PartnerId
from touchline.kernel.values import dataclass


@dataclass(frozen=True, slots=True)
class Tier:
    """From the `from_count`-th conversion of the calendar month on, this rate."""

    from_count: int
    fixed_micros: int = 0
    percent_ppm: int = 0


@dataclass(frozen=True, slots=True)
class PayoutRule:
    """A fixed amount, a percentage of the value (parts per million), or tiers of them.

    The first rule whose conditions all hold decides; None means any.
    """

    fixed_micros: int = 0
    percent_ppm: int = 0
    currency: str = ""
    tiers: tuple[Tier, ...] = ()
    event: EventName | None = None
    partner: PartnerId | None = None
    campaign: CampaignId | None = None


@dataclass(frozen=True, slots=True)
class Cap:
    """At most this many paid conversions, or this much payout, in a day, a month or for good."""

    period: str  # day | month | total
    count: int | None = None
    payout_micros: int | None = None
    event: EventName | None = None
