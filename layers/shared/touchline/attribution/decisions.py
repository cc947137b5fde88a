"""One order in, the decisions about its claims out: pure, so that the same data decides the same.

All claims to one order (those of several partners and of the account's own systems) are decided
together, and its value is counted once: under the account's own claim where there is one,
otherwise under the payer's, otherwise under the first.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from touchline.attribution.credits import Creditor
from touchline.attribution.engine.single import Touchpoint
from touchline.attribution.exclusions import exclusion
from touchline.attribution.journeys import Verdict, in_order, is_direct, judge
from touchline.attribution.payers import Ruling, rule_payer, stand_down
from touchline.attribution.payouts import owed, payouts
from touchline.attribution.rules import RuleBook
from touchline.attribution.walk import Person
from touchline.ledger.decisions import (
    ATTRIBUTED,
    EXCLUDED,
    Candidate,
    Decision,
)
from touchline.ledger.identity import domain_of
from touchline.ledger.model import Conversion, Touch
from touchline.registry.model import Registry

ENGINE_VERSION = "1"
"""Grows with every change of what this room would decide about the same data."""

PATH_LIMIT = 200
STRUCK_LIMIT = 100
"""What one row holds of the path and of the candidates that are not on it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What every decision about one event's conversions is made under."""

    registry: Registry
    book: RuleBook
    creditor: Creditor
    rules_version: str


def live_claims(claims: Sequence[Conversion], registry: Registry) -> list[Conversion]:
    """The claims that are not excluded. The account's own word stands above its partners'."""
    own = [claim for claim in claims if not claim.key.scope]
    if any(exclusion(claim, registry) for claim in own):
        return []
    return [claim for claim in claims if not exclusion(claim, registry)]


def converted_at(live: Sequence[Conversion]) -> int:
    """When the order was placed: as the account's own systems say, otherwise the earliest claim."""
    return min(live, key=lambda claim: (claim.key.scope != "", claim.occurred_at)).occurred_at


def decide(claims: Sequence[Conversion], person: Person, terms: Terms) -> list[Decision]:
    """The decision about every claim to one order, in the order of the claims' scopes."""
    claims = sorted(claims, key=lambda claim: claim.key.scope)
    live = live_claims(claims, terms.registry)
    own_fault = next((exclusion(one, terms.registry) for one in claims if not one.key.scope), "")
    decisions = [
        _excluded(one, terms, exclusion(one, terms.registry) or own_fault)
        for one in claims
        if one not in live
    ]
    if live:
        decisions.extend(_decide_live(live, person, terms))
    return sorted(decisions, key=lambda decision: decision.key.scope)


def _decide_live(live: Sequence[Conversion], person: Person, terms: Terms) -> list[Decision]:
    touches = in_order(person.touches)
    at = converted_at(live)
    verdicts = judge(touches, at, terms.book)
    partners, rules = terms.registry.partners, terms.book.rules
    verdicts = stand_down(touches, verdicts, partners, rules)
    ruling = rule_payer(live, touches, verdicts, partners, rules)
    counted = _counted(live, ruling)
    decisions = [_about_counted(counted, live, touches, verdicts, ruling, person, terms)]
    for claim in live:
        if claim is not counted:
            agrees = claim.partner == ruling.payer or not claim.partner
            reason = "other_claim" if agrees else f"lost_order:{ruling.payer}"
            decisions.append(_excluded(claim, terms, reason, value_micros=0))
    return decisions


def _counted(live: Sequence[Conversion], ruling: Ruling) -> Conversion:
    def rank(claim: Conversion) -> tuple[bool, bool, int, str]:
        other = claim.partner != ruling.payer
        return (claim.key.scope != "", other, claim.received_at, claim.key.scope)

    return min(live, key=rank)


def _about_counted(
    counted: Conversion,
    live: Sequence[Conversion],
    touches: Sequence[Touch],
    verdicts: list[Verdict],
    ruling: Ruling,
    person: Person,
    terms: Terms,
) -> Decision:
    verdicts = _within_limit(verdicts)
    path = [touch for touch, verdict in zip(touches, verdicts, strict=True) if not verdict]
    value = counted.net_value_micros
    candidates, left_out = _candidates(touches, verdicts)
    points = [Touchpoint(touch.occurred_at, is_direct(touch), touch.channel) for touch in path]
    named = {known for claim in live for known in claim.identities}
    due = owed(counted, live, path, ruling, terms.registry)
    return Decision(
        realm=counted.realm,
        key=counted.key,
        occurred_at=counted.occurred_at,
        outcome=ATTRIBUTED if path else EXCLUDED,
        reason="" if path else ("no_eligible_touch" if named else "no_identity"),
        value_micros=value,
        currency=counted.currency,
        candidates=candidates,
        left_out=left_out,
        credits=terms.creditor.credits(points, value),
        payer=ruling.payer,
        payer_evidence=ruling.evidence,
        payouts=payouts(due.micros, path, points, ruling, terms.book.rules, terms.creditor),
        payout_currency=due.currency,
        losers=ruling.losers,
        keys=tuple(sorted({domain_of(known) for known in named})),
        matched_by=tuple(sorted({domain_of(touch.identity) for touch in path})),
        remarks=person.remarks,
        rules_version=terms.rules_version,
        engine_version=ENGINE_VERSION,
    )


def _excluded(
    claim: Conversion, terms: Terms, reason: str, *, value_micros: int | None = None
) -> Decision:
    return Decision(
        realm=claim.realm,
        key=claim.key,
        occurred_at=claim.occurred_at,
        outcome=EXCLUDED,
        reason=reason,
        value_micros=claim.net_value_micros if value_micros is None else value_micros,
        currency=claim.currency,
        keys=tuple(sorted({domain_of(known) for known in claim.identities})),
        rules_version=terms.rules_version,
        engine_version=ENGINE_VERSION,
    )


def _within_limit(verdicts: list[Verdict]) -> list[Verdict]:
    eligible = [index for index, verdict in enumerate(verdicts) if not verdict]
    for index in eligible[1 : len(eligible) - PATH_LIMIT + 1]:
        verdicts[index] = "path_limit"
    return verdicts


def _candidates(
    touches: Sequence[Touch], verdicts: Sequence[Verdict]
) -> tuple[tuple[Candidate, ...], Mapping[str, int]]:
    """Every touch with its verdict; of those struck out only the latest, the others counted."""
    struck = [index for index, verdict in enumerate(verdicts) if verdict]
    over = set(struck[: max(0, len(struck) - STRUCK_LIMIT)])
    left_out = Counter(verdicts[index] for index in over)
    kept = tuple(
        _candidate(touch, verdict)
        for index, (touch, verdict) in enumerate(zip(touches, verdicts, strict=True))
        if index not in over
    )
    return kept, dict(left_out)


def _candidate(touch: Touch, verdict: Verdict) -> Candidate:
    return Candidate(
        touch=touch.id,
        identity=touch.identity,
        kind=touch.kind.value,
        channel=touch.channel,
        occurred_at=touch.occurred_at,
        campaign=touch.campaign,
        partner=touch.partner,
        name=touch.name,
        click_ref=touch.click_ref,
        subs=touch.subs,
        verdict=verdict,
    )
