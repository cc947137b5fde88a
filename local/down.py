"""`make down`: stop the local stack and the demo's, or those of the folders that are named."""

import sys
from pathlib import Path

from local.emulator import stop_emulator
from local.places import STACK_FILE, STATE
from local.progress import console


def main(states: list[Path]) -> None:
    """Stop what is up and forget its state; nothing happens when nothing is."""
    stopped = []
    for state in states or [STATE, STATE / "demo"]:
        stopped.append(stop_emulator(state))
        (state / STACK_FILE).unlink(missing_ok=True)
    console.print("The local stack is down." if any(stopped) else "No local stack was up.")


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
