"""What a conversion pays its partner, and its place under caps and in tiers. Pure.

A tally is the number of conversions that stand in it as pending or approved, and the sum of what
they pay: a conversion takes its place when it comes to stand so, and gives it back when it does
not any more.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from touchline.kernel.clock import day_of
from touchline.kernel.ids import is_test
from touchline.kernel.money import Money
from touchline.kernel.values import dataclass
from touchline.ledger.model import Conversion, Status, Tally, TallyStep
from touchline.registry.commission import Cap, PayoutRule
from touchline.registry.model import Registry
from touchline.registry.payouts import payout, rule_for

COUNTED = frozenset({Status.PENDING, Status.APPROVED})
"""Statuses in which a conversion takes its place under a cap or in a tier."""
OVER_CAP = "over_cap"
"""The remark on a conversion that found no room: it pays nothing, whatever becomes of it."""


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


def terms_of(conversion: Conversion, registry: Registry) -> Terms:
    """The terms of a conversion. In test mode nothing is tallied: no caps, first tier."""
    rule = rule_for(registry, conversion.key.event, conversion.partner, conversion.campaign)
    if is_test(conversion.realm):
        return Terms(rule)
    tier_tally = ""
    if rule and rule.tiers:
        owner = f"partner:{conversion.partner or ''}:campaign:{conversion.campaign or ''}"
        tier_tally = f"tier:{owner}:{_period('month', conversion.received_at)}"
    return Terms(rule, tuple(_caps(conversion, registry)), tier_tally)


def price(
    conversion: Conversion, terms: Terms, tallied: Mapping[str, Tally], *, stated: bool
) -> tuple[Conversion, tuple[TallyStep, ...]]:
    """The conversion with its payout, and the steps that must be made together with storing it.

    A rule decides over what the sender stated. Over a cap the payout is 0, remarked `over_cap`,
    and nothing is tallied.
    """
    priced = _paid(conversion, terms.rule, _seen(terms, tallied) + 1, stated=stated)
    return placed(priced, terms, tallied) if priced.status in COUNTED else (priced, ())


def placed(
    conversion: Conversion, terms: Terms, tallied: Mapping[str, Tally]
) -> tuple[Conversion, tuple[TallyStep, ...]]:
    """The conversion in its place under the caps and in its tier, with the steps of that; or over
    a cap, paying nothing."""
    pays = conversion.net_payout_micros
    if any(not _room(cap, tallied[name], pays) for name, cap in terms.caps):
        over = (*conversion.flags, OVER_CAP)
        return replace(conversion, payout_micros=0, flags=over), ()
    steps = tuple(_steps(terms, pays, _seen(terms, tallied)))
    return replace(conversion, tallies=tuple(step.name for step in steps)), steps


def takes_place(before: Conversion, after: Conversion) -> bool:
    """Whether the change makes a conversion count that did not."""
    return (
        after.status in COUNTED
        and before.status not in COUNTED
        and not before.tallies
        and OVER_CAP not in before.flags
    )


def given_back(before: Conversion, after: Conversion) -> tuple[Conversion, tuple[TallyStep, ...]]:
    """The conversion after a change, and what its tallies lose or gain by it: its place when it
    does not count any more, the difference when it pays another amount."""
    if not before.tallies:
        return after, ()
    stays = after.status in COUNTED
    pays = after.net_payout_micros if stays else 0
    more = pays - before.net_payout_micros
    if stays and not more:
        return after, ()
    steps = tuple(TallyStep(name, more, count=0 if stays else -1) for name in before.tallies)
    return (after if stays else replace(after, tallies=())), steps


def repriced(conversion: Conversion, terms: Terms, tallied: Mapping[str, Tally]) -> Conversion:
    """The payout for news of a conversion that has its place under the caps already."""
    return _paid(conversion, terms.rule, max(_seen(terms, tallied), 1), stated=False)


def _seen(terms: Terms, tallied: Mapping[str, Tally]) -> int:
    return tallied[terms.tier_tally].count if terms.tier_tally else 0


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


def _caps(conversion: Conversion, registry: Registry) -> Iterator[tuple[str, Cap]]:
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
