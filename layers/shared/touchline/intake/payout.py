"""What a conversion pays its partner, and whether a cap still allows it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from touchline.intake.caller import Caller
from touchline.kernel.clock import day_of
from touchline.kernel.money import Money
from touchline.kernel.values import dataclass
from touchline.ledger.model import Conversion, Status, Tally, TallyStep
from touchline.registry.commission import Cap, PayoutRule
from touchline.registry.payouts import payout, rule_for

COUNTED = frozenset({Status.PENDING, Status.APPROVED})
"""Statuses in which a conversion takes its place under a cap or in a tier."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What applies to a conversion: the rule that pays, and the caps with the tallies they need."""

    rule: PayoutRule | None
    caps: tuple[tuple[str, Cap], ...] = ()
    tier_tally: str = ""

    @property
    def tallies(self) -> tuple[str, ...]:
        """The names of all tallies to read before pricing."""
        names = (*(name for name, _ in self.caps), *((self.tier_tally,) if self.tier_tally else ()))
        return tuple(dict.fromkeys(names))


def terms_of(conversion: Conversion, caller: Caller) -> Terms:
    """The terms of a conversion. In test mode nothing is tallied: no caps, first tier."""
    rule = rule_for(caller.registry, conversion.key.event, conversion.partner, conversion.campaign)
    if caller.test:
        return Terms(rule)
    tier_tally = ""
    if rule and rule.tiers:
        owner = f"partner:{conversion.partner or ''}:campaign:{conversion.campaign or ''}"
        tier_tally = f"tier:{owner}:{_period('month', conversion.received_at)}"
    return Terms(rule, tuple(_caps(conversion, caller)), tier_tally)


def price(
    conversion: Conversion, terms: Terms, tallied: Mapping[str, Tally], *, stated: bool
) -> tuple[Conversion, tuple[TallyStep, ...]]:
    """The conversion with its payout, and the steps that must be made together with storing it.

    A rule decides over what the sender stated. Over a cap the payout is 0, remarked `over_cap`,
    and nothing is tallied.
    """
    seen = tallied[terms.tier_tally].count if terms.tier_tally else 0
    priced = _paid(conversion, terms.rule, seen + 1, stated=stated)
    if priced.status not in COUNTED:
        return priced, ()
    for name, cap in terms.caps:
        if not _room(cap, tallied[name], priced.payout_micros):
            over = (*priced.flags, "over_cap")
            return replace(priced, payout_micros=0, flags=over), ()
    return priced, tuple(_steps(terms, priced.payout_micros, seen))


def repriced(conversion: Conversion, terms: Terms, tallied: Mapping[str, Tally]) -> Conversion:
    """The payout for news of a conversion that has its place under the caps already."""
    seen = tallied[terms.tier_tally].count if terms.tier_tally else 0
    return _paid(conversion, terms.rule, max(seen, 1), stated=False)


def _steps(terms: Terms, payout_micros: int, seen: int) -> Iterator[TallyStep]:
    by_name: dict[str, TallyStep] = {}
    for name, cap in terms.caps:
        # Two caps of one owner and period share their tally: the tighter bounds count.
        step = by_name.get(name, TallyStep(name, payout_micros))
        by_name[name] = replace(
            step,
            count_most=_least(step.count_most, cap.count),
            payout_most=_least(step.payout_most, cap.payout_micros),
        )
    if terms.tier_tally:
        by_name[terms.tier_tally] = TallyStep(terms.tier_tally, payout_micros, seen=seen)
    yield from by_name.values()


def _least(one: int | None, other: int | None) -> int | None:
    given = [bound for bound in (one, other) if bound is not None]
    return min(given) if given else None


def _paid(
    conversion: Conversion, rule: PayoutRule | None, number: int, *, stated: bool
) -> Conversion:
    if rule is None:
        return conversion
    value = Money(conversion.value_micros, conversion.currency)
    paid = payout(rule, value, number)
    said = Money(conversion.payout_micros, conversion.payout_currency)
    return replace(
        conversion,
        payout_micros=paid.micros,
        payout_currency=paid.currency,
        flags=(*conversion.flags, *(("payout_differs",) if stated and said != paid else ())),
    )


def _caps(conversion: Conversion, caller: Caller) -> Iterator[tuple[str, Cap]]:
    registry = caller.registry
    owners = []
    if conversion.partner and conversion.partner in registry.partners:
        owners.append((f"partner:{conversion.partner}", registry.partners[conversion.partner].caps))
    if conversion.campaign and conversion.campaign in registry.campaigns:
        campaign = registry.campaigns[conversion.campaign]
        owners.append((f"campaign:{conversion.campaign}", campaign.caps))
    for owner, caps in owners:
        for cap in caps:
            if cap.event in {None, conversion.key.event}:
                period = _period(cap.period, conversion.received_at)
                yield f"{owner}:{period}:{cap.event or '*'}", cap


def _period(period: str, received_at: int) -> str:
    day = day_of(received_at)
    return {"day": day, "month": day[:7], "total": "total"}[period]


def _room(cap: Cap, tally: Tally, payout_micros: int) -> bool:
    if cap.count is not None and tally.count >= cap.count:
        return False
    return cap.payout_micros is None or tally.payout_micros + payout_micros <= cap.payout_micros
