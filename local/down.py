"""`make down`: stop the local stack, and the demo's."""

from local.emulator import stop_emulator
from local.places import STACK_FILE, STATE
from local.progress import console


def main() -> None:
    """Stop what is up and forget its state; nothing happens when nothing is."""
    stopped = [stop_emulator(state) for state in (STATE, STATE / "demo")]
    (STATE / STACK_FILE).unlink(missing_ok=True)
    console.print("The local stack is down." if any(stopped) else "No local stack was up.")


if __name__ == "__main__":
    main()
