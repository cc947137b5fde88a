"""The heuristic models: what one touch of a converting journey weighs. No NumPy in here.

A model is one small function and one line of `REGISTRY`; both faces are served by it: the credits
of a single conversion (`engine.single`) and the counts of millions of journeys (`engine.tables`).

Two sorts of model, by what a weight depends on:

`by_position`
    `rule(length, position, settings)` depends on the place alone (`position` counts from 0). Its
    credits are exact fractions, and any setting may be changed on tables already counted.
`by_touch`
    `rule(touch, settings)` depends on the touch itself (when it was, whether it is direct). It is
    written with arithmetic only (`+ - * // == &`), so that the same text works on one touch and
    on arrays of touches. Its credits are whole `CREDIT_UNITS`, see `engine.single`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

DAY_SECONDS = 86_400
CREDIT_UNITS = 2**40
"""What one conversion is divided into by the models whose weights are not rational."""

Weight = Any
"""An int, float or Fraction, or a NumPy array of them: rules are written for all."""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """What an account may choose. The three position weights are for n >= 3, any scale."""

    position_first: Fraction = Fraction(2, 5)
    position_middle: Fraction = Fraction(1, 5)
    position_last: Fraction = Fraction(2, 5)
    half_life_seconds: int = 7 * DAY_SECONDS

    def __post_init__(self) -> None:
        """Raises ValueError for a negative weight, weights that are all 0 or no half-life."""
        weights = (self.position_first, self.position_middle, self.position_last)
        if min(weights) < 0:
            raise ValueError("position weights must not be negative")
        if self.position_first + self.position_last == 0:
            raise ValueError("the first or the last position must weigh something")
        if self.half_life_seconds < 1:
            raise ValueError("the half-life must be a second at least")


DEFAULT_SETTINGS = ModelSettings()


@dataclass(frozen=True, slots=True)
class TouchView:
    """What a `by_touch` rule may look at; each field is one number or one array of numbers."""

    is_last: Weight
    """1 for the last touch of the journey, else 0."""
    is_direct: Weight
    """1 for a direct visit, else 0."""
    others_after: Weight
    """Touches after this one that are not direct."""
    others: Weight
    """Touches of the whole journey that are not direct."""
    age_ms: Weight
    """Milliseconds from this touch to the last touch of the journey."""
    ldexp: Callable[[Weight, Weight], Weight] = math.ldexp
    """x * 2**n without rounding (`math.ldexp`, or NumPy's for arrays)."""


def first_touch(_length: int, position: int, _settings: ModelSettings) -> Weight:
    """All to the first touch."""
    return int(position == 0)


def last_touch(length: int, position: int, _settings: ModelSettings) -> Weight:
    """All to the last touch."""
    return int(position == length - 1)


def linear(_length: int, _position: int, _settings: ModelSettings) -> Weight:
    """1/n to each of n touches; repeats count."""
    return 1


def position_based(length: int, position: int, settings: ModelSettings) -> Weight:
    """f to the first, l to the last, m/(n-2) to each between (40/20/40 by default).

    One touch takes all. Two have no middle, so each end takes half of it: f + m/2 and l + m/2.
    """
    first, middle, last = (
        settings.position_first,
        settings.position_middle,
        settings.position_last,
    )
    if length <= 2:
        ends = (first + middle / 2, last + middle / 2)
        return ends[position] if length == 2 else 1
    if position == 0:
        return first
    return last if position == length - 1 else middle / (length - 2)


def last_non_direct(touch: TouchView, _settings: ModelSettings) -> Weight:
    """All to the last touch that is not direct; to the last when every touch is direct."""
    chosen = (1 - touch.is_direct) * (touch.others_after == 0)
    return chosen + (touch.others == 0) * touch.is_last


def time_decay(touch: TouchView, settings: ModelSettings) -> Weight:
    """2**(-age / half-life), the age counted from the last touch, not from the conversion.

    The reference cancels when credits are normalised, and the last touch weighs exactly 1, so no
    journey's weights vanish. Whole half-lives are an exact shift; the rest is the series of exp
    about half of one, by +, * and / alone. Those are rounded alike on every IEEE 754 machine
    (`exp2` is not), so a credit is the same bit for bit wherever it is computed. Relative error
    of a weight: below 1e-15.
    """
    half_life_ms = settings.half_life_seconds * 1000
    halvings = touch.age_ms // half_life_ms
    rest = (touch.age_ms % half_life_ms) / half_life_ms
    series = rest * 0.0 + _EXP_SERIES[-1]
    for term in reversed(_EXP_SERIES[:-1]):
        series = series * (0.5 - rest) + term
    settled = halvings * (halvings < _VANISHED) + _VANISHED * (halvings >= _VANISHED)
    return touch.ldexp(series, -settled)


_VANISHED = 1000
"""Half-lives after which a weight is as good as none (2**-1000): keeps ldexp in range."""

_EXP_SERIES = tuple(
    float(Fraction(math.sqrt(0.5)) * Fraction(0.6931471805599453) ** n / math.factorial(n))
    for n in range(17)
)
"""2**-r = sqrt(1/2) * exp(ln 2 * (1/2 - r)), as a power series in (1/2 - r)."""


@dataclass(frozen=True, slots=True)
class HeuristicModel:
    """One line of the registry. Exactly one of the two rules is given."""

    name: str
    by_position: Callable[[int, int, ModelSettings], Weight] | None = None
    by_touch: Callable[[TouchView, ModelSettings], Weight] | None = None
    needs_times: bool = False


_MODELS = (
    HeuristicModel("first_touch", by_position=first_touch),
    HeuristicModel("last_touch", by_position=last_touch),
    HeuristicModel("last_non_direct", by_touch=last_non_direct),
    HeuristicModel("linear", by_position=linear),
    HeuristicModel("position_based", by_position=position_based),
    HeuristicModel("time_decay", by_touch=time_decay, needs_times=True),
)

REGISTRY: Mapping[str, HeuristicModel] = MappingProxyType({model.name: model for model in _MODELS})
HEURISTIC_MODELS: tuple[str, ...] = tuple(REGISTRY)
SHAPLEY_MODELS = ("shapley", "shapley_ordered")
MARKOV_MODELS = tuple(f"markov_{order}" for order in range(1, 5))
ALL_MODELS: tuple[str, ...] = (*HEURISTIC_MODELS, *MARKOV_MODELS, *SHAPLEY_MODELS)


def is_direct(channel: str) -> bool:
    """Whether a channel's name means a direct visit: `direct`, in any case."""
    return channel.strip().casefold() == "direct"
