"""/openapi.json, made from the route tables, the contracts and the catalogue of reasons.

`python -m docs.openapi` writes it, `--check` says whether what is written is what would be.
"""

import sys
from pathlib import Path

# Functions are deployed each by itself, and so are no package of the virtual environment.
sys.path.append(str(Path(__file__).resolve().parents[2] / "functions"))
