"""Why a conversion was not attributed, and why a touchpoint earned nothing."""

from touchline.kernel.reasons.model import Reason

REASONS: tuple[Reason, ...] = ()
