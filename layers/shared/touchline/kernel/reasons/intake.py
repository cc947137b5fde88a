"""Why an intake request was refused, quarantined, or stored with a remark."""

from touchline.kernel.reasons.model import Reason

REASONS = (
    Reason(
        "unauthorized",
        "No valid token came with the request.",
        "Send `Authorization: ApiKey <token>` or `token=` (see `touchline token create`).",
        401,
    ),
    Reason(
        "forbidden_scope",
        "The token is valid, but its scope does not allow this.",
        "Use a token with the scope that the route names in /openapi.json.",
        403,
    ),
    Reason(
        "forbidden_account",
        "The token belongs to another account or partner.",
        "Use the token of the account and partner that the request names.",
        403,
    ),
    Reason("not_found", "There is nothing under this name.", "Check the name or the ID.", 404),
    Reason(
        "method_not_allowed",
        "The route exists, but not with this method.",
        "See the Allow header or /openapi.json for the methods of the route.",
        405,
    ),
    Reason(
        "body_too_large",
        "The body is over 256 KiB. It was refused whole; nothing was stored.",
        "Send smaller requests; /batch takes up to 500 items in 256 KiB.",
        413,
    ),
    Reason(
        "unavailable",
        "Neither the table nor the spill queue took the request.",
        "Send it again after the seconds of Retry-After; nothing was stored.",
        503,
    ),
    Reason(
        "internal",
        "Something of ours broke. The receipt names the request in our log.",
        "Send it again; tell the operator the receipt if it keeps failing.",
        500,
    ),
    Reason(
        "ip_not_allowed",
        "The request does not come from an address that the partner listed.",
        "Send from a listed address, or add it to ip_allow.",
        403,
    ),
    Reason(
        "partner_switched_off",
        "The partner of this token is not active.",
        "Activate the partner.",
        403,
    ),
    Reason(
        "not_open",
        "The request in quarantine was replayed or dismissed before.",
        "See what it was replayed as.",
        409,
    ),
)
