"""Who is told: the firing conditions of endpoints against a piece of news.

A partner's endpoint hears only of what is the partner's own: its conversions, and decisions that
it won, lost or has a share in. An account's endpoint hears of everything that its conditions let
through.
"""

from collections.abc import Iterator

from touchline.delivery.news import DECIDED, News
from touchline.kernel.ids import PartnerId, is_test
from touchline.ledger.decisions import WHOLE, Decision
from touchline.ledger.model import Conversion
from touchline.registry.model import Endpoint, Firing, Registry

WON = "won"
LOST = "lost"
SHARED = "shared"
DEFAULT_MODEL = "last_touch"
PPB_PER_PPM = WHOLE // 1_000_000


def told(registry: Registry, news: News) -> Iterator[Endpoint]:
    """The endpoints that the news concerns."""
    for name in sorted(registry.endpoints):
        endpoint = registry.endpoints[name]
        if fires(endpoint, news):
            yield endpoint


def fires(endpoint: Endpoint, news: News) -> bool:
    """Whether every condition of the endpoint holds. Test and live never meet."""
    if endpoint.test is not is_test(news.realm):
        return False
    if endpoint.partner is not None and not _concerns(endpoint.partner, news):
        return False
    firing = endpoint.firing
    return (
        news.type in firing.types
        and _one_of(firing.events, news.key.event)
        and _of_conversion(firing, news)
        and _of_decision(endpoint, news)
    )


def outcome_for(partner: PartnerId, decision: Decision) -> str:
    """What the decision is to a partner: won, lost, shared, or "" when it has no part in it."""
    if decision.payer == partner:
        return WON
    if any(loser.partner == partner for loser in decision.losers):
        return LOST
    return SHARED if any(step.partner == partner for step in decision.path) else ""


def share_ppb(partner: PartnerId | None, model: str, decision: Decision) -> tuple[int, int]:
    """The partner's share (parts per billion) and value (micros) under a model.

    Without a partner: the share of the conversion that the model credits at all.
    """
    path = decision.path
    given = [
        credit
        for credit in decision.credits.get(model, ())
        if partner is None or path[credit.step].partner == partner
    ]
    return sum(credit.share_ppb for credit in given), sum(credit.value_micros for credit in given)


def consented(endpoint: Endpoint, conversion: Conversion | None) -> bool:
    """Whether the person agreed to all that the endpoint asks for."""
    given = conversion.consent if conversion is not None else ()
    return set(endpoint.consent) <= set(given)


def _concerns(partner: PartnerId, news: News) -> bool:
    if news.decision is not None:
        return bool(outcome_for(partner, news.decision))
    return news.conversion is not None and news.conversion.partner == partner


def _of_conversion(firing: Firing, news: News) -> bool:
    conversion = news.conversion
    if conversion is None:
        return True
    value = conversion.net_value_micros
    return (
        _one_of(firing.statuses, conversion.status.value)
        and _one_of(firing.campaigns, conversion.campaign)
        and _one_of(firing.partners, conversion.partner)
        and (firing.minimum_micros is None or value >= firing.minimum_micros)
        and (firing.maximum_micros is None or value <= firing.maximum_micros)
    )


def _of_decision(endpoint: Endpoint, news: News) -> bool:
    decision, firing = news.decision, endpoint.firing
    if news.type != DECIDED or decision is None:
        return True
    partner = endpoint.partner or decision.payer
    if firing.outcome and (partner is None or outcome_for(partner, decision) != firing.outcome):
        return False
    if firing.minimum_share_ppm is None:
        return True
    share, _ = share_ppb(partner, firing.model or DEFAULT_MODEL, decision)
    return share >= firing.minimum_share_ppm * PPB_PER_PPM


def _one_of(wanted: tuple[str, ...], value: str | None) -> bool:
    return not wanted or value in wanted
