"""`make demo` ends well: it checks itself, and ends with 1 and a cause otherwise."""

import subprocess
import sys

from local.places import ROOT, STATE


def test_the_demo_holds_what_it_shows() -> None:
    command = [sys.executable, "-m", "local.demo", "--stop", "--port", "4720"]
    state = ["--state", str(STATE / "e2e-demo")]
    done = subprocess.run(  # noqa: S603 - this interpreter, our module
        [*command, *state], cwd=ROOT, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "Every sum equals the one computed straight from the file." in done.stdout
