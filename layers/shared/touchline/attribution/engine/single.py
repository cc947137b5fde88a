"""The credits of a single conversion, for its decision row. Standard library only.

Credits are fractions that sum to exactly 1. Models by position and Shapley are rational, and so
exact. The others (`last_non_direct`, `time_decay`) give whole units of 2**-40 of a conversion:
each touch the units below its share, the last touch what is left. That makes a credit a
definition rather than an approximation: it is the same on every machine, and sums of millions of
them are integers. A unit is 1e-12 of a conversion.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from touchline.attribution.engine.models import (
    CREDIT_UNITS,
    DEFAULT_SETTINGS,
    HEURISTIC_MODELS,
    REGISTRY,
    SHAPLEY_MODELS,
    HeuristicModel,
    ModelSettings,
    TouchView,
    Weight,
)

__all__ = ["HEURISTIC_MODELS", "SHAPLEY_MODELS", "ModelSettings", "Touchpoint", "credits_of"]


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """One eligible touch of a conversion."""

    occurred_at_ms: int
    is_direct: bool
    channel: str


def credits_of(
    model: str, touches: Sequence[Touchpoint], settings: ModelSettings = DEFAULT_SETTINGS
) -> tuple[Fraction, ...]:
    """The credit of each touch, oldest first; they sum to exactly 1.

    Takes the heuristic models and the two Shapley ones (a conversion's own set game has a closed
    form). Markov is a property of all journeys together and has no credits of one conversion.
    Raises ValueError for no touch, for touches out of order, and KeyError for another model.
    """
    if not touches:
        raise ValueError("a conversion without a touch has no credits")
    if any(a.occurred_at_ms > b.occurred_at_ms for a, b in pairwise(touches)):
        raise ValueError("touches must be in the order of their time")
    if model in SHAPLEY_MODELS:
        return _shapley(touches)
    return _heuristic(REGISTRY[model], touches, settings)


def _heuristic(
    model: HeuristicModel, touches: Sequence[Touchpoint], settings: ModelSettings
) -> tuple[Fraction, ...]:
    if model.by_position is not None:
        n = len(touches)
        weights = [Fraction(model.by_position(n, position, settings)) for position in range(n)]
        whole = sum(weights)
        return tuple(weight / whole for weight in weights)
    assert model.by_touch is not None  # noqa: S101 (a model has one of the two rules)
    units = _units([model.by_touch(view, settings) for view in _views(touches)])
    return tuple(Fraction(unit, CREDIT_UNITS) for unit in units)


def _views(touches: Sequence[Touchpoint]) -> list[TouchView]:
    others = sum(not touch.is_direct for touch in touches)
    newest = touches[-1].occurred_at_ms
    seen, views = 0, []
    for index, touch in enumerate(touches, start=1):
        seen += not touch.is_direct
        views.append(
            TouchView(
                is_last=int(index == len(touches)),
                is_direct=int(touch.is_direct),
                others_after=others - seen,
                others=others,
                age_ms=newest - touch.occurred_at_ms,
            )
        )
    return views


def _units(weights: Sequence[Weight]) -> list[int]:
    whole = 0.0
    for weight in weights:
        whole += float(weight)
    units = [int(float(weight) / whole * CREDIT_UNITS) for weight in weights[:-1]]
    return [*units, CREDIT_UNITS - sum(units)]


def _shapley(touches: Sequence[Touchpoint]) -> tuple[Fraction, ...]:
    """1/|S| to each channel of the journey's set S, shared evenly by the channel's touches."""
    times = Counter(touch.channel for touch in touches)
    return tuple(Fraction(1, len(times) * times[touch.channel]) for touch in touches)
