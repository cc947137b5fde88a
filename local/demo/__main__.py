"""`make demo`: bring a stack up, tell it real journeys and five stories, run the night, receive
what it sends, and check every sum. Exits 0 only if all of that held."""

import argparse
import shutil
import sys
from pathlib import Path

from local.demo.acts import Demo, Unmet, perform
from local.demo.receiver import listening
from local.demo.replay import Unexpected
from local.emulator import DEFAULT_PORT, stop_emulator
from local.machine import CommandFailed
from local.places import STACK_FILE, STATE
from local.progress import console, fail
from local.up import bring_up
from touchline.kernel.clock import system_clock


def main(arguments: list[str]) -> int:
    """Play the demo; 0, or 1 with the cause."""
    asked = parsed(arguments)
    stop_emulator(asked.state)
    shutil.rmtree(asked.state, ignore_errors=True)
    try:
        with listening() as receiver:
            stack = bring_up(asked.state, port=asked.port)
            perform(Demo(stack, receiver, asked.state, system_clock))
    except (CommandFailed, Unexpected, Unmet, OSError) as failure:
        fail(str(failure))
        return 1
    except KeyboardInterrupt:
        fail("interrupted: `make down` stops what is up")
        return 130
    finally:
        if asked.stop:
            stop_emulator(asked.state)
    if not asked.stop:
        leave_for_the_command_line(asked.state)
    return 0


def parsed(arguments: list[str]) -> argparse.Namespace:
    """What was asked on the command line."""
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument("--state", type=Path, default=STATE / "demo", help="where things are kept")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="of the emulator, if free")
    parser.add_argument("--stop", action="store_true", help="stop the stack at the end")
    return parser.parse_args(arguments)


def leave_for_the_command_line(state: Path) -> None:
    """Let `touchline` find the demo's stack, unless another one is up."""
    if not (STATE / STACK_FILE).exists():
        shutil.copy2(state / STACK_FILE, STATE / STACK_FILE)
    console.print("\nThe stack stays up; [bold]make down[/bold] stops it.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
