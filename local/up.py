"""`make up`: a local stack that stays up, found or made."""

import argparse
import sys
from pathlib import Path

from local.build import build, fingerprint, host_parameters
from local.emulator import DEFAULT_PORT, Emulator, find_emulator, start_emulator
from local.machine import LOCAL_CREDENTIALS, CommandFailed
from local.operator_token import first_token, local_aws
from local.places import STACK_FILE, STATE
from local.progress import console, fail, step
from local.stack import Stack, api_url, deploy, load_stack


def bring_up(state: Path, *, port: int = DEFAULT_PORT) -> Stack:
    """Emulator, bundle, deployment; the stack, saved in `state`. A stack that runs is kept, and
    deployed to again only if its sources changed. Raises CommandFailed."""
    parameters = host_parameters()
    with step("Build (sam build)"):
        built = build(parameters)
    with step("Start the local emulator of AWS"):
        emulator = find_emulator(state) or fresh_emulator(state, port)
    digest = fingerprint(parameters)
    known = known_stack(state)
    if known is not None and known.built == digest:
        return known
    with step("Deploy template.yaml to it (sam deploy)"):
        outputs = deploy(emulator, built, parameters)
    token = known.token if known else first_token(local_aws(emulator.url), outputs["RegistryTable"])
    stack = Stack(
        api_url=api_url(emulator, outputs),
        token=token,
        region=LOCAL_CREDENTIALS["AWS_REGION"],
        endpoint_url=emulator.url,
        outputs=outputs,
        built=digest,
    )
    stack.save(state)
    return stack


def fresh_emulator(state: Path, port: int) -> Emulator:
    """A new emulator, and nothing left of the stack that an older one had."""
    (state / STACK_FILE).unlink(missing_ok=True)
    return start_emulator(state, port=port)


def known_stack(state: Path) -> Stack | None:
    """The stack that this state knows, if any."""
    try:
        return load_stack(state)
    except FileNotFoundError:
        return None


def main(arguments: list[str]) -> int:
    """Bring it up and say where it is; 0, or 1 with the cause."""
    parser = argparse.ArgumentParser(prog="python -m local.up", description=__doc__)
    parser.add_argument("--state", type=Path, default=STATE, help="where things are kept")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="of the emulator, if free")
    asked = parser.parse_args(arguments)
    try:
        stack = bring_up(asked.state, port=asked.port)
    except CommandFailed as failure:
        fail(str(failure))
        return 1
    except KeyboardInterrupt:
        fail("interrupted: `make up` goes on where it stopped, `make down` stops what is up")
        return 130
    console.print(f"\n  API base URL  {stack.api_url}", soft_wrap=True)
    console.print(f"  Console       {stack.console_url}", soft_wrap=True)
    console.print(f"  Admin token   {stack.token}", soft_wrap=True)
    console.print("\n  Next: .venv/bin/touchline --help, and make down when done.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
