"""The published catalogue of reasons: one code, one meaning, one fix (`GET /reasons`)."""

from collections.abc import Mapping
from types import MappingProxyType

from touchline.kernel.reasons import (
    attribution,
    conversion,
    delivery,
    intake,
    operator,
    reporting,
    submission,
    web,
)
from touchline.kernel.reasons.model import Reason

__all__ = ["CATALOGUE", "ROOMS", "Reason", "reason"]


ROOMS: Mapping[str, tuple[Reason, ...]] = MappingProxyType(
    {
        "Intake": (
            *intake.REASONS,
            *submission.REASONS,
            *conversion.REASONS,
            *web.REASONS,
        ),
        "Attribution": attribution.REASONS,
        "Delivery": delivery.REASONS,
        "Reports": reporting.REASONS,
        "Operators": operator.REASONS,
    }
)
"""The reasons of each room, for pages that list them."""


def _catalogue() -> Mapping[str, Reason]:
    rows = [row for rows in ROOMS.values() for row in rows]
    by_code = {row.code: row for row in rows}
    if len(by_code) != len(rows):
        codes = [row.code for row in rows]
        raise ValueError(f"listed twice: {sorted({c for c in codes if codes.count(c) > 1})}")
    return MappingProxyType(by_code)


CATALOGUE = _catalogue()


def reason(code: str) -> Reason:
    """The reason of a code; what follows a colon (`stand_down:rule`) is detail, not code."""
    return CATALOGUE[code.partition(":")[0]]
