"""The credits of a single conversion."""

import math
import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchline.attribution.engine.models import ALL_MODELS, CREDIT_UNITS
from touchline.attribution.engine.single import (
    HEURISTIC_MODELS,
    SHAPLEY_MODELS,
    ModelSettings,
    Touchpoint,
    credits_of,
)

DAY_MS = 86_400_000
SINGLE = (*HEURISTIC_MODELS, *SHAPLEY_MODELS)


def path(*channels: str, gap_ms: int = DAY_MS) -> list[Touchpoint]:
    """Touches of these channels, evenly spaced."""
    return [
        Touchpoint(index * gap_ms, channel == "direct", channel)
        for index, channel in enumerate(channels)
    ]


def fractions(*texts: str) -> tuple[Fraction, ...]:
    return tuple(Fraction(text) for text in texts)


touchpoints = st.lists(
    st.tuples(st.integers(0, 10**13), st.sampled_from(["ads", "mail", "direct", "búsqueda", "a1"])),
    min_size=1,
    max_size=12,
).map(lambda rows: [Touchpoint(at, name == "direct", name) for at, name in sorted(rows)])


def test_the_models_stand_in_the_published_order() -> None:
    assert ALL_MODELS == (
        "first_touch",
        "last_touch",
        "last_non_direct",
        "linear",
        "position_based",
        "time_decay",
        "markov_1",
        "markov_2",
        "markov_3",
        "markov_4",
        "shapley",
        "shapley_ordered",
    )


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("first_touch", fractions("1", "0", "0", "0")),
        ("last_touch", fractions("0", "0", "0", "1")),
        ("last_non_direct", fractions("0", "0", "1", "0")),
        ("linear", fractions("1/4", "1/4", "1/4", "1/4")),
        ("position_based", fractions("2/5", "1/10", "1/10", "2/5")),
        ("shapley", fractions("1/3", "1/6", "1/6", "1/3")),
        ("shapley_ordered", fractions("1/3", "1/6", "1/6", "1/3")),
    ],
)
def test_each_model_credits_four_touches_by_its_rule(
    model: str, expected: tuple[Fraction, ...]
) -> None:
    assert credits_of(model, path("ads", "mail", "mail", "direct")) == expected


def test_time_decay_halves_a_touch_for_each_half_life_before_the_last() -> None:
    shares = credits_of("time_decay", path("ads", "mail", "ads", gap_ms=7 * DAY_MS))
    assert [float(share) for share in shares] == pytest.approx([1 / 7, 2 / 7, 4 / 7], abs=1e-11)


def test_time_decay_is_continuous_in_seconds() -> None:
    gap = 12_345_678
    shares = credits_of("time_decay", path("ads", "mail", gap_ms=gap))
    older = 2 ** (-gap / (7 * DAY_MS))
    assert float(shares[0]) == pytest.approx(older / (1 + older), abs=1e-11)


def test_time_decay_does_not_vanish_over_centuries() -> None:
    shares = credits_of("time_decay", path("ads", "mail", gap_ms=10**15))
    assert shares == (0, 1)


def test_time_decay_is_the_same_number_on_every_machine() -> None:
    """Written down, since a credit is a definition: another libm must not move it."""
    units = [int(share * CREDIT_UNITS) for share in credits_of("time_decay", path("a", "b", "c"))]
    assert units == [330_868_941_537, 365_308_928_751, 403_333_757_488]


def test_a_single_touch_takes_all_under_every_model() -> None:
    for model in SINGLE:
        assert credits_of(model, path("direct")) == (1,)


def test_when_every_touch_is_direct_the_last_takes_all() -> None:
    assert credits_of("last_non_direct", path("direct", "direct")) == (0, 1)


def test_two_touches_share_what_the_middle_would_have_had() -> None:
    settings = ModelSettings(Fraction(1, 2), Fraction(1, 5), Fraction(3, 10))
    assert credits_of("position_based", path("ads", "mail"), settings) == fractions("3/5", "2/5")


def test_position_weights_may_have_any_scale() -> None:
    settings = ModelSettings(Fraction(3), Fraction(2), Fraction(5))
    shares = credits_of("position_based", path("a", "b", "c", "d"), settings)
    assert shares == fractions("3/10", "1/10", "1/10", "5/10")


@pytest.mark.parametrize(
    "settings",
    [
        {"position_first": Fraction(-1)},
        {"position_first": Fraction(0), "position_last": Fraction(0)},
        {"half_life_seconds": 0},
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, Fraction]) -> None:
    with pytest.raises(ValueError, match="must"):
        ModelSettings(**settings)  # type: ignore[arg-type]


def test_no_touch_and_touches_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="without a touch"):
        credits_of("linear", [])
    with pytest.raises(ValueError, match="order"):
        credits_of("linear", path("a", "b")[::-1])


def test_a_model_of_all_journeys_together_has_no_single_credits() -> None:
    with pytest.raises(KeyError, match="markov_1"):
        credits_of("markov_1", path("ads"))


@given(touchpoints, st.integers(1, 10**8))
def test_credits_are_shares_that_sum_to_one(touches: list[Touchpoint], half_life: int) -> None:
    settings = ModelSettings(half_life_seconds=half_life)
    for model in SINGLE:
        shares = credits_of(model, touches, settings)
        assert sum(shares) == 1
        assert min(shares) >= 0


@given(touchpoints, st.integers(1, 10**8))
def test_time_decay_follows_the_formula(touches: list[Touchpoint], half_life: int) -> None:
    newest = touches[-1].occurred_at_ms
    weights = [2 ** (-(newest - t.occurred_at_ms) / (half_life * 1000)) for t in touches]
    whole = math.fsum(weights)
    shares = credits_of("time_decay", touches, ModelSettings(half_life_seconds=half_life))
    for share, weight in zip(shares, weights, strict=True):
        assert float(share) == pytest.approx(weight / whole, abs=2e-11)


def test_the_nightly_decision_needs_no_numpy() -> None:
    program = "import sys, touchline.attribution.engine.single; sys.exit('numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)  # noqa: S603 (our own words)
