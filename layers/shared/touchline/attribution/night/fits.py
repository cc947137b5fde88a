"""Data-driven models of a day: fitted on the window that ends with it, given to its conversions.

Markov is a property of all journeys together. Each day's conversions of an event are divided by
the channels' shares of the fit, so that days still add up; the fit itself is published beside.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from touchline.attribution.night.rollups import DayRoll, PathTally
from touchline.kernel.clock import next_day, start_of
from touchline.kernel.money import split_by_parts, split_micros
from touchline.ledger.decisions import WHOLE
from touchline.registry.attribution_rules import AttributionRules

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """One model fitted for one event over a window; shares in parts per billion sum to `WHOLE`."""

    event: str
    model: str
    window: str  # first and last day: `2026-01-02/2026-01-31`
    journeys: int
    conversions: int
    p_conversion: float
    removal_effects: Mapping[str, float]
    shares_ppb: Mapping[str, int]
    value_shares_ppb: Mapping[str, int]


class Aggregate(Protocol):
    """Fits one model to counted paths (the engine's aggregated face)."""

    def __call__(
        self, model: str, won: Mapping[Path, tuple[int, int]], lost: Mapping[Path, int]
    ) -> "Fitted":
        """Credits by channel for paths with (conversions, value in micros), and without."""
        ...


@dataclass(frozen=True, slots=True)
class Fitted:
    """What the engine says: conversions and value by channel, and the chain's own numbers."""

    conversions: Mapping[str, Fraction]
    value_micros: Mapping[str, int]
    p_conversion: float
    removal_effects: Mapping[str, float]


def window_of(day: str, rules: AttributionRules) -> tuple[str, str]:
    """The first and the last day of the window that ends with `day`."""
    return next_day(day, 1 - max(1, rules.fit_days)), day


def window_bounds(window: tuple[str, str]) -> tuple[int, int]:
    """The same as instants: `[first, end)`."""
    return start_of(window[0]), start_of(next_day(window[1]))


def fit_day(
    window: tuple[str, str],
    won: Iterable[PathTally],
    lost: Counter[Path],
    models: Sequence[str],
    currency: str,
    aggregate: Aggregate,
) -> list[Fit]:
    """Fit every model for every event that converted in the window. Value is in one currency."""
    by_event: dict[str, dict[Path, tuple[int, int]]] = {}
    for tally in won:
        paths = by_event.setdefault(tally.event, {})
        count, value = paths.get(tally.path, (0, 0))
        counts_value = tally.value_micros if tally.currency == currency else 0
        paths[tally.path] = (count + tally.conversions, value + max(0, counts_value))
    name = f"{window[0]}/{window[1]}"
    return [
        _fit(event, model, name, dict(sorted(paths.items())), lost, aggregate)
        for event, paths in sorted(by_event.items())
        for model in models
    ]


def give(fits: Iterable[Fit], roll: DayRoll) -> None:
    """Divide the day's conversions by the fits of their events."""
    for fit in fits:
        channels = list(fit.shares_ppb)
        parts = [fit.shares_ppb[channel] for channel in channels]
        value_parts = [fit.value_shares_ppb[channel] for channel in channels]
        for where, count in sorted(roll.attributed.items()):
            if where[0] == fit.event:
                shares = split_by_parts(count * WHOLE, parts, WHOLE)
                value = split_by_parts(roll.value[where], value_parts, WHOLE)
                given = zip(channels, zip(shares, value, strict=True), strict=True)
                roll.add_fitted(fit.model, where, dict(given))


def _fit(
    event: str,
    model: str,
    window: str,
    won: Mapping[Path, tuple[int, int]],
    lost: Counter[Path],
    aggregate: Aggregate,
) -> Fit:
    fitted = aggregate(model, won, lost)
    shares = _shares(fitted.conversions)
    by_value = {channel: Fraction(value) for channel, value in fitted.value_micros.items()}
    conversions = sum(count for count, _ in won.values())
    return Fit(
        event=event,
        model=model,
        window=window,
        journeys=conversions + lost.total(),
        conversions=conversions,
        p_conversion=fitted.p_conversion,
        removal_effects=dict(sorted(fitted.removal_effects.items())),
        shares_ppb=shares,
        value_shares_ppb=_shares(by_value) if any(by_value.values()) else shares,
    )


def _shares(amounts: Mapping[str, Fraction]) -> dict[str, int]:
    channels = sorted(amounts)
    whole = sum(amounts.values(), Fraction(0))
    exact = [amounts[channel] / whole for channel in channels]
    return dict(zip(channels, split_micros(WHOLE, exact), strict=True))
