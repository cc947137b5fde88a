"""Why an operator's request was refused."""

from touchline.kernel.reasons.model import Reason

REASONS = (
    Reason(
        "stale_version",
        "Somebody changed this since you read it; your change was not made.",
        "Read it again, apply your change to what is there now, and send its version.",
        409,
    ),
)
