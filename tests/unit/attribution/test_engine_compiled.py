"""The compiled kernel gives what its NumPy twins give. Both are run where there is a compiler."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.unit.attribution.journeys import pathdata
from touchline.attribution.engine import compiled
from touchline.attribution.engine.fit import fit_table, order_needed
from touchline.attribution.engine.models import ALL_MODELS
from touchline.attribution.engine.paths import Batch, Journeys, batch_of
from touchline.attribution.engine.tables import Shape
from touchline.attribution.engine.tally import count

needs_compiler = pytest.mark.skipif(
    not any(map(shutil.which, ("cc", "gcc", "clang"))), reason="there is no C compiler here"
)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> compiled.Kernel:
    library = tmp_path_factory.mktemp("kernel") / "kernel.so"
    assert compiled.build(library)
    loaded = compiled.load(library)
    assert loaded is not None
    return loaded


@needs_compiler
def test_removal_effects_are_the_same_bit_for_bit(kernel: compiled.Kernel) -> None:
    table = count(batch_of(pathdata(), 1000), Shape(order_needed(ALL_MODELS)))
    plain, quick = fit_table(table, ALL_MODELS), fit_table(table, ALL_MODELS, kernel=kernel)
    assert plain.removal_effects == quick.removal_effects
    assert plain.credits == quick.credits


@needs_compiler
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_tables_are_the_same_byte_for_byte(kernel: compiled.Kernel, order: int) -> None:
    random = np.random.default_rng(7)
    streams = [np.concatenate([[0], random.integers(0, 6, 5000), [3, 0]]) for _ in range(2)]
    streams = [s[np.concatenate([[True], (s[1:] != 0) | (s[:-1] != 0)])] for s in streams]
    won, lost = (Journeys(stream.astype(np.uint8)) for stream in streams)
    batch = Batch(tuple("abcde"), won, lost)
    shape = Shape(order, timed=False)
    assert count(batch, shape) == count(batch, shape, kernel)


def test_without_a_compiler_nothing_is_built(tmp_path: Path) -> None:
    assert not compiled.build(tmp_path / "kernel.so", compilers=["no-such-compiler"])
    assert compiled.load(tmp_path / "kernel.so") is None
