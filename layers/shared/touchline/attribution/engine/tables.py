"""Additive counts of journeys: everything that the models need, and nothing else.

Tables of two days, of two shards or of two files add up to the table of both, exactly; a table
taken away again leaves what was there before, to the byte. So a trailing window merges daily
tables instead of reading journeys again, and one more conversion is a table of one path, added.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from touchline.attribution.engine.arrays import Array, np
from touchline.attribution.engine.grams import Sums, joined, recode, shorten, summed

POSITIONS = 2**16
"""Journeys have fewer touches than this: lengths and positions are packed as digits of it."""
GRAMS = 3
"""Where the grams are among a table's parts."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What tables must have in common to be added."""

    order: int = 1
    """Order of the grams: Markov chains up to this order can be fitted."""
    half_life_seconds: int = 7 * 86_400
    timed: bool = True
    """Whether touches had times; without them there is no time decay."""


@dataclass(frozen=True, slots=True, eq=False)
class CountTable:
    """Counts of journeys by channel. `channels` is sorted; digit d of a key is channel d - 1."""

    shape: Shape
    channels: tuple[str, ...]
    journeys: int
    conversions: int
    value_micros: int
    places: Sums
    """Keys (length, position, channel); sums: conversions, value."""
    sets: Sums
    """Keys (channels in the set, touches of this channel, position, channel); the same sums."""
    touches: Sums
    """Keys (model by touch, channel); sums: credit units, value x credit units."""
    grams: Sums
    """Keys of `engine.grams`; sums: times, conversions, value."""

    def __add__(self, other: "CountTable") -> "CountTable":
        """Raises ValueError for tables of another shape."""
        return merged([self, other])

    def __sub__(self, other: "CountTable") -> "CountTable":
        """Take back what was added before. Raises ValueError for tables of another shape."""
        return merged([self, other.negated()])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CountTable) and self.to_bytes() == other.to_bytes()

    __hash__ = None  # type: ignore[assignment]

    def negated(self) -> "CountTable":
        """The table that takes this one back when it is added."""
        return CountTable(
            self.shape,
            self.channels,
            -self.journeys,
            -self.conversions,
            -self.value_micros,
            *(-part for part in self.parts),
        )

    @property
    def parts(self) -> tuple[Sums, ...]:
        """The four sparse tables."""
        return (self.places, self.sets, self.touches, self.grams)

    def to_bytes(self) -> bytes:
        """JSON that is the same, byte for byte, for the same counts."""
        return json.dumps(
            {
                "shape": [self.shape.order, self.shape.half_life_seconds, self.shape.timed],
                "channels": self.channels,
                "totals": [self.journeys, self.conversions, self.value_micros],
                "parts": [[part.keys.tolist(), part.sums.tolist()] for part in self.parts],
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()

    @staticmethod
    def from_bytes(data: bytes) -> "CountTable":
        """Read what `to_bytes` wrote."""
        read = json.loads(data)
        parts = [Sums(np.array(keys, np.int64), _exact(sums)) for keys, sums in read["parts"]]
        return CountTable(Shape(*read["shape"]), tuple(read["channels"]), *read["totals"], *parts)


def _exact(sums: list[list[int]]) -> Array:
    fits = all(abs(number) < 2**62 for row in sums for number in row)
    return np.array(sums, np.int64 if fits else object).reshape(len(sums), -1)


def merged(tables: Iterable[CountTable]) -> CountTable:
    """Add tables up, whatever their channels. Raises ValueError without tables or one shape."""
    tables = list(tables)
    shapes = {table.shape for table in tables}
    if len(shapes) != 1:
        raise ValueError("only tables of one shape add up")
    shape = shapes.pop()
    names = sorted({name for table in tables for name in table.channels})
    parts = [
        joined([_renamed(t.parts[i], t.channels, names, i) for t in tables])
        for i in range(GRAMS + 1)
    ]
    used = _channels_used(parts[GRAMS], len(names) + 1)
    kept = [names[symbol - 1] for symbol in used]
    if len(kept) < len(names):
        parts = [_renamed(part, names, kept, i) for i, part in enumerate(parts)]
    return CountTable(
        shape,
        tuple(kept),
        sum(table.journeys for table in tables),
        sum(table.conversions for table in tables),
        sum(table.value_micros for table in tables),
        *parts,
    )


def _channels_used(grams: Sums, base: int) -> list[int]:
    """Every touch ends one gram, so the last digits are the channels that occur."""
    return [int(symbol) for symbol in np.flatnonzero(np.bincount(grams.keys % base)) if symbol]


def _renamed(part: Sums, old: Sequence[str], new: Sequence[str], which: int) -> Sums:
    """Rewrite the channel digits of keys for another sorted list of channels."""
    if list(old) == list(new):
        return part
    place = {name: index for index, name in enumerate(new, start=1)}
    digits = np.array([0, *(place.get(name, 0) for name in old)], np.int64)
    bases = (len(old) + 1, len(new) + 1)
    if which == GRAMS:
        keys = recode(part.keys, *bases, digits)
    else:
        keys = part.keys // bases[0] * bases[1] + digits[part.keys % bases[0]]
    return summed(keys, part.sums)


def of_order(table: CountTable, order: int) -> Sums:
    """The grams of an order up to the table's. Raises ValueError for a higher one."""
    if order > table.shape.order:
        raise ValueError(f"the table was counted for order {table.shape.order}, not {order}")
    return shorten(table.grams, len(table.channels) + 1, order)
