"""`make invoke EVENT=events/ingest/postback.json`: one event to one built function under Lambda's
own runtime, over the local stack; its log on stderr, its answer on stdout."""

import argparse
import json
import sys
from pathlib import Path

from local.build import build, host_parameters
from local.events import event_of, function_of
from local.lambda_runtime import lambda_runtime
from local.machine import CommandFailed
from local.places import STATE
from local.progress import fail
from local.stack import load_stack


def main(arguments: list[str]) -> int:
    """Run it; 0, 1 with the cause, or 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m local.invoke", description=__doc__)
    parser.add_argument("event", type=Path, help="a file, events/<function>/<case>.json")
    parser.add_argument("--state", type=Path, default=STATE, help="the stack's folder")
    parser.add_argument("--token", default="", help="in place of the stack's admin token")
    asked = parser.parse_args(arguments)
    try:
        stack = load_stack(asked.state)
        event = event_of(asked.event, asked.token or stack.token)
        bundle = build(host_parameters()).parent
        with lambda_runtime(stack, function_of(asked.event), bundle) as function:
            answer = function.invoke(event)
            sys.stderr.write(function.told())
    except FileNotFoundError as missing:
        fail(f"{missing.filename} is not there (a stack comes up with `make up`)")
        return 1
    except CommandFailed as failure:
        fail(str(failure))
        return 1
    sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
