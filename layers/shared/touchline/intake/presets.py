"""The dialects that partners' systems speak, as data. Chosen per partner; a partner may override.

`parameters` maps their name (any case) to ours; a `*` stands for the number of a sub ID.
`statuses` maps their word (any case) to pending, approved, rejected, hold or refunded.
`status_lists` are parameters that list words for one status in the URL itself (`sale_status=a,b`).
`macro` is how their placeholders look: what stands in templates for a value to be filled in.

Sources are the networks' public postback documentation; what a document calls payout, sum or amount
is money that changes hands for the conversion, and becomes our `value`.
"""

from collections.abc import Mapping
from dataclasses import field

from touchline.kernel.values import dataclass

COMMON_STATUSES: Mapping[str, str] = {
    "pending": "pending",
    "new": "pending",
    "open": "pending",
    "approved": "approved",
    "approve": "approved",
    "confirmed": "approved",
    "accepted": "approved",
    "paid": "approved",
    "rejected": "rejected",
    "reject": "rejected",
    "declined": "rejected",
    "cancelled": "rejected",
    "canceled": "rejected",
    "trash": "rejected",
    "hold": "hold",
    "refunded": "refunded",
    "refund": "refunded",
    "chargeback": "refunded",
}
"""Words that mean the same to every network. Numbers clash between networks and are not here."""

NATIVE: Mapping[str, str] = {
    name: name
    for name in (
        *("click_id", "event", "conversion_id", "value", "payout", "currency", "payout_currency"),
        *("status", "occurred_at", "user_domain", "user_id", "visitor", "email", "phone"),
        *("coupon", "reason", "source", "partner", "campaign", "click_time", "click_ref"),
        *("refund_value", "refund_id", "skip_hook", "consent"),
    )
} | {"sub*": "sub*"}
"""Our own names. They are understood in every dialect, unless the dialect uses one otherwise."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one kind of system spells a postback."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    status_lists: Mapping[str, str] = field(default_factory=dict)
    macro: str = "{x}"


DIALECTS: Mapping[str, Dialect] = {
    "native": Dialect(),
    "generic": Dialect(
        parameters={
            "clickid": "click_id",
            "cid": "click_id",
            "transaction_id": "conversion_id",
            "order_id": "conversion_id",
            "orderid": "conversion_id",
            "txid": "conversion_id",
            "amount": "value",
            "sum": "value",
            "revenue": "value",
            "goal": "event",
            "event_name": "event",
            "timestamp": "occurred_at",
            "promo_code": "coupon",
            "coupon_code": "coupon",
        },
    ),
    "voluum": Dialect(
        parameters={
            "cid": "click_id",
            "payout": "value",
            "txid": "conversion_id",
            "et": "event",
            "param*": "sub*",
        },
    ),
    "redtrack": Dialect(
        parameters={
            "clickid": "click_id",
            "sum": "value",
            "type": "event",
            "rdtk_event_id": "conversion_id",
        },
        macro="{x}",
    ),
    "binom": Dialect(
        parameters={"cnv_id": "click_id", "payout": "value", "cnv_status": "status"},
        statuses={"lead": "pending", "sale": "approved", "rebill": "approved"},
    ),
    "keitaro": Dialect(
        parameters={
            "subid": "click_id",
            "payout": "value",
            "tid": "conversion_id",
            "sub_id_*": "sub*",
        },
        statuses={"lead": "pending", "sale": "approved", "rebill": "approved"},
        status_lists={
            "lead_status": "pending",
            "sale_status": "approved",
            "rebill_status": "approved",
            "rejected_status": "rejected",
        },
    ),
    "tune": Dialect(
        parameters={
            "transaction_id": "click_id",
            "amount": "value",
            "adv_sub": "conversion_id",
            "adv_sub*": "sub*",
            "aff_sub*": "sub*",
            "goal_name": "event",
            "promo_code": "coupon",
        },
        macro="{x}",
    ),
    "everflow": Dialect(
        parameters={
            "transaction_id": "click_id",
            "amount": "value",
            "order_id": "conversion_id",
            "event_id": "event",
            "adv_event_id": "event",
            "coupon_code": "coupon",
            "adv*": "sub*",
            "timestamp": "occurred_at",
        },
    ),
    "affise": Dialect(
        parameters={
            "clickid": "click_id",
            "click_id": "click_id",
            "sum": "value",
            "action_id": "conversion_id",
            "goal": "event",
            "promo_code": "coupon",
            "custom_field*": "sub*",
        },
        statuses={"1": "approved", "2": "pending", "3": "rejected", "5": "hold"},
    ),
    "cake": Dialect(
        parameters={
            "r": "click_id",
            "reqid": "click_id",
            "t": "conversion_id",
            "tid": "conversion_id",
            "p": "value",
            "ecv": "value",
            "o": "campaign",
            "e": "event",
            "s*": "sub*",
        },
        statuses={"scrubbed": "rejected", "returned": "refunded"},
        macro="#x#",
    ),
    "appsflyer": Dialect(
        parameters={
            "clickid": "click_id",
            "event_name": "event",
            "event-name": "event",
            "event_revenue": "value",
            "event_revenue_currency": "currency",
            "event_time": "occurred_at",
            "event_id": "conversion_id",
            "customer_user_id": "user_id",
            "click_ts": "click_time",
            "af_sub*": "sub*",
        },
        macro="(x)",
    ),
    "branch": Dialect(
        parameters={
            "name": "event",
            "id": "conversion_id",
            "transaction_id": "conversion_id",
            "revenue": "value",
            "event_timestamp": "occurred_at",
            "developer_identity": "user_id",
            "coupon": "coupon",
        },
        macro="${(x)!}",
    ),
    "awin": Dialect(
        parameters={
            "cks": "click_id",
            "awc": "click_id",
            "ref": "conversion_id",
            "amount": "value",
            "cr": "currency",
            "vc": "coupon",
            "ch": "source",
            "p*": "sub*",
        },
        macro="{{x}}",
    ),
    "impact": Dialect(
        parameters={
            "clickid": "click_id",
            "subid1": "click_id",
            "orderid": "conversion_id",
            "oid": "conversion_id",
            "actionid": "conversion_id",
            "amount": "value",
            "currencycode": "currency",
            "state": "status",
            "actionstatus": "status",
            "eventdate": "occurred_at",
            "referringdate": "click_time",
            "customeremail": "email",
            "customerid": "user_id",
            "orderpromocode": "coupon",
            "promocode": "coupon",
            "actiontrackername": "event",
            "subid*": "sub*",
        },
        statuses={"reversed": "rejected", "locked": "approved"},
        macro="{x}",
    ),
}
