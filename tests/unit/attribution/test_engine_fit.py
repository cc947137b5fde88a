"""The aggregated face against published references, oracles in fractions, and itself."""

import itertools
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.attribution.journeys import (
    CHANNELS,
    brute_removal,
    brute_shapley,
    channels_of,
    conversions_of,
    journeys,
    pathdata,
    paths,
)
from touchline.attribution.engine.fit import Fitted, fit
from touchline.attribution.engine.models import (
    ALL_MODELS,
    HEURISTIC_MODELS,
    MARKOV_MODELS,
    SHAPLEY_MODELS,
    ModelSettings,
    is_direct,
)
from touchline.attribution.engine.paths import PathCount
from touchline.attribution.engine.single import Touchpoint, credits_of

DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def reference() -> Fitted:
    return fit(pathdata(), ALL_MODELS, spacing_ms=DAY_MS)


def test_the_textbook_journeys_have_the_textbook_credits() -> None:
    """C1 > C2 > C3 converts, C1 does not, C2 > C3 does not."""
    fitted = fit(paths("C1>C2>C3 1 10 0", "C1 0 0 1", "C2>C3 0 0 1"), ["markov_1"])
    assert fitted.removal_effects["markov_1"] == pytest.approx({"C1": 0.5, "C2": 1, "C3": 1})
    assert conversions_of(fitted, "markov_1") == pytest.approx({"C1": 0.2, "C2": 0.4, "C3": 0.4})
    assert fitted.p_conversion["markov_1"] == pytest.approx(1 / 3)


def test_the_reference_set_has_its_published_totals(reference: Fitted) -> None:
    totals = (reference.journeys, reference.conversions, reference.value_micros / 1e6)
    assert totals == (88_387, 19_785, pytest.approx(74_802.9716, abs=5e-5))
    assert len(reference.channels) == 12
    assert set(reference.p_conversion.values()) == {0.22384513559686378}


@pytest.mark.parametrize(
    ("model", "channel", "conversions"),
    [
        ("first_touch", "alpha", 6308),
        ("last_touch", "alpha", 8447),
        ("linear", "alpha", 7574.7186),
        ("position_based", "alpha", 7444.8238),
        ("shapley", "alpha", 7627.9440),
        ("markov_1", "alpha", 5344.94768),
        ("markov_2", "alpha", 5617.45385),
        ("markov_3", "alpha", 5748.09865),
        ("markov_4", "alpha", 5814.10855),
        ("first_touch", "iota", 4606),
        ("last_touch", "iota", 3355),
        ("linear", "iota", 3857.0962),
        ("position_based", "iota", 3944.9482),
        ("shapley", "iota", 3505.0440),
        ("markov_1", "iota", 3884.61470),
        ("markov_2", "iota", 3810.51104),
        ("markov_3", "iota", 3791.02917),
        ("markov_4", "iota", 3771.93795),
    ],
)
def test_the_reference_set_has_its_published_credits(
    reference: Fitted, model: str, channel: str, conversions: float
) -> None:
    published = 5e-5 if "markov" not in model else 5e-6
    assert float(reference.credits[model][channel].conversions) == pytest.approx(
        conversions, abs=published
    )


@pytest.mark.parametrize(
    ("channel", "effect"),
    [
        ("alpha", 0.558399490),
        ("iota", 0.405835004),
        ("eta", 0.349026332),
        ("beta", 0.264038536),
    ],
)
def test_the_reference_set_has_its_published_removal_effects(
    reference: Fitted, channel: str, effect: float
) -> None:
    assert reference.removal_effects["markov_1"][channel] == pytest.approx(effect, abs=5e-10)


def test_the_reference_set_has_its_published_value(reference: Fitted) -> None:
    assert reference.credits["markov_1"]["alpha"].value_micros / 1e6 == pytest.approx(
        18_799.1706, abs=5e-5
    )


@pytest.mark.parametrize("order", [1, 2])
def test_the_reference_set_agrees_with_one_exact_solve_per_removal(
    reference: Fitted, order: int
) -> None:
    """The reference to twelve places: fractions for order 1, and order 2 on a part of the set."""
    rows = pathdata() if order == 1 else pathdata()[:12]
    fitted = reference if order == 1 else fit(rows, ["markov_2"])
    exact = brute_removal(rows, order, "conversions")
    effects = fitted.removal_effects[f"markov_{order}"]
    for name, effect in exact.items():
        assert effects[name] == pytest.approx(float(effect), abs=1e-12)


@pytest.mark.parametrize("model", ALL_MODELS)
def test_credits_and_money_sum_to_the_totals(reference: Fitted, model: str) -> None:
    credited = reference.credits[model].values()
    total = sum(credit.conversions for credit in credited)
    assert total == (pytest.approx(19_785, abs=1e-9) if "markov" in model else 19_785)
    assert sum(credit.value_micros for credit in credited) == reference.value_micros


def test_a_removal_costs_at_least_the_conversions_that_the_channel_closed(
    reference: Fitted,
) -> None:
    for model in MARKOV_MODELS:
        for name, effect in reference.removal_effects[model].items():
            assert effect >= reference.credits["last_touch"][name].conversions / 19_785 - 1e-12


def test_higher_orders_come_closer_to_the_share_of_conversions_touched() -> None:
    rows = pathdata()
    touched: Counter[str] = Counter()
    for row in rows:
        touched.update(dict.fromkeys(set(row.path), row.conversions))
    fitted = fit(rows, MARKOV_MODELS)
    distances = [
        sum(abs(effect - touched[name] / 19_785) for name, effect in effects.items())
        for effects in fitted.removal_effects.values()
    ]
    assert distances == sorted(distances, reverse=True)


@given(journeys)
def test_shapley_is_the_average_over_all_coalitions(rows: list[PathCount]) -> None:
    fitted = fit(rows, SHAPLEY_MODELS)
    assert conversions_of(fitted, "shapley") == brute_shapley(rows)
    assert conversions_of(fitted, "shapley_ordered") == brute_shapley(rows)


@given(journeys)
def test_ordered_shapley_splits_shapley_by_position(rows: list[PathCount]) -> None:
    fitted = fit(rows, ["shapley"])
    for name, by_position in fitted.ordered_shapley().items():
        assert sum(by_position) == fitted.credits["shapley"][name].conversions


@settings(max_examples=40)
@given(journeys, st.integers(1, 4))
def test_removal_effects_are_those_of_one_exact_solve_per_channel(
    rows: list[PathCount], order: int
) -> None:
    model = f"markov_{order}"
    fitted = fit(rows, [model])
    for gain, whole in (("conversions", fitted.conversions), ("value_micros", None)):
        exact = brute_removal(rows, order, gain)
        total = sum(exact.values())
        for name in fitted.channels:
            if whole is not None:
                effect = fitted.removal_effects[model][name]
                assert effect == pytest.approx(float(exact[name]), abs=1e-12)
            else:
                share = exact[name] / total if total else Fraction(0)
                value = float(share * fitted.value_micros)
                assert fitted.credits[model][name].value_micros == pytest.approx(value, abs=2)


@given(journeys, st.fractions(0, 5), st.integers(1, 10**7), st.integers(0, 10**7))
def test_both_faces_give_the_same_credits(
    rows: list[PathCount], middle: Fraction, half_life: int, spacing_ms: int
) -> None:
    chosen = ModelSettings(Fraction(1), middle, Fraction(2), half_life)
    models = (*HEURISTIC_MODELS, *SHAPLEY_MODELS)
    fitted = fit(rows, models, chosen, spacing_ms)
    for model in models:
        expected = dict.fromkeys(channels_of(row for row in rows if row.nulls), Fraction(0))
        for row in rows:
            touches = [
                Touchpoint(place * spacing_ms, is_direct(name), name)
                for place, name in enumerate(row.path)
            ]
            credited = credits_of(model, touches, chosen) if row.conversions else ()
            for touch, credit in zip(touches, credited, strict=False):
                so_far = expected.get(touch.channel, Fraction(0))
                expected[touch.channel] = so_far + credit * row.conversions
        assert conversions_of(fitted, model) == expected


@given(journeys, st.randoms(use_true_random=False))
def test_neither_order_nor_splitting_nor_merging_of_rows_can_be_seen(
    rows: list[PathCount], random: "st.DataObject"
) -> None:
    split = [
        part
        for row in rows
        for part in (
            PathCount(row.path, row.conversions, row.value_micros, 0),
            *itertools.repeat(PathCount(row.path, nulls=1), row.nulls),
        )
    ]
    random.shuffle(split)  # type: ignore[attr-defined]
    models = ("linear", "time_decay", "shapley", "markov_1", "markov_3")
    one, other = (fit(part, models, spacing_ms=1000) for part in (rows, split))
    assert one.credits == other.credits
    assert one.removal_effects == other.removal_effects
    assert one.table == other.table


@given(journeys, st.permutations(CHANNELS))
def test_other_names_change_nothing_but_the_names(rows: list[PathCount], names: list[str]) -> None:
    new = {
        old: "z" + name for old, name in zip(CHANNELS, names, strict=True) if old != "direct"
    } | {"direct": "Direct"}
    renamed = [
        PathCount(tuple(new[n] for n in r.path), r.conversions, r.value_micros, r.nulls)
        for r in rows
    ]
    one, other = fit(rows, ALL_MODELS, spacing_ms=9), fit(renamed, ALL_MODELS, spacing_ms=9)
    for model in ALL_MODELS:
        for name, credit in one.credits[model].items():
            assert float(other.credits[model][new[name]].conversions) == pytest.approx(
                float(credit.conversions), abs=1e-9
            )


def test_self_loops_change_nothing_at_order_one() -> None:
    plain = fit(paths("a>b 2 1 3", "b>a 1 1 1", "a 0 0 5"), ["markov_1"])
    looped = fit(paths("a>a>a>b 2 1 3", "b>b>a 1 1 1", "a>a 0 0 5"), ["markov_1"])
    for name in "ab":
        assert looped.removal_effects["markov_1"][name] == pytest.approx(
            plain.removal_effects["markov_1"][name], abs=1e-12
        )


def test_transitions_are_probabilities_that_sum_to_one(reference: Fitted) -> None:
    for order in (1, 2):
        for following in reference.transitions(order).values():
            assert sum(following.values()) == pytest.approx(1)
    assert fit(paths("a>b 1 1 1"), ["markov_1"]).transitions() == {
        ("(start)",): {"a": 1.0},
        ("a",): {"b": 1.0},
        ("b",): {"(conversion)": 0.5, "(null)": 0.5},
    }


def test_top_paths_lead_with_the_most_conversions(reference: Fitted) -> None:
    first, second = reference.top_paths(2)
    assert (first.path, first.conversions) == (("alpha",) * 3, 4197)
    assert second.conversions <= first.conversions


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(KeyError, match="magic"):
        fit(paths("a 1 1 0"), ["magic"])


def test_time_decay_without_times_is_refused() -> None:
    with pytest.raises(ValueError, match="times"):
        fit(paths("a 1 1 0"), ["time_decay"])
