"""The credits of one conversion under every enabled model, in whole parts that sum exactly."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from touchline.attribution.engine.models import REGISTRY, SHAPLEY_MODELS, ModelSettings
from touchline.attribution.engine.single import Touchpoint, credits_of
from touchline.kernel.money import split_by_parts
from touchline.ledger.decisions import WHOLE, Credit
from touchline.registry.attribution_rules import AttributionRules

_PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Shares:
    """Exact shares over one denominator, and the same in parts per billion."""

    parts: tuple[int, ...]
    whole: int
    ppb: tuple[int, ...]


def models_of(rules: AttributionRules) -> tuple[str, ...]:
    """The models that have credits of a single conversion: all but Markov."""
    return tuple(
        model
        for model in dict.fromkeys((*rules.models, *rules.data_driven_models))
        if model in REGISTRY or model in SHAPLEY_MODELS
    )


def settings_of(rules: AttributionRules) -> ModelSettings:
    """The engine's settings under these rules."""
    first, middle, last = (Fraction(ppm, _PPM) for ppm in rules.position_weights_ppm)
    return ModelSettings(first, middle, last, rules.half_life_seconds)


def credits_under(
    model: str, path: Sequence[Touchpoint], value_micros: int, settings: ModelSettings
) -> tuple[Credit, ...]:
    """What the model gives to each step that gets anything; shares sum to 1, money to the value."""
    shares = shares_under(model, path, settings)
    amounts = split_by_parts(value_micros, shares.parts, shares.whole)
    return tuple(
        Credit(step, ppb, amount)
        for step, (part, ppb, amount) in enumerate(
            zip(shares.parts, shares.ppb, amounts, strict=True)
        )
        if part
    )


def shares_under(model: str, path: Sequence[Touchpoint], settings: ModelSettings) -> Shares:
    """The shares of each step of a path that is not empty."""
    if model in REGISTRY and REGISTRY[model].by_position is not None:
        return _by_length(model, len(path), settings)
    return _shares(credits_of(model, path, settings))


@lru_cache(maxsize=4096)
def _by_length(model: str, length: int, settings: ModelSettings) -> Shares:
    """Models by position depend on the length alone, so few shapes serve millions of paths."""
    return _shares(credits_of(model, (Touchpoint(0, False, ""),) * length, settings))


def _shares(exact: Sequence[Fraction]) -> Shares:
    whole = math.lcm(*(share.denominator for share in exact))
    parts = tuple(share.numerator * (whole // share.denominator) for share in exact)
    return Shares(parts, whole, split_by_parts(WHOLE, parts, whole))
