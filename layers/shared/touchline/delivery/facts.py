"""The values of the macros for one piece of news and one endpoint, all as text."""

from collections.abc import Mapping
from decimal import Decimal

from touchline.delivery.firing import (
    DEFAULT_MODEL,
    LOST,
    consented,
    outcome_for,
    share_ppb,
)
from touchline.delivery.macros import MACROS
from touchline.delivery.news import News
from touchline.kernel.money import plain
from touchline.ledger.decisions import WHOLE, Candidate, Decision
from touchline.ledger.identity import EMAIL_META, PHONE, RESERVED_DOMAINS, Identity, domain_of
from touchline.ledger.model import Conversion
from touchline.registry.model import Endpoint

REFERRAL_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "referrer_name": ("referrer_name",),
    "referrer_email": ("referrer_email",),
    "referee_name": ("referee_name", "name"),
    "referee_email": ("referee_email",),
    "referrer_custom_value": ("referrer_customValue", "referrer_custom_value"),
}
"""Macro: the parameters of the conversion that it is read from, first found."""


def facts_of(news: News, endpoint: Endpoint, delivery: str) -> dict[str, str]:
    """The values by macro name; empty ones are left out."""
    facts = {"type": news.type, "event_id": delivery, "reason": news.reason}
    facts |= {"event": news.key.event, "conversion_id": news.key.id}
    if news.conversion is not None:
        facts |= _of_conversion(news.conversion)
    if news.test:
        facts["test"] = "1"
    if news.decision is not None:
        facts |= _of_decision(news.decision, endpoint)
    if not consented(endpoint, news.conversion):
        facts = without_personal(facts)
    return {name: value for name, value in facts.items() if value}


def without_personal(facts: Mapping[str, str]) -> dict[str, str]:
    """The values that are not about a person."""
    return {name: value for name, value in facts.items() if not MACROS[name].personal}


def user_of(identities: tuple[Identity, ...]) -> tuple[str, str]:
    """Domain and ID of the first identity that a system of the account gave."""
    for known in identities:
        if domain_of(known) not in RESERVED_DOMAINS:
            domain, _, value = known.partition(":")
            return domain, value
    return "", ""


def hash_of(identities: tuple[Identity, ...], domain: str) -> str:
    """The hashed value of an identity of this domain, "" without one."""
    return next((k.partition(":")[2] for k in identities if domain_of(k) == domain), "")


def _of_conversion(conversion: Conversion) -> dict[str, str]:
    domain, user = user_of(conversion.identities)
    clicked = conversion.clicked_at
    return {
        "click_id": conversion.click_id or "",
        "partner_click_id": conversion.click_ref,
        "value": plain(conversion.net_value_micros),
        "currency": conversion.currency,
        "payout": plain(conversion.net_payout_micros),
        "payout_currency": conversion.payout_currency or conversion.currency,
        "status": conversion.status.value,
        "occurred_at": str(conversion.occurred_at),
        "user_domain": domain,
        "user_id": user,
        "email": hash_of(conversion.identities, EMAIL_META),
        "phone": hash_of(conversion.identities, PHONE),
        "coupon": conversion.coupon,
        "campaign": conversion.campaign or "",
        "partner": conversion.partner or "",
        "touch_type": "click" if conversion.click_id else "",
        "touch_time": "" if clicked is None else str(clicked),
        "seconds_to_conversion": ""
        if clicked is None
        else str((conversion.occurred_at - clicked) // 1000),
        **{name: value for name, value in conversion.subs.items() if name in MACROS},
        **_referral(conversion.parameters),
    }


def _referral(parameters: Mapping[str, str]) -> dict[str, str]:
    return {
        macro: next((parameters[name] for name in names if parameters.get(name)), "")
        for macro, names in REFERRAL_PARAMETERS.items()
    }


def _of_decision(decision: Decision, endpoint: Endpoint) -> dict[str, str]:
    partner = endpoint.partner or decision.payer
    model = endpoint.firing.model or DEFAULT_MODEL
    share, value = share_ppb(partner, model, decision)
    facts = {
        "value": plain(decision.value_micros),
        "currency": decision.currency,
        "occurred_at": str(decision.occurred_at),
        "partner": partner or "",
        "model": model,
        "credit": share_text(share),
        "credited_value": plain(value),
    }
    paid = [one for one in decision.payouts if one.partner == partner]
    if paid:
        facts["payout"] = plain(sum(one.payout_micros for one in paid))
        facts["payout_currency"] = decision.payout_currency
    if partner is not None and outcome_for(partner, decision) == LOST:
        facts["reason"] = next(x.reason for x in decision.losers if x.partner == partner)
        facts["payout"] = plain(0)
    touch = _touch(decision, partner, model)
    return facts | (_of_touch(touch, decision.occurred_at) if touch else {})


def share_text(ppb: int) -> str:
    """A share as a plain decimal: `0.333333333`, `1`, `0`."""
    return f"{(Decimal(ppb) / WHOLE).normalize():f}"


def _touch(decision: Decision, partner: str | None, model: str) -> Candidate | None:
    """The last touch that the model credits (of the partner, when there is one)."""
    path = decision.path
    steps = [credit.step for credit in decision.credits.get(model, ())]
    own = [path[step] for step in steps if partner is None or path[step].partner == partner]
    return own[-1] if own else None


def _of_touch(touch: Candidate, occurred_at: int) -> dict[str, str]:
    return {
        "touch_type": touch.kind,
        "touch_time": str(touch.occurred_at),
        "seconds_to_conversion": str((occurred_at - touch.occurred_at) // 1000),
        "partner_click_id": touch.click_ref,
        "campaign": touch.campaign or "",
        **{name: value for name, value in touch.subs.items() if name in MACROS},
    }
