"""Where the local stack keeps its things: all below `.local/`, nothing global."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".local"
VENV = ROOT / ".venv"
TEMPLATE = ROOT / "template.yaml"
SAM = STATE / "sam" / "bin" / "sam"
MINISTACK = STATE / "emulator" / "bin" / "ministack"
STACK_FILE = "stack.json"
"""What `make up` leaves for the command line, in the stack's own folder."""

BUILT_FROM = (
    "template.yaml",
    "samconfig.toml",
    "requirements/layer.txt",
    "requirements/engine.txt",
    "bundles",
    "functions",
    "layers",
    "console",
)
"""Everything that the bundle depends on."""
