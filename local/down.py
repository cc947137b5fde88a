"""`make down`: stop the local stack."""

from local.emulator import stop_emulator
from local.places import STACK_FILE, STATE
from local.progress import console


def main() -> None:
    """Stop it and forget its state; nothing happens when there is none."""
    was_up = stop_emulator(STATE)
    (STATE / STACK_FILE).unlink(missing_ok=True)
    console.print("The local stack is down." if was_up else "No local stack was up.")


if __name__ == "__main__":
    main()
