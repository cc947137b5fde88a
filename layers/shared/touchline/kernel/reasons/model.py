"""What a reason is. Each room lists its own in the file beside this one that bears its name."""

from touchline.kernel.values import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One published reason.

    `code` is stable and appears in answers, rows and logs; `meaning` says what happened and
    `fix` what the reader can do. `status` is the HTTP status on routes that refuse by status;
    0 means that the code never refuses a request (it explains a stored thing).
    """

    code: str
    meaning: str
    fix: str
    status: int = 0
