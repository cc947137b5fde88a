"""Conservation: announced − (delivered + held + failed + cancelled + pending) = 0 (OB-02)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from touchline.delivery.model import State
from touchline.delivery.store import DeliveryStore
from touchline.kernel.clock import DAY_MS, day_of, start_of
from touchline.kernel.ids import Realm

PAGE = 100
_SHOWN_AS = {State.SENDING: State.PENDING}


@dataclass(frozen=True, slots=True)
class Balance:
    """Deliveries that were announced, and those found, by state (`sending` counts as pending)."""

    announced: int = 0
    found: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    @property
    def difference(self) -> int:
        """Announced less found: 0, or something was lost."""
        return self.announced - sum(self.found.values())

    def plus(self, other: "Balance") -> "Balance":
        """Both together."""
        states = self.found.keys() | other.found.keys()
        return Balance(
            self.announced + other.announced,
            {state: self.found.get(state, 0) + other.found.get(state, 0) for state in states},
            self.missing + other.missing,
        )


def balance_of(store: DeliveryStore, realm: Realm, since: int, until: int) -> Balance:
    """The balance of what was announced in `[since, until)`."""
    total = Balance()
    planned: list[str] = []
    for day_at in _days(since, until):
        for announcement in store.announced_on(realm, day_at, since, until):
            planned += announcement.planned
            while len(planned) >= PAGE:
                total = total.plus(_counted(store, realm, planned[:PAGE]))
                planned = planned[PAGE:]
    return total.plus(_counted(store, realm, planned))


def _counted(store: DeliveryStore, realm: Realm, planned: list[str]) -> Balance:
    deliveries = store.deliveries(realm, planned)
    found: dict[str, int] = {}
    for delivery in deliveries:
        state = _SHOWN_AS.get(delivery.state, delivery.state).value
        found[state] = found.get(state, 0) + 1
    known = {delivery.id for delivery in deliveries}
    missing = tuple(name for name in planned if name not in known)
    return Balance(len(planned), found, missing)


def _days(since: int, until: int) -> Iterator[int]:
    return iter(range(start_of(day_of(since)), until, DAY_MS))
