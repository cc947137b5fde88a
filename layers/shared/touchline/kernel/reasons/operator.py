"""Why an operator's request was refused."""

from touchline.kernel.reasons.model import Reason

REASONS = (
    Reason(
        "stale_version",
        "Somebody changed this since you read it; your change was not made.",
        "Read it again, apply your change to what is there now, and send its version.",
        409,
    ),
    Reason(
        "exists",
        "There is already something under this name.",
        "Choose another name, or change the one that is there (PATCH).",
        409,
    ),
    Reason(
        "bad_scope",
        "A token's scopes are one or more of ingest, site, report and admin.",
        "Name at least one of these scopes, and no other.",
        400,
    ),
)
