"""How many requests a partner may send: at most `count` in any `per_seconds`, over all processes.

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
    spent: Lease | None = None  # the lease that was used up, ending when it was
    lock: Lock = field(default_factory=Lock)


class Allowances:
    """Admits requests of partners, each within its limit."""

    def __init__(self, store: AllowanceStore, clock: Clock, holder: str) -> None:
        self._store = store
        self._clock = clock
        self._holder = holder
        self._purses: dict[tuple[Realm, PartnerId], _Purse] = {}
        self._lock = Lock()

    def admit(self, realm: Realm, partner: PartnerId, limit: RateLimit | None) -> None:
        """Admit one request, or raise TooMany `rate_limited` with the seconds to wait.

        While the store is down everything is admitted: what guards the store is of no use then,
        and the spill queue takes what comes.
        """
        if limit is None:
            return
        with self._lock:
            purse = self._purses.setdefault((realm, partner), _Purse())
        with purse.lock:
            now = self._clock()
            if purse.lease is None or purse.left == 0 or now > purse.lease.until_at:
                try:
                    self._lease(purse, realm, partner, limit)
                except StoreUnavailable:
                    return
            purse.left -= 1
            if purse.left == 0 and purse.lease:
                ended = min(self._clock(), purse.lease.until_at)
                purse.spent = replace(purse.lease, until_at=ended)

    def _lease(self, purse: _Purse, realm: Realm, partner: PartnerId, limit: RateLimit) -> None:
        for _ in range(_ATTEMPTS):
            found = self._store.leases(realm, partner)
            now = self._clock()
            new = grant(found, limit, self._holder, now, purse.spent)
            if new is None:
                raise _too_many(found, limit, now)
            try:
                self._store.replace_leases(realm, partner, new)
            except ConditionFailed:
                continue
            purse.lease = new.held[-1]
            purse.left = purse.lease.size
            return
        raise TooMany("rate_limited", "many at once", retry_after_seconds=1)


def grant(
    found: Leases, limit: RateLimit, holder: str, now: int, spent: Lease | None = None
) -> Leases | None:
    """The row with one more lease (its last), or None when nothing is left in the window.

    `spent` is the holder's lease that was used up, with the instant at which it was: nobody can
    spend it later.
    """
    window = limit.per_seconds * SECOND_MS
    held = tuple(spent if spent and _same(it, spent) else it for it in found.held)
    counted = tuple(lease for lease in held if lease.until_at > now - window)
    left = limit.count - sum(lease.size for lease in counted)
    if left <= 0:
        return None
    size = min(left, max(left // _SHARE, limit.count // _BLOCKS, 1))
    return Leases((*counted, Lease(holder, size, now, now + window)), found.version + 1)


def _same(held: Lease, spent: Lease) -> bool:
    """Whether `spent` is this lease, as it ended. A lease's end only ever comes nearer."""
    return replace(held, until_at=spent.until_at) == spent and spent.until_at <= held.until_at


def _too_many(found: Leases, limit: RateLimit, now: int) -> TooMany:
    window = limit.per_seconds * SECOND_MS
    wait = min((lease.until_at + window - now for lease in found.held), default=SECOND_MS)
    return TooMany(
        "rate_limited",
        f"at most {limit.count} requests in {limit.per_seconds} s",
        retry_after_seconds=max(1, -(-wait // SECOND_MS)),
    )
