"""Fetch the console's chart libraries and the tests' accessibility checker: `make console-vendor`.

Each package is pinned with the hash of its archive, so that the files kept in the repository can
be made again, byte for byte, by whoever doubts them. Needs npm, which nothing else here does.
"""

import base64
import hashlib
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.machine import run
from local.places import ROOT

CONSOLE = ROOT / "console" / "vendor"
TESTS = ROOT / "tests" / "e2e" / "vendor"


@dataclass(frozen=True, slots=True)
class Package:
    """One archive of the npm registry: its SHA-512 and which of its files go where."""

    name: str
    version: str
    sha512: str
    folder: Path
    files: Mapping[str, str]  # path inside the archive -> name of the file kept


PACKAGES = (
    Package(
        "chart.js",
        "4.5.0",
        "aYeC/jDgSEx8SHWZvANYMioYMZ2KX02W6f6uVfyteuCGcadDLcYVHdfdygsTQkQ4TKn5lghoojAsPj5pu0SnvQ==",
        CONSOLE,
        {"dist/chart.umd.min.js": "chart.js", "LICENSE.md": "chart.LICENSE.md"},
    ),
    Package(
        "d3-array",
        "1.2.4",
        "KHW6M86R+FUPYGb3R5XiYjXPq7VzwxZ22buHhAEVG5ztoEcZZMLov530mmccaqA1GghZArjQV46fuc8kUqhhHw==",
        CONSOLE,
        {"dist/d3-array.min.js": "d3-array.js", "LICENSE": "d3-array.LICENSE.txt"},
    ),
    Package(
        "d3-path",
        "1.0.9",
        "VLaYcn81dtHVTjEHd8B+pbe9yHWpXKZUC87PzoFmsFrJqgFwDe/qxfp5MlfsfM1V5E/iVt0MmEbWQ7FVIXh/bg==",
        CONSOLE,
        {"dist/d3-path.min.js": "d3-path.js", "LICENSE": "d3-path.LICENSE.txt"},
    ),
    Package(
        "d3-shape",
        "1.3.7",
        "EUkvKjqPFUAZyOlhY5gzCxCeI0Aep04LwIRpsZ/mLFelJiUfnK56jo5JMDSE7yyP2kLSb6LtF+S5chMk7uqPqw==",
        CONSOLE,
        {"dist/d3-shape.min.js": "d3-shape.js", "LICENSE": "d3-shape.LICENSE.txt"},
    ),
    Package(
        "d3-sankey",
        "0.12.3",
        "nQhsBRmM19Ax5xEIPLMY9ZmJ/cDvd1BG3UVvt5h3WRxKg5zGRbvnteTyWAbzeSvlh3tW7ZEmq4VwR5mB3tutmQ==",
        CONSOLE,
        {"dist/d3-sankey.min.js": "d3-sankey.js", "LICENSE": "d3-sankey.LICENSE.txt"},
    ),
    Package(
        "axe-core",
        "4.14.1",
        "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
        TESTS,
        {"axe.min.js": "axe.min.js", "LICENSE": "axe.LICENSE.txt"},
    ),
)


def main() -> None:
    """Fetch every package and replace the files kept of it."""
    with tempfile.TemporaryDirectory() as place:
        for package in PACKAGES:
            archive = _fetched(package, Path(place))
            for inside, kept in package.files.items():
                package.folder.mkdir(parents=True, exist_ok=True)
                (package.folder / kept).write_bytes(_member(archive, inside))


def _fetched(package: Package, place: Path) -> Path:
    run(["npm", "pack", "--silent", f"{package.name}@{package.version}"], cwd=place, extra={})
    archive = place / f"{package.name}-{package.version}.tgz"
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != package.sha512:
        raise SystemExit(f"{archive.name} is not the archive that was pinned: sha512-{found}")
    return archive


def _member(archive: Path, inside: str) -> bytes:
    with tarfile.open(archive) as opened:
        member = opened.extractfile(f"package/{inside}")
        if member is None:
            raise SystemExit(f"{archive.name} has no {inside}")
        text = member.read()
    # A source map that is not shipped would be asked for by every browser's developer tools.
    return b"\n".join(line for line in text.split(b"\n") if b"# sourceMappingURL=" not in line)


if __name__ == "__main__":
    main()
