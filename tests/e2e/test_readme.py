"""Every command of the README works. Those that need AWS or a container engine are checked as far
as this machine can: their targets, functions and events exist."""

import re
import shlex
import subprocess
from collections.abc import Callable

import pytest

from local.api import Api
from local.machine import environment, run
from local.places import ROOT, TEMPLATE
from local.stack import Stack
from tests.e2e.conftest import STATE_FOLDER
from tests.system.template import functions

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.split("  #")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]
TARGETS_ELSEWHERE = {"demo": "test_demo.py", "test": "make test itself"}
NEEDS_AWS = {"deploy"}


def commands(beginning: str) -> list[str]:
    """The commands that begin so."""
    return [command for command in COMMANDS if command.startswith(beginning)]


def test_every_command_is_of_a_kind_that_is_tested_here() -> None:
    kinds = ("make ", ".venv/bin/touchline ", "curl ", ".local/sam/bin/sam ", "git clone ")
    assert [command for command in COMMANDS if not command.startswith(kinds)] == []


@pytest.mark.parametrize("command", sorted(set(commands("make "))))
def test_a_make_target_works(command: str, stack: Stack) -> None:
    target = command.split()[1]
    if target in TARGETS_ELSEWHERE or target in NEEDS_AWS:
        run(["make", "-n", target], cwd=ROOT, extra={})
        return
    here = f"--state {STATE_FOLDER}"
    apart = {"up": here, "invoke": here, "down": str(STATE_FOLDER.with_name("none"))}
    said = run([*shlex.split(command), f"ARGS={apart[target]}"], cwd=ROOT, extra={})
    told = {"up": stack.api_url, "invoke": '"statusCode"', "down": "No local stack was up."}
    assert told[target] in said


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("command", commands(".venv/bin/touchline "))
def test_a_touchline_command_works(command: str, touchline: Callable[..., str]) -> None:
    assert touchline(*shlex.split(command)[1:])


@pytest.mark.parametrize("command", commands("curl "))
def test_a_request_is_answered_as_the_text_says(command: str, stack: Stack, backend: Api) -> None:
    token = backend.headers["authorization"].removeprefix("ApiKey ")
    done = subprocess.run(  # noqa: S603 - a command of our README
        ["bash", "-c", command],  # noqa: S607
        env=environment({"API": stack.api_url, "TOKEN": token}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"outcome":"stored"' in done.stdout.replace(": ", ":") or "duplicate" in done.stdout


@pytest.mark.parametrize("command", commands(".local/sam/bin/sam "))
def test_a_sam_command_fits_the_template(command: str) -> None:
    parts = shlex.split(command)
    if parts[1] == "build":
        run([ROOT / parts[0], *parts[1:]], cwd=ROOT, extra={})
        return
    assert parts[1:3] == ["local", "invoke"]
    assert parts[3] in functions(), f"{TEMPLATE.name} has no {parts[3]}"
    assert (ROOT / parts[parts.index("-e") + 1]).is_file()
