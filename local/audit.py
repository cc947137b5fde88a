"""`make audit`: known holes in what the functions carry, asked of the OSV advisory service.

A hole ends it with 1, and with its name and the version that mends it. A service that does not
answer is told in one line and is no failure, so that tests run without a network; `--must-answer`
makes it one.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local.machine import environment
from local.places import ROOT, VENV
from local.progress import console, fail

OSV = "https://api.osv.dev/v1/query"
LOCKED = (ROOT / "requirements" / "layer.txt", ROOT / "requirements" / "engine.txt")
"""What is deployed."""

CONNECT_SECONDS = 5
WHOLE_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Audit:
    """What came out: how many packages were looked at, the holes, or why nobody knows."""

    packages: int = 0
    holes: tuple[str, ...] = ()
    unknown: str = ""


def audit(locked: Sequence[Path], service: str = OSV) -> Audit:
    """Ask the service about every locked package."""
    options = ["--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    where = ["-s", "osv", "--osv-url", service, "--timeout", str(CONNECT_SECONDS)]
    files = [part for file in locked for part in ("-r", str(file))]
    try:
        done = subprocess.run(  # noqa: S603 - our command
            [VENV / "bin" / "pip-audit", *options, *where, *files],
            cwd=ROOT,
            env=environment({}),
            capture_output=True,
            text=True,
            check=False,
            timeout=WHOLE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return Audit(unknown=f"no answer within {WHOLE_SECONDS} s")
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        kind = done.stderr.strip().rpartition("\n")[2].partition(":")[0]
        return Audit(unknown=f"{urlsplit(service).netloc} gave no answer ({kind})")
    skipped = [one["name"] for one in found if "skip_reason" in one]
    if skipped:
        return Audit(unknown=f"nothing is known of {', '.join(skipped)}"[:200])
    return Audit(len(found), tuple(hole for one in found for hole in _holes(one)))


def _holes(package: Mapping[str, Any]) -> list[str]:
    return [
        f"{package['name']} {package['version']}: {one['id']}, mended in "
        f"{', '.join(one['fix_versions']) or 'no version yet'}"
        for one in package["vulns"]
    ]


def told(found: Audit, *, must_answer: bool) -> int:
    """Say what came out; the exit status."""
    for hole in found.holes:
        fail(hole)
    if found.unknown:
        said = f"Known holes were not looked for: {found.unknown}"
        if must_answer:
            fail(said)
        else:
            console.print(said, soft_wrap=True)
        return int(must_answer)
    if not found.holes:
        console.print(f"No known hole in the {found.packages} packages that are deployed.")
    return int(bool(found.holes))


def main(arguments: list[str]) -> int:
    """Ask and tell."""
    parser = argparse.ArgumentParser(prog="python -m local.audit", description=__doc__)
    parser.add_argument("--must-answer", action="store_true", help="fail if the service is silent")
    parser.add_argument("--service", default=OSV, help="where to ask")
    parser.add_argument("locked", nargs="*", type=Path, default=LOCKED, help="lists of packages")
    asked = parser.parse_args(arguments)
    return told(audit(asked.locked, asked.service), must_answer=asked.must_answer)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
