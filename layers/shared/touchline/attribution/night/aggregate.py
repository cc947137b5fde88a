"""The engine's aggregated face as fits use it."""

from collections.abc import Mapping
from fractions import Fraction

from touchline.attribution.engine.fit import fit
from touchline.attribution.engine.paths import PathCount
from touchline.attribution.night.fits import Fitted, Path


def by_engine(model: str, won: Mapping[Path, tuple[int, int]], lost: Mapping[Path, int]) -> Fitted:
    """Fit one model to paths with (conversions, value in micros), and paths without."""
    counts = [
        PathCount(path, *won.get(path, (0, 0)), nulls=lost.get(path, 0))
        for path in sorted({*won, *lost})
    ]
    fitted = fit(counts, (model,))
    credit = fitted.credits[model]
    return Fitted(
        conversions={channel: Fraction(one.conversions) for channel, one in credit.items()},
        value_micros={channel: one.value_micros for channel, one in credit.items()},
        p_conversion=fitted.p_conversion.get(model, 0.0),
        removal_effects=fitted.removal_effects.get(model, {}),
    )
