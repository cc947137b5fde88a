"""The optional compiled kernel: the same results, sooner, where a C compiler was at set-up.

`python -m touchline.attribution.engine.compiled` builds it into the environment that runs it
(`make setup` does); nothing of it is deployed. Without it the NumPy twins do the work.
"""

import ctypes
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchline.attribution.engine.arrays import Array, Floats, Ints, np

if TYPE_CHECKING:
    from touchline.attribution.engine.chain import Chain, Flow

SOURCE = Path(__file__).with_name("kernel.c")
FLAGS = ("-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC")
"""No contraction: a fused multiply-add rounds once where NumPy rounds twice."""


def library_path(prefix: str = sys.prefix) -> Path:
    """Where the library of this very source lies: inside the environment, named by its digest."""
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]
    return Path(prefix) / "lib" / "touchline" / f"kernel-{digest}.so"


def build(target: Path, compilers: Sequence[str] = ("cc", "gcc", "clang")) -> bool:
    """Compile the kernel; False when there is no compiler. Raises what the compiler raises."""
    compiler = next((path for path in map(shutil.which, compilers) if path), None)
    if compiler is None:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    command = [compiler, *FLAGS, "-o", str(target), str(SOURCE), "-lm"]
    subprocess.run(command, check=True)  # noqa: S603 (our own source, a compiler of the PATH)
    return True


@dataclass(frozen=True, slots=True)
class Kernel:
    """The compiled loops."""

    loaded: Any

    def sweep(
        self, chain: "Chain", removed: "Ints", flow: "Flow", correction: "Floats", rhs: "Floats"
    ) -> "Floats":
        """See `chain.sweep_plain`."""
        parents = correction.shape[0]
        coarse = np.empty((parents + 1, correction.shape[1]))
        self.loaded.sweep(
            *map(ctypes.c_int64, (chain.last.size, parents, rhs.shape[0])),
            *map(_pointer, (chain.first_step, chain.origin, chain.step, chain.last)),
            *map(_pointer, (chain.parent, chain.share, chain.source, chain.inflow)),
            *map(_pointer, (removed, correction, rhs, flow.u, flow.spare, coarse)),
        )
        flow.swap()
        return coarse

    def count_grams(self, stream: "Array", base: int, order: int, times: "Ints") -> None:
        """See `grams.gram_keys`; the stream's symbols are bytes."""
        sizes = map(ctypes.c_int64, (stream.size, base, order))
        self.loaded.count_grams(_pointer(stream), *sizes, _pointer(times))


def _pointer(array: "Array") -> ctypes.c_void_p:
    if not array.flags.c_contiguous:
        raise ValueError("the kernel reads whole arrays only")
    return ctypes.c_void_p(array.ctypes.data)


def load(path: Path | None = None) -> Kernel | None:
    """The kernel, or None where it was not built."""
    path = path or library_path()
    return Kernel(ctypes.CDLL(str(path))) if path.exists() else None


if __name__ == "__main__":
    print("built" if build(library_path()) else "no C compiler: NumPy does the work")
