"""What a process pays before it uses the engine."""

import subprocess
import sys


def test_importing_the_engine_and_the_night_loads_no_numpy() -> None:
    """NumPy is most of an import's time, and a night without a data-driven model never needs it."""
    modules = "touchline.attribution.engine.fit, touchline.attribution.night.office"
    program = f"import {modules}, sys; print('numpy' in sys.modules)"
    command = [sys.executable, "-c", program]
    said = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603

    assert said.stdout.strip() == "False"
