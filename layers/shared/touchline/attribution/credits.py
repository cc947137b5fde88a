"""The credits of one conversion under every enabled model, in whole parts that sum exactly."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

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


class Creditor:
    """Credits journeys under one account's rules.

    Models by position depend on the length alone, so their shares are made once per length: few
    shapes serve millions of paths.
    """

    def __init__(self, rules: AttributionRules) -> None:
        first, middle, last = (Fraction(ppm, _PPM) for ppm in rules.position_weights_ppm)
        self._settings = ModelSettings(first, middle, last, rules.half_life_seconds)
        self._by_length: dict[tuple[str, int], Shares] = {}
        self.models = tuple(
            model
            for model in dict.fromkeys((*rules.models, *rules.data_driven_models))
            if model in REGISTRY or model in SHAPLEY_MODELS
        )
        """All but Markov, which has no credits of a single conversion."""

    def credits(
        self, path: Sequence[Touchpoint], value_micros: int
    ) -> Mapping[str, tuple[Credit, ...]]:
        """What each model gives to each step that gets anything: shares sum to 1, money to the
        value. Nothing for an empty path."""
        if not path:
            return {}
        return {model: self._credits(model, path, value_micros) for model in self.models}

    def shares(self, model: str, path: Sequence[Touchpoint]) -> Shares:
        """The shares of each step of a path that is not empty."""
        if model not in REGISTRY or REGISTRY[model].by_position is None:
            return _shares(credits_of(model, path, self._settings))
        place = (model, len(path))
        if place not in self._by_length:
            self._by_length[place] = _shares(credits_of(model, path, self._settings))
        return self._by_length[place]

    def _credits(
        self, model: str, path: Sequence[Touchpoint], value_micros: int
    ) -> tuple[Credit, ...]:
        shares = self.shares(model, path)
        amounts = split_by_parts(value_micros, shares.parts, shares.whole)
        return tuple(
            Credit(step, ppb, amount)
            for step, (ppb, amount) in enumerate(zip(shares.ppb, amounts, strict=True))
            if shares.parts[step]
        )


def _shares(exact: Sequence[Fraction]) -> Shares:
    whole = math.lcm(*(share.denominator for share in exact))
    parts = tuple(share.numerator * (whole // share.denominator) for share in exact)
    return Shares(parts, whole, split_by_parts(WHOLE, parts, whole))
