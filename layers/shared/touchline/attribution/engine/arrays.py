"""NumPy, loaded when it is first used, and the names of its arrays.

Importing NumPy costs more than everything else of the engine together, and a night without a
data-driven model never needs it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints: TypeAlias = NDArray[np.int64]
    Floats: TypeAlias = NDArray[np.float64]
    Array: TypeAlias = NDArray[Any]
else:
    Ints = Floats = Array = Any

    class _LateNumPy:
        """Each name is looked up once and then lies here, as in a module."""

        def __getattr__(self, name: str) -> Any:
            value = getattr(import_module("numpy"), name)
            setattr(self, name, value)
            return value

    np = _LateNumPy()

__all__ = ["Array", "Floats", "Ints", "np"]
