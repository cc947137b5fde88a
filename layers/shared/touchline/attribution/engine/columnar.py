"""Journeys in a file of our own (`.tlj`): arrays as the engine reads them, mapped, not parsed.

    TLJ1 | arrays, each at a multiple of 8 bytes | description (JSON) | its length, 8 bytes | TLJ1

The description names the channels and, block by block, where each array lies. A block is a
`Batch`; symbols mean the same in all blocks. Integers are little-endian.
"""

import json
import mmap
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from touchline.attribution.engine.arrays import Array, np
from touchline.attribution.engine.paths import Batch, Journeys, symbol_type

MAGIC = b"TLJ1"
COLUMNS = ("stream", "times", "value_micros", "ages_ms")


class NotJourneys(ValueError):
    """The file is not of this form, or was cut off."""


@dataclass(frozen=True, slots=True)
class JourneyFile:
    """An open file: its channels and its blocks, whose arrays lie in the file itself."""

    channels: tuple[str, ...]
    blocks: tuple[Batch, ...]


def write(path: Path, batches: Iterable[Batch]) -> None:
    """Write batches, whatever their channels. Raises ValueError for counts beyond 64 bits."""
    symbols: dict[str, int] = {}
    described = []
    with path.open("wb") as file:
        file.write(MAGIC)
        for batch in batches:
            mine = [symbols.setdefault(name, len(symbols) + 1) for name in batch.channels]
            renamed = np.array([0, *mine], symbol_type(len(symbols)))
            parts = (batch.converting, batch.ended)
            described.append(
                [_put(file, replace(part, stream=renamed[part.stream])) for part in parts]
            )
        description = json.dumps({"channels": list(symbols), "blocks": described}).encode()
        file.write(description + len(description).to_bytes(8, "little") + MAGIC)


def _put(file: BinaryIO, journeys: Journeys) -> dict[str, list[Any]]:
    described: dict[str, list[Any]] = {}
    for column in COLUMNS:
        array = getattr(journeys, column)
        if array is None:
            continue
        if array.dtype == object:
            raise ValueError(f"{column} has numbers beyond 64 bits")
        file.write(b"\0" * (-file.tell() % 8))
        kind = array.dtype.newbyteorder("<")
        described[column] = [file.tell(), array.size, kind.str]
        file.write(array.astype(kind, copy=False).tobytes())
    return described


def read(path: Path) -> JourneyFile:
    """Map a file. Raises NotJourneys for anything else."""
    with path.open("rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise NotJourneys("the file is empty") from error
    if data[:4] != MAGIC or data[-4:] != MAGIC:
        raise NotJourneys("not a file of journeys, or cut off")
    size = int.from_bytes(data[-12:-4], "little")
    described = json.loads(data[-12 - size : -12])
    channels = tuple(described["channels"])
    blocks = [
        Batch(channels, *(_taken(data, part) for part in block)) for block in described["blocks"]
    ]
    return JourneyFile(channels, tuple(blocks))


def _taken(data: mmap.mmap, described: dict[str, list[Any]]) -> Journeys:
    def column(name: str) -> Array | None:
        if name not in described:
            return None
        offset, size, kind = described[name]
        return np.frombuffer(data, kind, size, offset)

    stream = column("stream")
    if stream is None:
        raise NotJourneys("a block has no stream")
    return Journeys(stream, column("times"), column("value_micros"), column("ages_ms"))
