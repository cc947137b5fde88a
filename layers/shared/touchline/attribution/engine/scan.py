"""Counting many batches with several workers. What each worker gets cannot be seen in the sum."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from touchline.attribution.engine.paths import Batch
from touchline.attribution.engine.tables import CountTable, Shape, merged
from touchline.attribution.engine.tally import Tally

if TYPE_CHECKING:
    from touchline.attribution.engine.compiled import Kernel

T = TypeVar("T")


def count_all(
    batches: Iterable[Callable[[], Batch]],
    shape: Shape,
    kernel: "Kernel | None" = None,
    workers: int = 2,
) -> CountTable:
    """Count batches, each made by the worker that counts it. Memory: a batch per worker."""
    source = Shared(batches)

    def work(_worker: int) -> CountTable:
        tally = Tally(shape, kernel)
        for make in source:
            tally.add(make())
        return tally.table()

    with ThreadPoolExecutor(workers) as pool:
        return merged(pool.map(work, range(workers)))


class Shared(Iterator[T]):
    """An iterator that several threads may draw from."""

    def __init__(self, source: Iterable[T]) -> None:
        self._source, self._lock = iter(source), Lock()

    def __next__(self) -> T:
        with self._lock:
            return next(self._source)
