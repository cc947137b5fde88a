"""Who is paid for an order: one partner, by a declared order of evidence.

An explicit click ID stands before a user ID, that before an email, a coupon, and a claim without
any of them. Among partners with evidence of one sort, the last eligible touch decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from touchline.attribution.journeys import Verdict
from touchline.kernel.clock import SECOND_MS
from touchline.kernel.ids import PartnerId
from touchline.ledger.decisions import Loser
from touchline.ledger.identity import CLICK, EMAIL_GOOGLE, EMAIL_META, PHONE, Identity, domain_of
from touchline.ledger.model import Conversion, Touch, TouchKind
from touchline.registry.attribution_rules import AttributionRules, StandDown
from touchline.registry.model import Partner

_MAIL_DOMAINS = frozenset({EMAIL_GOOGLE, EMAIL_META, PHONE})


@dataclass(frozen=True, slots=True)
class Ruling:
    """Who is paid on what evidence, and everybody who is not, with the reason."""

    payer: PartnerId | None = None
    evidence: str = ""
    losers: tuple[Loser, ...] = ()


@dataclass(frozen=True, slots=True)
class _Evidence:
    partner: PartnerId
    sort: str
    at: int  # of the latest touch of this sort; 0 without a touch


def stand_down(
    touches: Sequence[Touch],
    verdicts: Sequence[Verdict],
    partners: Mapping[PartnerId, Partner],
    rules: AttributionRules,
) -> list[Verdict]:
    """The verdicts after the stand-down rules: `stand_down:<rule>` for touches that came too soon.

    A touch of a partner of the rule's class falls when a partner of another class had an eligible
    click less than the rule's seconds before it.
    """
    after = list(verdicts)
    kept = _kept(touches, verdicts)
    for rule in rules.stand_downs:
        for index, touch in enumerate(touches):
            concerned = not after[index] and _kind(touch, partners) == rule.kind
            if concerned and any(_defended(other, touch, rule, partners) for other in kept):
                after[index] = f"stand_down:{rule.id}"
    return after


def rule_payer(
    claims: Sequence[Conversion],
    touches: Sequence[Touch],
    verdicts: Sequence[Verdict],
    partners: Mapping[PartnerId, Partner],
    rules: AttributionRules,
) -> Ruling:
    """Pick the one partner that is paid for an order; `claims` are those that count."""
    named = {known for claim in claims for known in claim.identities if domain_of(known) == CLICK}
    named |= {Identity(f"{CLICK}:{claim.click_id}") for claim in claims if claim.click_id}
    found = [
        _Evidence(touch.partner, _sort(touch, named), touch.occurred_at)
        for touch in _kept(touches, verdicts)
        if touch.partner
    ]
    struck = _struck(touches, verdicts, named)
    found.extend(_without_touch(claims, partners, struck))
    ranks = {sort: rank for rank, sort in enumerate(rules.evidence_order)}
    best: dict[PartnerId, _Evidence] = {}
    for one in sorted(found, key=lambda one: (ranks.get(one.sort, len(ranks)), -one.at)):
        if one.sort in ranks:
            best.setdefault(one.partner, one)
    return _ruling(best, ranks, struck, claims)


def _ruling(
    best: Mapping[PartnerId, _Evidence],
    ranks: Mapping[str, int],
    struck: Mapping[PartnerId, Verdict],
    claims: Sequence[Conversion],
) -> Ruling:
    order = sorted(best.values(), key=lambda one: (ranks[one.sort], -one.at, one.partner))
    winner = order[0] if order else None
    losers = [
        Loser(one.partner, _lost_by(one, winner), one.sort)
        for one in order[1:]
        if winner is not None
    ]
    claimed = {claim.partner for claim in claims if claim.partner}
    out = {
        partner: verdict
        for partner, verdict in struck.items()
        if partner not in best and (partner in claimed or verdict.startswith("stand_down"))
    }
    losers.extend(Loser(partner, out[partner]) for partner in sorted(out))
    if winner is None:
        return Ruling(losers=tuple(losers))
    return Ruling(winner.partner, winner.sort, tuple(losers))


def _lost_by(one: _Evidence, winner: _Evidence) -> str:
    return "weaker_evidence" if one.sort != winner.sort else "earlier_touch"


def _sort(touch: Touch, named: set[Identity]) -> str:
    if "clickless" in touch.flags:
        return "clickless"  # a click that the sender tells of without our click ID
    if touch.identity in named:
        return "click_id"
    return "email" if domain_of(touch.identity) in _MAIL_DOMAINS else "user_id"


def _without_touch(
    claims: Sequence[Conversion],
    partners: Mapping[PartnerId, Partner],
    struck: Mapping[PartnerId, Verdict],
) -> list[_Evidence]:
    found: list[_Evidence] = []
    for claim in claims:
        if claim.coupon:
            found.extend(
                _Evidence(partner.id, "coupon", 0)
                for partner in partners.values()
                if claim.coupon.lower() in {code.lower() for code in partner.coupons}
            )
        if claim.partner and not (claim.click_id and claim.partner in struck):
            found.append(_Evidence(claim.partner, "clickless", 0))
    return found


def _struck(
    touches: Sequence[Touch], verdicts: Sequence[Verdict], named: set[Identity]
) -> dict[PartnerId, Verdict]:
    """The latest verdict against each partner; that against a click which a claim names, first."""
    struck: dict[PartnerId, Verdict] = {}
    order = sorted(range(len(touches)), key=lambda i: (touches[i].identity in named, i))
    for index in order:
        partner = touches[index].partner
        if partner and verdicts[index]:
            struck[partner] = verdicts[index]
    return struck


def _defended(
    other: Touch, touch: Touch, rule: StandDown, partners: Mapping[PartnerId, Partner]
) -> bool:
    since = touch.occurred_at - other.occurred_at
    return (
        other.kind is TouchKind.CLICK
        and other.partner is not None
        and _kind(other, partners) != rule.kind
        and 0 <= since < rule.seconds * SECOND_MS
    )


def _kept(touches: Sequence[Touch], verdicts: Sequence[Verdict]) -> list[Touch]:
    return [touch for touch, verdict in zip(touches, verdicts, strict=True) if not verdict]


def _kind(touch: Touch, partners: Mapping[PartnerId, Partner]) -> str:
    partner = partners.get(touch.partner) if touch.partner else None
    return partner.kind if partner else ""
