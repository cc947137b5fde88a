"""Input at the edges: little of everything, much of everything, odd names."""

from fractions import Fraction

import pytest

from tests.unit.attribution.journeys import conversions_of, paths
from touchline.attribution.engine.fit import fit
from touchline.attribution.engine.models import ALL_MODELS, REGISTRY
from touchline.attribution.engine.paths import PathCount, batch_of
from touchline.attribution.engine.tables import POSITIONS, Shape
from touchline.attribution.engine.tally import count


def everything(rows: list[PathCount]) -> dict[str, dict[str, float]]:
    fitted = fit(rows, ALL_MODELS, spacing_ms=1000)
    return {
        model: {name: float(x) for name, x in conversions_of(fitted, model).items()}
        for model in ALL_MODELS
    }


def test_one_channel_earns_everything() -> None:
    for credited in everything(paths("a>a>a 3 9 4")).values():
        assert credited == {"a": pytest.approx(3)}


def test_journeys_that_all_convert_need_no_nulls() -> None:
    for credited in everything(paths("a>b 1 1 0", "b>a 1 1 0")).values():
        assert credited == pytest.approx({"a": 1, "b": 1})


def test_without_a_conversion_nobody_is_credited() -> None:
    fitted = fit(paths("a>b 0 0 5"), ALL_MODELS, spacing_ms=1)
    assert fitted.p_conversion["markov_1"] == 0
    assert fitted.removal_effects["markov_3"] == {"a": 0, "b": 0}
    for credited in fitted.credits.values():
        assert {(credit.conversions, credit.value_micros) for credit in credited.values()} == {
            (0, 0)
        }


def test_no_journey_at_all_is_no_channel_and_no_credit() -> None:
    fitted = fit([], ALL_MODELS, spacing_ms=1)
    assert fitted.channels == ()
    assert fitted.journeys == 0
    assert fitted.transitions() == {}
    assert fitted.top_paths(5) == []
    assert fitted.ordered_shapley() == {}


def test_when_every_touch_is_direct_the_last_has_it() -> None:
    assert everything(paths("direct>Direct>DIRECT 2 1 0"))["last_non_direct"] == {
        "DIRECT": 2,
        "Direct": 0,
        "direct": 0,
    }


@pytest.mark.parametrize("channels", [254, 255, 256, 300])
def test_more_channels_than_a_byte_holds_are_all_told_apart(channels: int) -> None:
    rows = [
        PathCount((f"c{i:03}", f"c{(i * 7 + 1) % channels:03}"), 1, 1_000_000, 1)
        for i in range(channels)
    ]
    fitted = fit(rows, ["linear", "markov_1", "shapley"])
    assert len(fitted.channels) == channels
    for model in fitted.credits:
        assert float(sum(conversions_of(fitted, model).values())) == pytest.approx(channels)


def test_so_many_channels_that_grams_do_not_fit_are_refused() -> None:
    rows = [PathCount((f"c{i}",), 1, 0, 0) for i in range(70_000)]
    with pytest.raises(ValueError, match="too many for order 4"):
        count(batch_of(rows), Shape(order=4))


def test_a_journey_longer_than_any_is_refused() -> None:
    with pytest.raises(ValueError, match="touches"):
        count(batch_of([PathCount(("a",) * POSITIONS, 1, 0, 0)]), Shape(timed=False))


def test_a_journey_of_thousands_of_touches_is_still_exact() -> None:
    fitted = fit([PathCount(("a",) * 3000 + ("b",), 7, 0, 0)], ["linear", "shapley"])
    assert fitted.credits["linear"]["b"].conversions == Fraction(7, 3001)
    assert fitted.credits["shapley"]["b"].conversions == Fraction(7, 2)


def test_names_in_any_script_and_with_digits_stay_as_they_are() -> None:
    rows = [PathCount(("搜索", "partner 1", "partner 2", "🛒"), 1, 0, 0)]
    assert fit(rows, ["linear"]).channels == tuple(sorted(rows[0].path))


def test_huge_counts_and_values_lose_nothing() -> None:
    rows = [PathCount(("a", "b", "a"), 10**24 + 1, 10**30 + 7, 0), PathCount(("b",), 1, 1, 10**24)]
    fitted = fit(rows, ALL_MODELS, spacing_ms=1000)
    for model in ALL_MODELS:
        credited = fitted.credits[model].values()
        assert sum(credit.value_micros for credit in credited) == 10**30 + 8
        if model in REGISTRY or "shapley" in model:
            assert sum(credit.conversions for credit in credited) == 10**24 + 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"path": ()},
        {"path": ("a",), "conversions": -1},
        {"path": ("a",), "nulls": -1},
        {"path": ("a",), "value_micros": 1},
    ],
)
def test_counts_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"touch|negative|without"):
        PathCount(**wrong)  # type: ignore[arg-type]


def test_a_chain_in_which_paths_wander_for_long_still_settles() -> None:
    loop = ("a", "b", "c", "a") * 200
    rows = [PathCount(loop, 1, 1, 1), PathCount((*loop, "d"), 2, 5, 0), PathCount(("d",), 0, 0, 9)]
    effects = fit(rows, ["markov_2", "markov_3"]).removal_effects
    assert effects["markov_2"]["a"] == pytest.approx(1, abs=1e-12)
    assert 0 < effects["markov_3"]["d"] < 1
