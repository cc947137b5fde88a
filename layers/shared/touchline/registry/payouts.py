"""What a conversion pays its partner: the first rule that fits, at the step of its tier. Pure."""

from collections.abc import Iterator

from touchline.kernel.ids import CampaignId, EventName, PartnerId
from touchline.kernel.money import Money
from touchline.registry.commission import PayoutRule, Tier
from touchline.registry.model import Registry

PPM = 1_000_000


def rule_for(
    registry: Registry, event: EventName, partner: PartnerId | None, campaign: CampaignId | None
) -> PayoutRule | None:
    """The rule that decides; rules of the campaign come before those of the partner."""
    return next(
        (
            rule
            for rule in _rules(registry, partner, campaign)
            if rule.event in {None, event}
            and rule.partner in {None, partner}
            and rule.campaign in {None, campaign}
        ),
        None,
    )


def payout(rule: PayoutRule, value: Money, number: int = 1) -> Money:
    """What the rule pays for the `number`-th conversion of the month: fixed + percent of value.

    The percentage is rounded half up to a micro.
    """
    reached = [tier for tier in rule.tiers if tier.from_count <= number]
    if reached:
        rate = max(reached, key=lambda tier: tier.from_count)
    else:
        rate = Tier(0, rule.fixed_micros, rule.percent_ppm)
    share = (value.micros * rate.percent_ppm + PPM // 2) // PPM
    return Money(rate.fixed_micros + share, rule.currency or value.currency)


def _rules(
    registry: Registry, partner: PartnerId | None, campaign: CampaignId | None
) -> Iterator[PayoutRule]:
    if campaign and campaign in registry.campaigns:
        yield from registry.campaigns[campaign].payouts
    if partner and partner in registry.partners:
        yield from registry.partners[partner].payouts
