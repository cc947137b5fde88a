"""What a scan step keeps of the ledger: touches, links and conversions of a realm, as columns.

An identity is a keyed digest of eight bytes, another one in each run: enough to put journeys
together, and worth nothing once the run is over. Extracts lie in the results table, one pair of
rows per page of the ledger, and are gone when the run ends.
"""

import json
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import NamedTuple

from touchline.attribution.night.progress import SCAN, Job, Progress, Step
from touchline.kernel.clock import SECOND_MS
from touchline.ledger.fields import text
from touchline.ledger.identity import Identity
from touchline.ledger.keys import SHARDS
from touchline.ledger.result_keys import extract_key, extract_pk, joined_key, joined_pk
from touchline.platform.dynamo import Item, Key, Table

PEOPLE = "people"
TOUCHES = "touches"
PARTS = (PEOPLE, TOUCHES)
"""Of each page, what tells who is one person, and what they did."""

SEGMENTS = SHARDS
"""Parts of the ledger that scan steps read side by side."""

PIECE_BYTES = 350_000
"""What one row holds of a longer text; an item has 400 KB at most."""

Pages = Mapping[int, int]
"""How many pages of each segment."""
Columns = Mapping[str, "array[int]"]


class Kind(NamedTuple):
    """What a journey needs to know of a touch, beside its time."""

    channel: str
    direct: bool
    window_ms: int


class Extract:
    """One page's columns. Touches name their identity by its place in `known`."""

    def __init__(self, job: Job) -> None:
        self._key = job.run.encode()
        self._places: dict[Identity, int] = {}
        self._kinds: dict[Kind, int] = {}
        self._known, self._links, self._converted = array("Q"), array("Q"), array("Q")
        self._converted_at, self._times = array("q"), array("q")
        self._owners, self._kind = array("I"), array("I")

    def add_touch(
        self, known: Identity, at: int, channel: str, *, direct: bool, window_seconds: int
    ) -> None:
        """One touch that may be a candidate."""
        place = self._places.setdefault(known, len(self._places))
        if place == len(self._known):
            self._known.append(self._digest(known))
        kind = Kind(channel, direct, window_seconds * SECOND_MS)
        self._times.append(at)
        self._owners.append(place)
        self._kind.append(self._kinds.setdefault(kind, len(self._kinds)))

    def add_link(self, one: Identity, other: Identity) -> None:
        """Two identities are one person."""
        self._links.extend((self._digest(one), self._digest(other)))

    def add_conversion(self, known: Identity, at: int) -> None:
        """The person of this identity converted."""
        self._converted.append(self._digest(known))
        self._converted_at.append(at)

    @property
    def touches(self) -> int:
        """How many touches it holds."""
        return len(self._times)

    @property
    def links(self) -> int:
        """How many links it holds."""
        return len(self._links) // 2

    def bodies(self) -> dict[str, bytes]:
        """Each part as bytes; a part that is empty is left out."""
        people = {
            "links": self._links,
            "converted": self._converted,
            "converted_at": self._converted_at,
        }
        touches = {
            "known": self._known,
            "owners": self._owners,
            "times": self._times,
            "kind": self._kind,
        }
        said = {}
        if self._links or self._converted:
            said[PEOPLE] = _packed(people, ())
        if self._times:
            said[TOUCHES] = _packed(touches, tuple(self._kinds))
        return said

    def _digest(self, known: Identity) -> int:
        return int.from_bytes(blake2b(known.encode(), digest_size=8, key=self._key).digest())


def _packed(columns: Columns, kinds: Iterable[Kind]) -> bytes:
    shape = {name: [column.typecode, len(column)] for name, column in columns.items()}
    head = json.dumps([shape, list(kinds)]).encode()
    content = b"".join(column.tobytes() for column in columns.values())
    return zlib.compress(len(head).to_bytes(4) + head + content)


def unpacked(body: bytes) -> tuple[Columns, list[Kind]]:
    """The columns of a part, and the kinds that its touches name by number."""
    raw = zlib.decompress(body)
    start = 4 + int.from_bytes(raw[:4])
    shape, kinds = json.loads(raw[4:start])
    columns = {}
    for name, (code, length) in shape.items():
        column = array(code)
        end = start + length * column.itemsize
        column.frombytes(raw[start:end])
        columns[name], start = column, end
    return columns, [Kind(*kind) for kind in kinds]


class ExtractStore:
    """Extracts, and what was joined from them, over the results table. Writes may be repeated."""

    def __init__(self, results: Table) -> None:
        self._results = results

    def keep(self, job: Job, step: Step, number: int, extract: Extract) -> None:
        """Keep a page's extract."""
        rows: list[Item] = []
        for part, body in extract.bodies().items():
            key = extract_key(job.realm, job.run, step.shard, part, number)
            rows.append({"pk": key.pk, "sk": key.sk, "kind": "extract", "body": body})
        if rows:
            self._results.batch_write(rows)

    def bodies(self, job: Job, pages: Pages, part: str) -> Iterator[bytes]:
        """One part of the extracts of a run, of the pages that its checkpoints count."""
        for segment, count in pages.items():
            first, last = (f"{part}#{number:06d}" for number in (0, max(0, count - 1)))
            partition = extract_pk(job.realm, job.run, segment)
            for row in self._results.query_all(partition, first=first, last=last):
                yield _bytes(row)

    def keep_joined(self, job: Job, day: str, bucket: int, body: bytes) -> None:
        """Keep what a bucket of the people did in the window of a day; nothing when it was too
        much for a fit."""
        rows: list[Item] = []
        for piece, start in enumerate(range(0, max(1, len(body)), PIECE_BYTES)):
            key = joined_key(job.realm, job.run, day, bucket, piece)
            content = body[start : start + PIECE_BYTES]
            rows.append({"pk": key.pk, "sk": key.sk, "kind": "joined", "body": content})
        self._results.batch_write(rows)

    def joined(self, job: Job, day: str) -> list[bytes]:
        """What was kept for a day, bucket by bucket; nothing when the day was not joined."""
        found: dict[str, bytes] = {}
        for row in self._results.query_all(joined_pk(job.realm, job.run), prefix=f"{day}#"):
            bucket = text(row, "sk").split("#")[1]
            found[bucket] = found.get(bucket, b"") + _bytes(row)
        return list(found.values())

    def forget(self, job: Job, pages: Pages) -> None:
        """Delete all of it, and pages that were kept without a checkpoint."""
        gone: list[Key] = []
        for segment in range(SEGMENTS):
            partition, count = extract_pk(job.realm, job.run, segment), pages.get(segment, 0)
            for part in PARTS:
                keys = (extract_key(job.realm, job.run, segment, part, n) for n in range(count))
                gone.extend(keys)
                first, last = f"{part}#{count:06d}", f"{part}#~"
                gone.extend(map(_key, self._results.query_all(partition, first=first, last=last)))
        gone.extend(map(_key, self._results.query_all(joined_pk(job.realm, job.run))))
        if gone:
            self._results.batch_write(deletes=gone)


def pages_of(parts: Mapping[Step, Progress]) -> Pages:
    """How many pages each scan step has kept, as its checkpoint counts."""
    return {step.shard: progress.pages for step, progress in parts.items() if step.kind == SCAN}


def _key(row: Item) -> Key:
    return Key(text(row, "pk"), text(row, "sk"))


def _bytes(row: Item) -> bytes:
    body = row["body"]
    if not isinstance(body, bytes):
        raise TypeError("an extract is bytes")
    return body
