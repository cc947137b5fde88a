"""What holds for every test: property tests depend on no clock and on no chance of this run."""

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

settings.register_profile(
    "touchline",
    deadline=None,  # a busy machine is no failure
    derandomize=True,  # the same examples every time: a failure is of the code, never of the day
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("touchline")

# Hypothesis also draws from the constants of whichever modules of ours are imported, and that
# depends on how the tests are spread over processes: the same test would see other examples.
assert providers.is_local_module_file  # type: ignore[attr-defined]
providers.is_local_module_file = lambda _: False  # type: ignore[attr-defined, assignment]
