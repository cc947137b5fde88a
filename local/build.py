"""Builds the bundle with `sam build`, once for every state of the sources."""

import hashlib
import platform
import shutil
import sys
from pathlib import Path

from local.machine import run
from local.places import BUILT_FROM, ROOT, SAM, STATE, TEMPLATE

MARK = "built-from"


def host_parameters() -> dict[str, str]:
    """Template parameters that fit this machine, for a stack that runs on it."""
    machine = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}
    major, minor = sys.version_info[:2]
    processor = machine[platform.machine().lower()]
    return {"PythonRuntime": f"python{major}.{minor}", "Architecture": processor}


def overrides(parameters: dict[str, str]) -> list[str]:
    """As SAM takes them: `Name=value …`."""
    return ["--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items())]


def fingerprint(parameters: dict[str, str]) -> str:
    """A digest of everything that the bundle depends on."""
    digest = hashlib.sha256(repr(sorted(parameters.items())).encode())
    for name in BUILT_FROM:
        for path in sorted((ROOT / name).rglob("*")) or [ROOT / name]:
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def build(parameters: dict[str, str], *, into: Path | None = None) -> Path:
    """Build unless it is built already; the built template. Raises CommandFailed."""
    pair = f"{parameters['PythonRuntime']}-{parameters['Architecture']}"
    folder = into or STATE / "build" / pair
    mark = folder / MARK
    wanted = fingerprint(parameters)
    if not mark.exists() or mark.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        command: list[str | Path] = [
            SAM,
            "build",
            "--template-file",
            TEMPLATE,
            "--build-dir",
            folder,
        ]
        run([*command, *overrides(parameters)], cwd=ROOT, extra={})
        mark.write_text(wanted)
    return folder / "template.yaml"
