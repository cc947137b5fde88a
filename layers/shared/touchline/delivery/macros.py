"""The macros that a template may name: what each stands for, and which are personal or secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class MacroInfo:
    """What a macro stands for. Personal values and secrets never appear in logs."""

    meaning: str
    personal: bool = False
    secret: bool = False
    per_attempt: bool = False  # changes between attempts, so it has no place in a body


def _table() -> Mapping[str, MacroInfo]:
    table = {
        "click_id": MacroInfo("our click ID"),
        "partner_click_id": MacroInfo("the partner's own click ID, as it came with the click"),
        "event": MacroInfo("the conversion event's name"),
        "conversion_id": MacroInfo("the sender's transaction ID"),
        "value": MacroInfo("revenue as a decimal, after refunds"),
        "currency": MacroInfo("ISO 4217 code of the value"),
        "payout": MacroInfo("what the partner earns, as a decimal"),
        "payout_currency": MacroInfo("ISO 4217 code of the payout"),
        "status": MacroInfo("pending, approved, rejected or hold"),
        "occurred_at": MacroInfo("when it happened: milliseconds since 1970 UTC"),
        "user_domain": MacroInfo("the domain of the user's ID"),
        "user_id": MacroInfo("the user's ID", personal=True),
        "email": MacroInfo("SHA-256 of the email address", personal=True),
        "phone": MacroInfo("SHA-256 of the phone number", personal=True),
        "coupon": MacroInfo("the coupon code"),
        "reason": MacroInfo("why it was reversed, excluded or lost"),
        "campaign": MacroInfo("the campaign's ID"),
        "partner": MacroInfo("the partner's ID"),
        "touch_type": MacroInfo("kind of the touch that earned it: click, view, open …"),
        "touch_time": MacroInfo("when that touch was: milliseconds since 1970 UTC"),
        "seconds_to_conversion": MacroInfo("whole seconds from that touch to the conversion"),
        "model": MacroInfo("the attribution model of the credit"),
        "credit": MacroInfo("the partner's share under that model: 0 to 1"),
        "credited_value": MacroInfo("the partner's part of the value under that model"),
        "type": MacroInfo("conversion.accepted, conversion.updated, conversion.reversed …"),
        "event_id": MacroInfo("the delivery's ID, the same on every attempt"),
        "attempt": MacroInfo("1 on the first attempt", per_attempt=True),
        "test": MacroInfo("1 on a test send, else empty"),
        "secret": MacroInfo("the endpoint's option `secret`", secret=True),
        "referrer_name": MacroInfo("who referred", personal=True),
        "referrer_email": MacroInfo("email of who referred", personal=True),
        "referee_name": MacroInfo("who was referred", personal=True),
        "referee_email": MacroInfo("email of who was referred", personal=True),
        "referrer_custom_value": MacroInfo("the referrer's custom value", personal=True),
        "referrer_converts": MacroInfo(
            "successful conversions of this referrer, this one included"
        ),
        "goal_complete": MacroInfo("1 on the conversion that completes the goal, else 0"),
    }
    for number in range(1, 21):
        table[f"sub{number}"] = MacroInfo(f"sub-ID {number}")
    return MappingProxyType(table)


MACROS = _table()

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        # what other systems call it: only ever suggested, for the meanings clash between them
        **dict.fromkeys(("cid", "clickid", "tracking_id", "subid", "cnv_id"), "click_id"),
        **dict.fromkeys(("aff_click_id", "external_id", "click_ref", "ref_id"), "partner_click_id"),
        **dict.fromkeys(
            ("txid", "tid", "transaction_id", "order_id", "orderid", "adv_sub", "action_id"),
            "conversion_id",
        ),
        **dict.fromkeys(("sum", "amount", "sale_amount", "revenue", "price"), "value"),
        **dict.fromkeys(("payout_amount", "commission"), "payout"),
        **dict.fromkeys(("et", "goal", "event_name", "conversion_type", "api_name"), "event"),
        **dict.fromkeys(("timestamp", "time", "datetime", "conversion_time"), "occurred_at"),
        **dict.fromkeys(("offer_id", "campaign_id", "offer"), "campaign"),
        **dict.fromkeys(("affiliate_id", "aff_id", "pid", "publisher_id"), "partner"),
        **dict.fromkeys(("promo_code", "coupon_code"), "coupon"),
        **dict.fromkeys(("message_id", "webhook_id", "delivery_id"), "event_id"),
        **{f"aff_sub{n}": f"sub{n}" for n in range(1, 11)},
        **{f"sub_id_{n}": f"sub{n}" for n in range(1, 21)},
        "aff_sub": "sub1",
        "cnv_status": "status",
    }
)
"""Names in other systems and the macro that most often means the same."""
