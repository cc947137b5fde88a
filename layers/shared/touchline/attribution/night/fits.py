"""Data-driven models of a day: fitted on the window that ends with it, given to its conversions.

Markov is a property of all journeys together. Each day's conversions of an event are divided by
the channels' shares of the fit, so that days still add up; the fit itself is published beside.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from touchline.attribution.engine.fit import Credit, fit_table, order_needed
from touchline.attribution.engine.models import MARKOV_MODELS
from touchline.attribution.engine.paths import PathCount, batch_of
from touchline.attribution.engine.tables import CountTable, Shape, merged
from touchline.attribution.engine.tally import count
from touchline.attribution.night.rollups import Cell, PathTally, Within
from touchline.attribution.night.windows import Window
from touchline.attribution.rules import RuleBook
from touchline.kernel.money import split_by_parts, split_micros
from touchline.ledger.decisions import WHOLE
from touchline.ledger.measures import Traffic

CHANNEL_LIMIT = 1000
"""A fit of more channels would take minutes: its time grows with their third power."""


class TooLarge(Exception):
    """The window holds more than a fit can take."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """How data-driven models are fitted: under whose rules, and value in which currency."""

    book: RuleBook
    currency: str

    @property
    def models(self) -> tuple[str, ...]:
        """The models to fit; Shapley has credits of every single conversion."""
        return tuple(one for one in self.book.rules.data_driven_models if one in MARKOV_MODELS)


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


class Transition(NamedTuple):
    """How often journeys of an event's fit went on from one channel to another, or ended there.

    Ends are `(start)`, `(conversion)` and `(null)`.
    """

    event: str
    before: str
    after: str
    probability: float


@dataclass(frozen=True, slots=True)
class DayFits:
    """The fits of a day, and what the same reading of the ledger told about its traffic."""

    fits: Sequence[Fit] = ()
    transitions: Sequence[Transition] = ()
    traffic: Traffic | None = None


def shape_of(models: Sequence[str]) -> Shape:
    """What has to be counted for these models."""
    return Shape(order_needed(models), timed=False)


def won_by_event(
    tallies: Iterable[PathTally], currency: str, shape: Shape
) -> dict[str, CountTable]:
    """The converting paths of a day, counted by event. Value is in one currency."""
    paths: defaultdict[str, list[PathCount]] = defaultdict(list)
    for tally in tallies:
        value = max(0, tally.value_micros) if tally.currency == currency else 0
        paths[tally.event].append(PathCount(tally.path, tally.conversions, value))
    return {event: count(batch_of(rows), shape) for event, rows in sorted(paths.items())}


def fit_event(
    event: str, window: Window, won: Iterable[CountTable], lost: CountTable, models: Sequence[str]
) -> tuple[list[Fit], list[Transition]]:
    """Every model's fit for an event that converted in the window, and the matrix of order 1.

    Raises TooLarge.
    """
    try:
        table = merged([*won, lost])
        if len(table.channels) > CHANNEL_LIMIT:
            raise TooLarge
        fitted = fit_table(table, models)
    except ValueError as error:
        raise TooLarge from error
    fits = [
        _fit(event, model, window, fitted.credits[model], table, fitted.removal_effects[model])
        for model in models
    ]
    transitions = [
        Transition(event, before, after, probability)
        for (before,), row in sorted(fitted.transitions().items())
        for after, probability in sorted(row.items())
    ]
    return fits, transitions


def _fit(
    event: str,
    model: str,
    window: Window,
    credit: Mapping[str, Credit],
    table: CountTable,
    effects: Mapping[str, float],
) -> Fit:
    by_value = {channel: Fraction(one.value_micros) for channel, one in credit.items()}
    shares = _shares({channel: Fraction(one.conversions) for channel, one in credit.items()})
    return Fit(
        event=event,
        model=model,
        window=window.name,
        journeys=table.journeys,
        conversions=table.conversions,
        p_conversion=table.conversions / table.journeys,
        removal_effects=dict(sorted(effects.items())),
        shares_ppb=shares,
        value_shares_ppb=_shares(by_value) if any(by_value.values()) else shares,
    )


def _shares(amounts: Mapping[str, Fraction]) -> dict[str, int]:
    channels = sorted(amounts)
    whole = sum(amounts.values(), Fraction(0))
    exact = [amounts[channel] / whole for channel in channels]
    return dict(zip(channels, split_micros(WHOLE, exact), strict=True))


def fitted_cells(
    fits: Sequence[Fit], paths: Iterable[PathTally], within: Mapping[str, Sequence[Within]]
) -> dict[tuple[str, str], list[Cell]]:
    """The day's conversions divided by the fits of their events, by dimension and model.

    By channel as the fit says. By another dimension, what a channel earned is divided by that
    dimension's values among the day's touches of the channel, as `within` counts them; where the
    day has no such touch, it goes to "". Payouts stand beside, as they do with every model.
    """
    totals: defaultdict[_Where, list[int]] = defaultdict(lambda: [0, 0])
    for tally in paths:
        totals[tally.event, tally.currency][0] += tally.conversions
        totals[tally.event, tally.currency][1] += tally.value_micros
    earned = [
        _Earned(where, channel, fit.model, *numbers)
        for fit in fits
        for where, sums in sorted(totals.items())
        if where[0] == fit.event
        for channel, numbers in _given(fit, *sums)
    ]
    models = dict.fromkeys(fit.model for fit in fits)
    return {
        (dimension, model): _divided([one for one in earned if one.model == model], dimension, rows)
        for dimension, rows in within.items()
        for model in models
    }


_Where = tuple[str, str]
"""An event and a currency."""


class _Earned(NamedTuple):
    where: _Where
    channel: str
    model: str
    share_ppb: int
    value_micros: int


def _given(fit: Fit, conversions: int, value: int) -> Iterator[tuple[str, tuple[int, int]]]:
    channels = list(fit.shares_ppb)
    by_count = [fit.shares_ppb[channel] for channel in channels]
    by_value = [fit.value_shares_ppb[channel] for channel in channels]
    shares = split_by_parts(conversions * WHOLE, by_count, WHOLE)
    money = split_by_parts(value, by_value, WHOLE)
    return zip(channels, zip(shares, money, strict=True), strict=True)


def _divided(earned: Iterable[_Earned], dimension: str, rows: Sequence[Within]) -> list[Cell]:
    sums: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    among: defaultdict[tuple[str, str, str], list[Within]] = defaultdict(list)
    for row in rows:
        among[row.event, row.currency, row.channel].append(row)
        sums[row.event, row.currency, row.value][2] += row.payout_micros
    for one in earned:
        touched = [row for row in among[(*one.where, one.channel)] if row.share_ppb]
        if dimension == "channel" or not touched:
            value = one.channel if dimension == "channel" else ""
            _add(sums, (*one.where, value), one.share_ppb, one.value_micros)
            continue
        shares = _split(one.share_ppb, [row.share_ppb for row in touched])
        by_value = [row.value_micros for row in touched]
        money = _split(
            one.value_micros, by_value if sum(by_value) else [row.share_ppb for row in touched]
        )
        for row, share, micros in zip(touched, shares, money, strict=True):
            _add(sums, (*one.where, row.value), share, micros)
    return [Cell(*place, *numbers) for place, numbers in sorted(sums.items()) if any(numbers)]


def _split(amount: int, parts: Sequence[int]) -> tuple[int, ...]:
    return split_by_parts(amount, parts, sum(parts))


def _add(
    sums: defaultdict[tuple[str, str, str], list[int]],
    place: tuple[str, str, str],
    share_ppb: int,
    value_micros: int,
) -> None:
    sums[place][0] += share_ppb
    sums[place][1] += value_micros
