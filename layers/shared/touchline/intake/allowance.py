"""How much a partner may send: at most `count` things in any `per_seconds`, over all processes.

A request is as many things as it has items: a batch of a hundred counts a hundred times.

A process leases a block of admissions in one conditional write and spends it without writing.
A lease may be spent from `from_at` until `until_at` and counts, whole, against every window of
`per_seconds` that it touches. At each grant everything that may still fall into the window is
summed, so the sum of leases over any window, and so of admissions, never exceeds `count`:
whatever window one looks at, the last lease in it was granted when all the others were counted.
"""

from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Protocol

from touchline.kernel.clock import SECOND_MS, Clock
from touchline.kernel.errors import ConditionFailed, StoreUnavailable, TooMany
from touchline.kernel.ids import PartnerId, Realm
from touchline.registry.model import RateLimit

_ATTEMPTS = 6
"""Races lost in a row before the request is told to come back; each loss means another won."""
_SHARE = 4
"""A block is a quarter of what is left: few writes alone, and something left for the next."""
_BLOCKS = 50
"""No block is under a fiftieth of the limit (unless less is left), so that the row stays small."""


@dataclass(frozen=True, slots=True)
class Lease:
    """`size` admissions that may be spent in `[from_at, until_at]` (ms) by process `holder`."""

    holder: str
    size: int
    from_at: int
    until_at: int


@dataclass(frozen=True, slots=True)
class Leases:
    """The leases of one partner as stored. `version` 0 means that there is no row yet."""

    held: tuple[Lease, ...] = ()
    version: int = 0


class AllowanceStore(Protocol):
    """Keeps one row of leases per partner."""

    def leases(self, realm: Realm, partner: PartnerId) -> Leases:
        """The row, or an empty one. Raises StoreUnavailable."""

    def replace_leases(self, realm: Realm, partner: PartnerId, new: Leases) -> None:
        """Write `new` over version `new.version - 1`.

        Raises ConditionFailed when another was quicker, StoreUnavailable.
        """


@dataclass(slots=True)
class _Purse:
    """What this process may still spend without asking."""

    lease: Lease | None = None
    left: int = 0
    last_at: int = 0  # when it was spent from last
    lock: Lock = field(default_factory=Lock)

    def covers(self, things: int, now: int) -> bool:
        """Whether the lease still holds so much."""
        return self.lease is not None and self.left >= things and now <= self.lease.until_at

    def spent(self) -> Lease | None:
        """The lease as it was used: nothing more of it is spent once there is another."""
        if self.lease is None:
            return None
        used, ended = self.lease.size - self.left, min(self.last_at, self.lease.until_at)
        return replace(self.lease, size=used, until_at=ended)


class Allowances:
    """Admits requests of partners, each within its limit."""

    def __init__(self, store: AllowanceStore, clock: Clock, holder: str) -> None:
        self._store = store
        self._clock = clock
        self._holder = holder
        self._purses: dict[tuple[Realm, PartnerId], _Purse] = {}
        self._lock = Lock()

    def admit(
        self, realm: Realm, partner: PartnerId, limit: RateLimit | None, things: int = 1
    ) -> None:
        """Admit a request of so many things, whole, or raise TooMany `rate_limited` with the
        seconds to wait.

        While the store is down everything is admitted: what guards the store is of no use then,
        and the spill queue takes what comes.
        """
        if limit is None:
            return
        with self._lock:
            purse = self._purses.setdefault((realm, partner), _Purse())
        with purse.lock:
            now = self._clock()
            if not purse.covers(things, now):
                try:
                    self._lease(purse, realm, partner, limit, things)
                except StoreUnavailable:
                    return
            purse.left -= things
            purse.last_at = self._clock()

    def _lease(
        self, purse: _Purse, realm: Realm, partner: PartnerId, limit: RateLimit, things: int
    ) -> None:
        for _ in range(_ATTEMPTS):
            found = self._store.leases(realm, partner)
            now = self._clock()
            new = grant(found, limit, self._holder, now, things, purse.spent())
            if new is None:
                raise _too_many(found, limit, now, things)
            try:
                self._store.replace_leases(realm, partner, new)
            except ConditionFailed:
                continue
            purse.lease = new.held[-1]
            purse.left, purse.last_at = purse.lease.size, now
            return
        raise TooMany("rate_limited", "many at once", retry_after_seconds=1)


def grant(
    found: Leases,
    limit: RateLimit,
    holder: str,
    now: int,
    things: int = 1,
    spent: Lease | None = None,
) -> Leases | None:
    """The row with one more lease (its last) of at least so many things, or None when the window
    has no room for them.

    `spent` is the holder's last lease as it was used: how much of it, and until when.
    """
    window = limit.per_seconds * SECOND_MS
    held = _ended(found.held, spent) if spent else found.held
    counted = tuple(lease for lease in held if lease.until_at > now - window)
    left = limit.count - sum(lease.size for lease in counted)
    if left < things:
        return None
    size = min(left, max(left // _SHARE, limit.count // _BLOCKS, things))
    return Leases((*counted, Lease(holder, size, now, now + window)), found.version + 1)


def _ended(held: tuple[Lease, ...], spent: Lease) -> tuple[Lease, ...]:
    """The leases with the holder's last one as it was used; its earlier ones ended before."""
    own = [
        n for n, it in enumerate(held) if (it.holder, it.from_at) == (spent.holder, spent.from_at)
    ]
    return (*held[: own[-1]], spent, *held[own[-1] + 1 :]) if own else held


def _too_many(found: Leases, limit: RateLimit, now: int, things: int) -> TooMany:
    window = limit.per_seconds * SECOND_MS
    wait = min((lease.until_at + window - now for lease in found.held), default=SECOND_MS)
    return TooMany(
        "rate_limited",
        f"at most {limit.count} in {limit.per_seconds} s, and this call has {things}",
        retry_after_seconds=max(1, -(-wait // SECOND_MS)),
    )
