"""What `sam build` makes is whole: nothing that a function needs is missing from its bundle."""

import subprocess
import sys
from pathlib import Path

import pytest

from local.build import build, host_parameters
from local.lambda_runtime import RUNTIME_HAS, installed
from local.places import ROOT, STATE
from tests.system.template import functions, template


@pytest.fixture(scope="module")
def bundle() -> Path:
    return build(host_parameters()).parent


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with just the packages of AWS's runtime."""
    folder = tmp_path_factory.mktemp("runtime")
    for part in (part for name in RUNTIME_HAS for part in installed(name)):
        (folder / part.name).symlink_to(part)
    return folder


def layers_of(function: str) -> list[str]:
    """The layers of a function: the shared one, and what it names itself."""
    own = template()["Resources"][function]["Properties"].get("Layers", [])
    return ["SharedLayer", *(layer["Ref"] for layer in own)]


@pytest.mark.parametrize("name", functions())
def test_a_handler_imports_from_its_bundle_alone(name: str, bundle: Path, runtime: Path) -> None:
    module = functions()[name]["Handler"].rsplit(".", 1)[0]
    folders = [bundle / name, *(bundle / layer / "python" for layer in layers_of(name)), runtime]
    program = f"import sys; sys.path[:0] = {[str(f) for f in folders]!r}; import {module}"
    done = subprocess.run(  # noqa: S603 - this interpreter, our program
        [sys.executable, "-I", "-S", "-c", f"{program}; {module}.lambda_handler"],
        capture_output=True,
        text=True,
        check=False,
        env={"AWS_DEFAULT_REGION": "us-east-1"},
    )
    assert done.returncode == 0, done.stderr


def test_the_bundle_carries_bytecode_and_no_tests(bundle: Path) -> None:
    shared = bundle / "SharedLayer" / "python"
    tag = sys.implementation.cache_tag
    assert (shared / "touchline" / "kernel" / "__pycache__" / f"clock.{tag}.pyc").exists()
    assert (bundle / "IngestFunction" / "ingest" / "__pycache__" / f"handler.{tag}.pyc").exists()
    assert not list(bundle.rglob("tests"))


def test_a_function_carries_the_checksum_of_the_layer_it_runs_with(bundle: Path) -> None:
    """So that a change in the layer alone is a new version of ingest, which its alias goes to."""
    sources = [path for path in (ROOT / "layers/shared/touchline").rglob("*") if path.is_file()]
    pins = [ROOT / "requirements" / f"{name}.txt" for name in ("layer", "engine")]
    found = sorted(str(path) for path in (*sources, *pins) if path.suffix != ".pyc")
    content = b"".join(Path(name).read_bytes() for name in found)
    counted = subprocess.run(["cksum"], input=content, capture_output=True, check=True).stdout  # noqa: S607
    assert (bundle / "IngestFunction" / "layer.cksum").read_bytes() == counted


def test_the_template_defaults_build_on_any_machine() -> None:
    """Wheels are chosen for the processor and the runtime asked for, whatever is installed here."""
    defaults = {
        name: template()["Parameters"][name]["Default"]
        for name in ("PythonRuntime", "Architecture")
    }
    built = build(defaults, into=STATE / "build" / "defaults").parent
    compiled = list((built / "SharedLayer" / "python").rglob("*.so"))
    assert compiled
    tag = defaults["PythonRuntime"].replace("python", "cpython-").replace("3.", "3")
    for library in compiled:
        assert library.read_bytes()[18:20] == b"\xb7\x00", f"{library} is not for arm64"
        assert tag in library.name or "abi3" in library.name, library.name
    size = sum(path.stat().st_size for path in built.rglob("*Layer/**/*") if path.is_file())
    assert size < 250_000_000, "a function may hold 250 MB unpacked, layers included"
