"""Journeys that did not convert, as one pass over the ledger saw them.

Data-driven models need them: a channel that appears in many journeys without a conversion earns
less. Rows come in any order; persons are put together by the links seen on the way. What is kept
is a few numbers per touch, and no more touches than `limit`.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator

from touchline.kernel.clock import SECOND_MS
from touchline.ledger.identity import Identity
from touchline.ledger.measures import Traffic

_Step = tuple[int, str, bool, int]
"""When, which channel, whether it is direct, its window in milliseconds."""


class TooLarge(Exception):
    """The window holds more than one fit may keep in memory."""


class Snapshot:
    """Touches, links and conversions of one realm since an instant."""

    def __init__(self, since: int, limit: int) -> None:
        self.since = since
        self._limit = limit
        self._people: dict[Identity, int] = {}
        self._parents = array("l")
        self._channels: dict[str, int] = {}
        self._times = array("q")
        self._owners = array("l")
        self._kinds = array("l")  # channel, and whether it is direct
        self._windows = array("q")
        self._converted: list[tuple[int, int]] = []

    def add_touch(
        self, known: Identity, at: int, channel: str, *, direct: bool, window_seconds: int
    ) -> None:
        """One touch that may be a candidate. Raises TooLarge."""
        if at < self.since:
            return
        if len(self._times) >= self._limit:
            raise TooLarge
        number = self._channels.setdefault(channel, len(self._channels))
        self._times.append(at)
        self._owners.append(self._person(known))
        self._kinds.append(number * 2 + direct)
        self._windows.append(window_seconds * SECOND_MS)

    def add_link(self, one: Identity, other: Identity) -> None:
        """Two identities are one person."""
        a, b = self._root(self._person(one)), self._root(self._person(other))
        if a != b:
            self._parents[max(a, b)] = min(a, b)

    def add_conversion(self, known: Identity, at: int) -> None:
        """The person of this identity converted."""
        if at >= self.since:
            self._converted.append((self._person(known), at))

    def did_not_convert(
        self, first: int, end: int, *, drop_direct: bool = True
    ) -> Counter[tuple[str, ...]]:
        """Paths of people with touches and no conversion in `[first, end)`, counted.

        A journey ends with its last touch: what lies further back than its window from there, and
        direct visits beside other touches, are left out as they are for conversions.
        """
        converts = {self._root(person) for person, at in self._converted if first <= at < end}
        counted: Counter[tuple[str, ...]] = Counter()
        for person, steps in self._journeys(first, end):
            if person not in converts:
                counted[_path(steps, drop_direct)] += 1
        return counted

    def traffic(self, first: int, end: int, gap_ms: int) -> Traffic:
        """People with a touch in `[first, end)`, and the sessions that began in it.

        A session begins with a touch that no other of the same person precedes by less than the
        gap; what came up to a gap before `first` is looked at for that.
        """
        people = sessions = 0
        for _, steps in self._journeys(first - gap_ms, end):
            times = [at for at, *_ in steps]
            began = [
                at
                for before, at in zip([None, *times], times, strict=False)
                if at >= first and (before is None or at - before >= gap_ms)
            ]
            people += times[-1] >= first
            sessions += len(began)
        return Traffic(people, sessions)

    def _journeys(self, first: int, end: int) -> Iterator[tuple[int, list[_Step]]]:
        names = {number: channel for channel, number in self._channels.items()}
        grouped: defaultdict[int, list[_Step]] = defaultdict(list)
        for at, owner, kind, window in zip(
            self._times, self._owners, self._kinds, self._windows, strict=True
        ):
            if first <= at < end:
                step = (at, names[kind // 2], bool(kind % 2), window)
                grouped[self._root(owner)].append(step)
        for person, steps in grouped.items():
            yield person, sorted(steps)

    def _person(self, known: Identity) -> int:
        number = self._people.get(known)
        if number is None:
            if len(self._parents) >= self._limit:
                raise TooLarge
            number = self._people[known] = len(self._parents)
            self._parents.append(number)
        return number

    def _root(self, person: int) -> int:
        parents = self._parents
        while parents[person] != person:
            parents[person] = parents[parents[person]]
            person = parents[person]
        return person


def _path(steps: list[_Step], drop_direct: bool) -> tuple[str, ...]:
    """The channels within their windows of the last touch, without direct beside others."""
    last = steps[-1][0]
    kept = [(channel, direct) for at, channel, direct, window in steps if last - at <= window]
    led = [channel for channel, direct in kept if not direct]
    return tuple(led if led and drop_direct else [channel for channel, _ in kept])
