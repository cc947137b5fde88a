"""The referral webhook: a GET whose parameter names and meanings its receivers already know.

`referrer_converts` counts the successful conversions of a referrer in a campaign, this one
included; `goal_complete` is 1 on exactly the conversion that brings the count to the goal for the
first time. The count is kept by the store (counting.py); here is how it is written.
"""

from collections.abc import Mapping

from touchline.delivery.templates import Facts, percent, render_url
from touchline.ledger.model import Conversion, Status

WORDS: Mapping[str, str] = {
    Status.APPROVED.value: "success",
    Status.REJECTED.value: "fail",
    Status.PENDING.value: "pending",
    Status.HOLD.value: "pending",
}
_ORDER = (
    # parameter, macro
    ("referrer_name", "referrer_name"),
    ("referrer_email", "referrer_email"),
    ("referee_name", "referee_name"),
    ("referee_email", "referee_email"),
    ("orderID", "conversion_id"),
    ("purchaseValue", "value"),
    ("referrer_converts", "referrer_converts"),
    ("referrer_customValue", "referrer_custom_value"),
    ("goal_complete", "goal_complete"),
)


def referral_url(template: str, facts: Facts) -> str:
    """The endpoint's URL with every parameter of the format; unknown ones are empty."""
    url = render_url(template, facts)
    pairs = [("conversion", WORDS.get(facts.get("status", ""), "pending"))]
    pairs += [(name, facts.get(macro, "")) for name, macro in _ORDER]
    query = "&".join(f"{name}={percent(value)}" for name, value in pairs)
    if url.endswith(("?", "&")):
        return url + query
    return f"{url}{'&' if '?' in url else '?'}{query}"


def referrer_of(conversion: Conversion) -> str:
    """Who referred: the referrer's email, code or ID as the conversion says; else its partner."""
    for name in ("referrer_email", "referrer_code", "referrer_id", "referrer_name"):
        if value := conversion.parameters.get(name, "").strip().lower():
            return value
    return conversion.partner or ""
