"""What an order pays, and whom: all to the payer, or split by a model's credit."""

from collections.abc import Sequence

from touchline.attribution.credits import Creditor
from touchline.attribution.engine.single import Touchpoint
from touchline.attribution.payers import Ruling
from touchline.kernel.ids import PartnerId
from touchline.kernel.money import Money, split_by_parts
from touchline.ledger.decisions import Payout
from touchline.ledger.model import Conversion, Touch
from touchline.registry.attribution_rules import AttributionRules
from touchline.registry.model import Registry
from touchline.registry.payouts import payout, rule_for


def owed(
    counted: Conversion,
    live: Sequence[Conversion],
    path: Sequence[Touch],
    ruling: Ruling,
    registry: Registry,
) -> Money:
    """What the order pays: as the payer's own claim says, else by the payer's payout rules, else
    as the counted claim says if that names no other partner."""
    claim = next((one for one in live if one.partner == ruling.payer), None)
    if ruling.payer is None:
        return Money(0, "")
    if claim is not None:
        return Money(claim.net_payout_micros, claim.payout_currency or claim.currency)
    last = next((touch for touch in reversed(path) if touch.partner == ruling.payer), None)
    rule = rule_for(registry, counted.key.event, ruling.payer, last.campaign if last else None)
    if rule is not None:
        return payout(rule, Money(counted.net_value_micros, counted.currency))
    stated = counted.net_payout_micros if counted.partner is None else 0
    return Money(stated, counted.payout_currency or counted.currency)


def payouts(
    amount_micros: int,
    path: Sequence[Touch],
    points: Sequence[Touchpoint],
    ruling: Ruling,
    rules: AttributionRules,
    creditor: Creditor,
) -> tuple[Payout, ...]:
    """Who gets how much of what the order pays."""
    if ruling.payer is None or not amount_micros:
        return ()
    steps = [index for index, touch in enumerate(path) if touch.partner]
    if rules.payout_split != "last_partner" and steps:
        shares = creditor.shares(rules.payout_split, points)
        parts = [shares.parts[step] for step in steps]
        if sum(parts):
            return _split(amount_micros, path, steps, parts)
    last = [index for index in steps if path[index].partner == ruling.payer]
    return (Payout(ruling.payer, amount_micros, last[-1] if last else None),)


def _split(
    amount_micros: int, path: Sequence[Touch], steps: Sequence[int], parts: Sequence[int]
) -> tuple[Payout, ...]:
    amounts = split_by_parts(amount_micros, parts, sum(parts))
    return tuple(
        Payout(PartnerId(str(path[step].partner)), amount, step)
        for step, amount in zip(steps, amounts, strict=True)
        if amount
    )
