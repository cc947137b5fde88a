"""Write the document, or check that it is written."""

import json
import sys

from docs.openapi.document import document
from docs.openapi.routes import all_routes
from touchline.intake.openapi import DOCUMENT


def main(arguments: list[str]) -> int:
    """0, or 1 when `--check` finds that the document is not what the code says."""
    made = json.dumps(document(all_routes()), indent=1, ensure_ascii=False, sort_keys=False) + "\n"
    if "--check" not in arguments:
        DOCUMENT.write_text(made, encoding="utf-8")
        return 0
    if DOCUMENT.exists() and DOCUMENT.read_text(encoding="utf-8") == made:
        return 0
    print("openapi.json is not what the routes say: run python -m docs.openapi", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
