"""Why a delivery was not sent, failed, was held or was refused at saving."""

from touchline.kernel.reasons.model import Reason

_TEMPLATES = (
    Reason(
        "macro_unknown",
        "A template names a macro that does not exist.",
        "Use the name that the finding suggests; `touchline lint-template` lists them.",
        422,
    ),
    Reason(
        "macro_misplaced",
        "A macro stands where none may: scheme, host, fragment, or one in a body that changes.",
        "Move it into the path or the query.",
        422,
    ),
    Reason(
        "macro_unresolved",
        "Something looks like a placeholder, but nothing would fill it.",
        "Write macros as {name}, and other braces percent-encoded (%7B, %7D).",
        422,
    ),
    Reason(
        "macro_function",
        "A macro's function does not exist, or its arguments are wrong.",
        "See docs/webhooks.md for the functions and their arguments.",
        422,
    ),
    Reason(
        "macro_none",
        "The template names no macro, so every postback would be the same.",
        "Add at least {conversion_id} or {click_id}.",
    ),
    Reason(
        "url_malformed",
        "This is not a URL that can be sent to.",
        "Percent-encode blanks and control characters.",
        422,
    ),
    Reason("url_too_long", "The URL has over 2,048 characters.", "Send fewer parameters.", 422),
    Reason("url_scheme", "Only https is allowed.", "Use https, or set allow_http.", 422),
    Reason(
        "url_userinfo",
        "The URL has a user name or password in it.",
        "Put credentials into a header of the endpoint.",
        422,
    ),
    Reason("url_fragment", "A fragment (#…) is never sent.", "Write # as %23.", 422),
    Reason("url_port", "The port is not allowed.", "Add it to the endpoint's `ports`.", 422),
    Reason("url_ip", "An IP address stands in place of a host name.", "Use a host name.", 422),
    Reason("url_host", "The host is no valid, full name.", "Check its spelling.", 422),
)

_ATTEMPTS = (
    Reason(
        "answer_redirect",
        "The receiver answered with a redirect; redirects are never followed.",
        "Set the endpoint's URL to where it leads.",
    ),
    Reason(
        "answer_busy",
        "The receiver asked for patience (408, 425, 429).",
        "Nothing; it is tried again, no sooner than its Retry-After says.",
    ),
    Reason(
        "answer_refused",
        "The receiver says that the request is wrong (4xx).",
        "Look at its answer with `touchline deliveries show`; correct the endpoint and resend.",
    ),
    Reason("answer_error", "The receiver failed (5xx or an unknown status).", "It is tried again."),
    Reason(
        "answer_gone",
        "The receiver answered 410: it wants nothing more. The endpoint was disabled.",
        "Correct the URL and release the endpoint, or delete it.",
    ),
    Reason(
        "timeout",
        "No whole answer came within the deadline of 10 seconds.",
        "Answer first, work later; it is tried again.",
    ),
    Reason("connect_failed", "No connection could be made.", "It is tried again."),
    Reason(
        "connection_lost",
        "The connection ended before the answer was whole.",
        "It is tried again with the same ID: receivers tell repeats by webhook-id.",
    ),
    Reason(
        "tls_failed",
        "The receiver's certificate is not valid for its name.",
        "Renew it or correct the host; it is tried again.",
    ),
    Reason("dns_failed", "The host has no address.", "Check its name; it is tried again."),
    Reason(
        "resolver_unavailable",
        "No name server could tell the host's address. Not charged to the receiver.",
        "It is tried again.",
    ),
    Reason("bad_answer", "What came back is not HTTP.", "Check the URL; it is tried again."),
    Reason(
        "bad_request_target",
        "The URL could not be sent to as it was rendered.",
        "Lint the endpoint's template.",
    ),
    Reason(
        "blocked_address",
        "The URL leads to an address that is never sent to.",
        "Use a public https address; then resend.",
    ),
    Reason(
        "attempts_exhausted",
        "Every attempt of the schedule failed; the last cause follows the colon.",
        "Correct the cause and resend, one by one or by replay.",
    ),
)

_STANDING = (
    Reason(
        "endpoint_deleted",
        "The endpoint was deleted; what waited for it was cancelled.",
        "Nothing, or create it again and replay.",
    ),
    Reason(
        "endpoint_partner_deleted",
        "The endpoint's partner was deleted; what waited for it was cancelled.",
        "Nothing, or create it again and replay.",
    ),
    Reason(
        "endpoint_partner_inactive",
        "The endpoint's partner is not active; deliveries are held.",
        "Activate the partner.",
    ),
    Reason(
        "endpoint_paused",
        "The endpoint is paused; deliveries are held, in order.",
        "Set it to active; what was held goes out.",
    ),
    Reason(
        "endpoint_disabled",
        "The endpoint is disabled; deliveries are held, in order.",
        "Release the endpoint once its cause is gone.",
    ),
    Reason(
        "endpoint_gone",
        "Disabled because the receiver answered 410.",
        "Correct the URL and release the endpoint.",
    ),
    Reason(
        "endpoint_failing",
        "Disabled because every attempt failed for five days.",
        "Repair the receiver and release the endpoint.",
    ),
    Reason(
        "bad_secret",
        "The endpoint's signing secret is damaged.",
        "Rotate it (`/admin/endpoints/{id}/rotate`) and resend.",
        422,
    ),
    Reason(
        "bad_template",
        "The endpoint's template could not be rendered.",
        "Lint it, correct it and resend.",
        422,
    ),
    Reason(
        "endpoint_options",
        "The endpoint's options lack what its format needs.",
        "See docs/webhooks.md for the options of the format.",
        422,
    ),
    Reason(
        "delivery_busy",
        "The delivery is being sent just now.",
        "Look at its attempts in a moment, then decide.",
        409,
    ),
    Reason(
        "delivery_held",
        "The delivery is held, because its endpoint is paused or disabled.",
        "Activate or release the endpoint; what was held goes out in order.",
        409,
    ),
    Reason(
        "consent_missing",
        "The person did not agree to what the endpoint asks for.",
        "Send the consent with the conversion (`consent`).",
        409,
    ),
    Reason(
        "platform_only_accepted",
        "The ad platform's format carries accepted conversions only.",
        "Nothing; adjustments are made in the platform itself.",
    ),
)

_PLATFORMS = (
    Reason(
        "platform_rejected",
        "The ad platform took the request and refused the conversion; its code follows the colon.",
        "Look the code up in the platform's documentation, correct and resend.",
    ),
    Reason(
        "platform_credentials",
        "The ad platform does not accept the endpoint's credentials, or gave no access token.",
        "Renew the endpoint's tokens; it is tried again. Not charged to the platform.",
    ),
    Reason("platform_busy", "The ad platform asked for patience.", "It is tried again."),
    Reason(
        "platform_no_identifier",
        "Nothing in the conversion tells the platform whose it is.",
        "Send the ad click ID (gclid, fbclid, ttclid), an email address or a phone number.",
        409,
    ),
    Reason(
        "platform_too_old",
        "The conversion is older than the platform takes.",
        "Send conversions within the platform's window (Meta: 7 days).",
        409,
    ),
)

REASONS: tuple[Reason, ...] = (*_TEMPLATES, *_ATTEMPTS, *_STANDING, *_PLATFORMS)
