"""Touches of a file too large for memory, spread over temporary files by journey."""

import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa

from touchline.attribution.engine.arrays import Array, Ints


@dataclass(frozen=True, slots=True)
class Piece:
    """Touches, column by column; `journey` and `channel` as Arrow text."""

    journey: Any
    channel: Any
    at_ms: Ints
    converted: Array
    value_micros: Ints


NAMES = ("journey", "channel", "at_ms", "converted", "value_micros")
SCHEMA = pa.schema(
    list(zip(NAMES, (pa.string(), pa.string(), pa.int64(), pa.bool_(), pa.int64()), strict=True))
)


class Spool:
    """Keeps pieces in `parts` files, all touches of a journey in the same one; one part: memory.

    A context manager: its files are gone when it is left.
    """

    def __init__(self, parts: int) -> None:
        self._memory: list[Piece] | None = [] if parts == 1 else None
        self._lock = Lock()
        self._folder = tempfile.TemporaryDirectory(prefix="touchline-")
        self._paths = [Path(self._folder.name) / f"{part}.arrow" for part in range(parts)]
        self._files = [pa.OSFile(str(path), "wb") for path in self._paths if parts > 1]
        self._writers = [pa.ipc.new_stream(file, SCHEMA) for file in self._files]

    def __enter__(self) -> "Spool":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._close()
        self._folder.cleanup()

    def _close(self) -> None:
        for open_file in (*self._writers, *self._files):
            open_file.close()
        self._writers, self._files = [], []

    def put(self, piece: Piece) -> None:
        """Keep a piece; may be called by several threads."""
        if self._memory is not None:
            self._memory.append(piece)
            return
        part = _parts(piece.journey, len(self._paths))
        columns = [pa.array(getattr(piece, name)) for name in NAMES]
        batch = pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
        for index in np.unique(part):
            mine = batch.filter(pa.array(part == index))
            with self._lock:
                self._writers[index].write_batch(mine)

    def take(self) -> "Sequence[list[Piece]]":
        """All pieces, part by part; the spool takes no more afterwards."""
        if self._memory is not None:
            pieces, self._memory = self._memory, []
            return [pieces]
        self._close()
        return _Parts(self._paths)


class _Parts(Sequence[list[Piece]]):
    """Reads a part when it is asked for."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: Any) -> Any:
        with pa.OSFile(str(self._paths[index])) as file:
            table = pa.ipc.open_stream(file).read_all()
        columns = [table[name].combine_chunks() for name in NAMES]
        return [Piece(*columns[:2], *(c.to_numpy(zero_copy_only=False) for c in columns[2:]))]


def _parts(journeys: Any, parts: int) -> Array:
    dictionary = journeys.dictionary_encode()
    names = dictionary.dictionary.to_pylist()
    part = np.array([zlib.crc32(name.encode()) % parts for name in names], np.int64)
    chosen: Array = part[dictionary.indices.to_numpy()]
    return chosen
