"""The page about cost. Functions are imported as Lambda does, from their own folder."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "functions"))
