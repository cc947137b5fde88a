"""A join step: the journeys without a conversion of one bucket of the people, window by window.

Persons are put together by links from what the scan steps kept. A bucket holds the persons whose
smallest digest falls in it, so buckets are about as large as each other, each is joined alone, and
their counts add up to the same whatever their number.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol

from touchline.attribution.engine.arrays import Array, Ints, np
from touchline.attribution.engine.grams import run_starts
from touchline.attribution.engine.paths import Batch, Journeys, stream_of, symbol_type
from touchline.attribution.engine.tables import CountTable, Shape
from touchline.attribution.engine.tally import count
from touchline.attribution.night.extracts import PEOPLE, TOUCHES, Kind, Pages, unpacked
from touchline.attribution.night.fits import Fitting, shape_of
from touchline.attribution.night.progress import Job, Progress
from touchline.attribution.night.windows import Window
from touchline.kernel.clock import SECOND_MS
from touchline.ledger.measures import Traffic

TOUCHES_AT_ONCE = 4_000_000
"""Touches of one bucket, on average: about 100 bytes each at the peak (measured)."""
LINKS_AT_ONCE = 20_000_000
"""Links that every join step holds, whatever its bucket: about 60 bytes each at the peak."""


def buckets_for(touches: int) -> int:
    """How many join steps share the people."""
    return max(1, -(-touches // TOUCHES_AT_ONCE))


class Kept(Protocol):
    """Where extracts are read, and what is joined of them is kept."""

    def bodies(self, job: Job, pages: Pages, part: str) -> Iterator[bytes]:
        """One part of the extracts of a run, of the pages that its checkpoints count."""
        ...

    def keep_joined(self, job: Job, day: str, bucket: int, body: bytes) -> None:
        """Keep what a bucket of the people did in the window of a day; nothing when it was too
        much for a fit."""
        ...


def join_bucket(
    job: Job,
    bucket: "Bucket",
    pages: Pages,
    windows: Mapping[str, Window],
    fitting: Fitting,
    kept: Kept,
) -> Progress:
    """Join one bucket of the people and count its journeys for every day to be fitted."""
    rules, shape = fitting.book.rules, shape_of(fitting.models)
    gap_ms = rules.session_gap_seconds * SECOND_MS
    bodies = partial(kept.bodies, job, pages)
    joined = persons(bodies(PEOPLE), bodies(TOUCHES), bucket)
    for day, window in windows.items():
        traffic = joined.traffic(Window(day, day).span, gap_ms)
        try:
            lost = joined.did_not_convert(window.span, shape, drop_direct=rules.drop_direct)
            body = Joined(lost, traffic).to_bytes()
        except ValueError:  # more channels than grams of this order can name
            body = b""
        kept.keep_joined(job, day, bucket.number, body)
    return Progress(done=True)


class Bucket(NamedTuple):
    """One of so many parts of the people."""

    number: int
    of: int


@dataclass(frozen=True, slots=True)
class Persons:
    """The touches of a bucket's persons, ordered by person, time, channel."""

    kinds: tuple[Kind, ...]
    person: Ints
    at: Ints
    kind: Ints
    converted: Ints
    converted_at: Ints

    def did_not_convert(
        self, span: tuple[int, int], shape: Shape, *, drop_direct: bool = True
    ) -> CountTable:
        """Journeys of persons with touches and no conversion in `[first, end)`, counted.

        A journey ends with its last touch: what lies further back than its window from there, and
        direct visits beside other touches, are left out as they are for conversions. Raises
        ValueError for more channels than the shape's order allows.
        """
        inside = (self.converted_at >= span[0]) & (self.converted_at < span[1])
        chosen = _within(self.at, span) & ~np.isin(self.person, self.converted[inside])
        person, at, kind = self.person[chosen], self.at[chosen], self.kind[chosen]
        windows = np.array([one.window_ms for one in self.kinds], np.int64)
        direct = np.array([one.direct for one in self.kinds], np.bool_)
        starts = run_starts(person)
        lengths = np.diff(np.append(starts, person.size))
        kept = np.repeat(at[starts + lengths - 1], lengths) - at <= windows[kind]
        if drop_direct and person.size:
            led = kept & ~direct[kind]
            kept &= led | np.repeat(~np.logical_or.reduceat(led, starts), lengths)
        channels = tuple(sorted({one.channel for one in self.kinds}))
        places = {name: place for place, name in enumerate(channels, start=1)}
        symbol = np.array([places[one.channel] for one in self.kinds], np.int64)
        symbols = symbol[kind[kept]].astype(symbol_type(len(channels)))
        counts = np.add.reduceat(kept.astype(np.int64), starts) if person.size else lengths
        ended = Journeys(stream_of(symbols, counts))
        nobody = Journeys(np.zeros(1, symbols.dtype))
        return count(Batch(channels, nobody, ended), shape)

    def traffic(self, span: tuple[int, int], gap_ms: int) -> Traffic:
        """Persons with a touch in `[first, end)`, and the sessions that began in it.

        A session begins with a touch that no other of the same person precedes by less than the
        gap; what came up to a gap before `first` is looked at for that.
        """
        chosen = _within(self.at, (span[0] - gap_ms, span[1]))
        person, at = self.person[chosen], self.at[chosen]
        began = np.ones(person.size, np.bool_)
        began[1:] = (np.diff(person) != 0) | (np.diff(at) >= gap_ms)
        today = at >= span[0]
        people = np.unique(person[today]).size
        return Traffic(int(people), int((began & today).sum()))


def _within(at: Ints, span: tuple[int, int]) -> Array:
    inside: Array = (at >= span[0]) & (at < span[1])
    return inside


def persons(people: Iterable[bytes], touches: Iterable[bytes], bucket: Bucket) -> Persons:
    """Put the persons of a bucket together from the parts of extracts, in whatever order."""
    links, converted, converted_at = _people_in(people)
    joined = Roots(links)
    converts = joined.of(converted)
    roots, times, numbers, kinds = _touches_in(touches, joined, bucket)
    order = sorted(range(len(kinds)), key=kinds.__getitem__)
    place = np.empty(len(kinds), np.int64)
    place[order] = np.arange(len(kinds))
    numbers = place[numbers]
    known, person = np.unique(roots, return_inverse=True)
    found = np.isin(converts, known)
    sorting = np.lexsort((numbers, times, person))
    return Persons(
        tuple(kinds[index] for index in order),
        person[sorting],
        times[sorting],
        numbers[sorting],
        np.searchsorted(known, converts[found]),
        converted_at[found],
    )


class Roots:
    """Which persons linked identities are: each is named by its smallest digest."""

    def __init__(self, links: Array) -> None:
        self._known, ends = np.unique(links, return_inverse=True)
        one, other = ends.reshape(-1, 2).T
        root = np.arange(self._known.size)
        while (root[one] != root[other]).any():
            low = np.minimum(root[one], root[other])
            np.minimum.at(root, root[one], low)
            np.minimum.at(root, root[other], low)
            while (root[root] != root).any():
                root = root[root]
        self._roots = self._known[root]

    def of(self, digests: Array) -> Array:
        """The person of each identity: its own digest when nothing is linked to it."""
        if not self._known.size:
            return digests
        places = np.searchsorted(self._known, digests)
        places[places == self._known.size] = 0
        return np.where(self._known[places] == digests, self._roots[places], digests)


def _people_in(bodies: Iterable[bytes]) -> tuple[Array, Array, Ints]:
    parts = [unpacked(body)[0] for body in bodies]

    def column(name: str, kind: type) -> Array:
        return np.concatenate([np.zeros(0, kind), *(np.array(one[name], kind) for one in parts)])

    return column("links", np.uint64), column("converted", np.uint64), column("converted_at", int)


def _touches_in(
    bodies: Iterable[bytes], joined: Roots, bucket: Bucket
) -> tuple[Array, Ints, Ints, list[Kind]]:
    numbers: dict[Kind, int] = {}

    def parts() -> Iterator[tuple[Array, Ints, Ints]]:
        yield np.zeros(0, np.uint64), np.zeros(0, np.int64), np.zeros(0, np.int32)
        for body in bodies:
            columns, kinds = unpacked(body)
            number = np.array([numbers.setdefault(one, len(numbers)) for one in kinds], np.int32)
            roots = joined.of(np.array(columns["known"], np.uint64))[np.array(columns["owners"])]
            mine = _in_bucket(roots, bucket)
            kind = number[np.array(columns["kind"])]
            yield roots[mine], np.array(columns["times"], np.int64)[mine], kind[mine]

    roots, times, kind = (np.concatenate(column) for column in zip(*parts(), strict=True))
    return roots, times, kind, list(numbers)


def _in_bucket(roots: Array, bucket: Bucket) -> Array:
    mine: Array = roots % np.uint64(bucket.of) == bucket.number
    return mine


@dataclass(frozen=True, slots=True)
class Joined:
    """What one bucket, or all of them, did in the window of a day and on that day."""

    lost: CountTable
    traffic: Traffic

    def to_bytes(self) -> bytes:
        """The same bytes for the same counts."""
        head = json.dumps(list(self.traffic)).encode()
        return zlib.compress(len(head).to_bytes(4) + head + self.lost.to_bytes())

    @staticmethod
    def from_bytes(body: bytes) -> "Joined":
        """Read what `to_bytes` wrote."""
        raw = zlib.decompress(body)
        start = 4 + int.from_bytes(raw[:4])
        return Joined(CountTable.from_bytes(raw[start:]), Traffic(*json.loads(raw[4:start])))

    def __add__(self, other: "Joined") -> "Joined":
        mine, theirs = self.traffic, other.traffic
        traffic = Traffic(mine.people + theirs.people, mine.sessions + theirs.sessions)
        return Joined(self.lost + other.lost, traffic)
