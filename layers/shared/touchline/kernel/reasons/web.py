"""Why a click, a view or a signed request was marked, limited or refused."""

from touchline.kernel.reasons.model import Reason

REASONS = (
    Reason(
        "signature_missing",
        "The partner's requests must be signed, and this one has no `tl_sig`.",
        "Sign the URL as docs/api.md shows, or set the partner's signing to `report` meanwhile.",
        401,
    ),
    Reason(
        "signature_malformed",
        "`tl_sig` is not 64 hex digits, or there is not exactly one of `tl_ts` and `tl_exp`.",
        "Send one `tl_sig` and one time in whole seconds since 1970, digits only.",
        401,
    ),
    Reason(
        "bad_signature",
        "No key that is valid now makes this signature of this request.",
        "Sign method, path, query as sent and body with a current key; compare with "
        "`touchline sign`.",
        401,
    ),
    Reason(
        "signature_stale",
        "`tl_ts` lies more than 300 seconds back.",
        "Sign at the moment of sending, and set the sender's clock; for links made ahead of "
        "time use `tl_exp`.",
        401,
    ),
    Reason(
        "signature_early",
        "`tl_ts` lies more than 300 seconds ahead, or `tl_exp` more than 7 days.",
        "Set the sender's clock, or sign for a shorter time.",
        401,
    ),
    Reason(
        "signature_expired",
        "The time of `tl_exp` has passed.",
        "Sign the URL again with a later `tl_exp`.",
        401,
    ),
    Reason(
        "signature_replayed",
        "This signature was used before; a signature works once, and nothing was done again.",
        "Nothing to do if this was a retry. To send other news, sign it anew.",
        409,
    ),
    Reason(
        "would_refuse",
        "The signature fails; it was only reported, since the partner's signing is `report`.",
        "Correct the signature (the detail names what is wrong) before signing is enforced.",
    ),
    Reason(
        "rate_limited",
        "The partner sent more requests than its limit allows. Nothing was stored.",
        "Send again after the seconds of Retry-After, or raise the partner's `rate_limit`.",
        429,
    ),
    Reason(
        "landing_refused",
        "The click would have landed on a host that its campaign does not list.",
        "List the host in the campaign's `hosts`, or correct its `landing_url`.",
        404,
    ),
    Reason(
        "bot",
        "A machine: its user agent says so or is missing, or it asked by HEAD.",
        "Nothing to do: the touch is kept and shown, and earns no credit.",
    ),
    Reason(
        "prefetch",
        "A browser fetched ahead; nobody had clicked.",
        "Nothing to do: a real click that follows is counted.",
    ),
    Reason(
        "duplicate_click",
        "The same click again within 10 seconds; it has the click ID of the first one.",
        "Nothing to do: the first one counts, and either may convert.",
    ),
    Reason(
        "refused_signature",
        "The click's signature failed. The person was sent on; the touch earns no credit.",
        "See the header x-touchline-reason of the answer; sign clicks as docs/api.md shows.",
    ),
    Reason(
        "fraud_hold",
        "Held on suspicion of fraud, so it earns no credit until it is released.",
        "Look at the flags, then release or reject it.",
    ),
    Reason(
        "unknown_partner",
        "`pid` names no partner of this account; the touch belongs to no partner.",
        "Create the partner, or correct `pid` in the link.",
    ),
    Reason(
        "partner_inactive",
        "`pid` names a partner that is not active; the touch belongs to no partner.",
        "Activate the partner, or take its links down.",
    ),
    Reason(
        "campaign_inactive",
        "The campaign is not active; the touch was kept all the same.",
        "Activate the campaign, or take its links down.",
    ),
    Reason(
        "shortened",
        "A sub-ID, click reference or ad click ID was over 120 characters; the rest was cut off.",
        "Send shorter values.",
    ),
    Reason(
        "unchecked",
        "The store was down: whether this click was an echo or a replay could not be told.",
        "Nothing to do: it counts.",
    ),
)
