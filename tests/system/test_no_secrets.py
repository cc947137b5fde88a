"""No secret lies in the repository: every file that git keeps is looked through."""

import re
import subprocess
from pathlib import Path

import pytest

from touchline.registry.tokens import is_well_formed

ROOT = Path(__file__).resolve().parent.parent.parent
SECRETS = {
    "an AWS key": re.compile(rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a private key": re.compile(rb"-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY-----"),
    "a GitHub token": re.compile(rb"\bgh[pousr]_[A-Za-z0-9]{36}\b"),
    "a Slack token": re.compile(rb"\bxox[abprs]-[A-Za-z0-9-]{20,}"),
    "a token of ours": re.compile(rb"\btl_(?:live|test)_[0-9a-z]{38}\b"),
}


def kept_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - whichever git the developer has
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name]


@pytest.mark.parametrize("kind", SECRETS)
def test_no_file_holds(kind: str) -> None:
    found = {
        f"{path.relative_to(ROOT)}: {match.decode()[:12]}…"
        for path in kept_files()
        if path.is_file()
        for match in SECRETS[kind].findall(path.read_bytes())
        if kind != "a token of ours" or is_well_formed(match.decode())
    }
    assert found == set()


def test_a_secret_would_be_found() -> None:
    made_up = b"AKIA" + b"A" * 16
    assert SECRETS["an AWS key"].search(b"key=" + made_up)
