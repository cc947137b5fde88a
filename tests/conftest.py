"""What holds for every test: property tests depend on no clock and on no chance of this run."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "touchline",
    deadline=None,  # a busy machine is no failure
    derandomize=True,  # the same examples every time: a failure is of the code, never of the day
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("touchline")
