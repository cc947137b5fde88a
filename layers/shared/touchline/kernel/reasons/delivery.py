"""Why a delivery was not sent, failed, was held or was refused at saving."""

from touchline.kernel.reasons.model import Reason

REASONS: tuple[Reason, ...] = ()
