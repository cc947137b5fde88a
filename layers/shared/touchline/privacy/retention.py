"""How long raw requests are kept: the bytes of conversions, of their repeats, and of quarantine.

What was made of a request stays (money, times, origin); the request itself, with whatever personal
values it held, goes when the account's `raw_retention_seconds` are over. Days are worked off in
order and each once, so that a day costs one read of it, whenever the sweeper comes by.
"""

from collections.abc import Callable, Iterable

from touchline.kernel.clock import Clock, next_day
from touchline.kernel.errors import ConditionFailed
from touchline.kernel.ids import AccountId, Realm, realm_of
from touchline.kernel.values import dataclass
from touchline.ledger import keys
from touchline.ledger.fields import text
from touchline.platform.dynamo import Equals, Item, Key, Remove, Table
from touchline.platform.dynamo.indexes import BY_BATCH
from touchline.registry.retention import first_day_kept

RETENTION = "retention"
MOST_DAYS = 3
"""Days worked off for one realm in one sweep."""


@dataclass(frozen=True, slots=True)
class Retained:
    """What one sweep did."""

    days: int = 0
    emptied: int = 0  # conversions and repeats without their request now
    deleted: int = 0  # quarantined requests


class Retention:
    """Empties rows whose time is over. Every method may raise `StoreUnavailable`."""

    def __init__(
        self,
        ledger: Table,
        retentions: Callable[[], Iterable[tuple[AccountId, int]]],
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._retentions = retentions
        self._clock = clock

    def sweep(self) -> Retained:
        """Work off the next days of every realm."""
        total = Retained()
        for account, kept_seconds in self._retentions():
            last = next_day(first_day_kept(kept_seconds, self._clock()), -1)
            for realm in (realm_of(account), realm_of(account, test=True)):
                done = self._catch_up(realm, last)
                total = Retained(
                    total.days + done.days,
                    total.emptied + done.emptied,
                    total.deleted + done.deleted,
                )
        return total

    def _catch_up(self, realm: Realm, last: str) -> Retained:
        """The days up to `last`, all of whose rows are over; at most MOST_DAYS of them."""
        key = keys.retention_key(realm)
        known = self._ledger.get(key)
        day = next_day(text(known, "day")) if known else last
        days = emptied = deleted = 0
        while day <= last and days < MOST_DAYS:
            emptied += sum(self._empty(item) for item in self._requests(realm, day))
            deleted += self._delete_quarantined(realm, day)
            self._ledger.put({**key._asdict(), "kind": RETENTION, "day": day})
            day, days = next_day(day), days + 1
        return Retained(days, emptied, deleted)

    def _requests(self, realm: Realm, day: str) -> Iterable[Item]:
        for shard in range(keys.SHARDS):
            batch = keys.changes_batch(realm, day, shard)
            yield from self._ledger.query_all(batch, index=BY_BATCH.name)

    def _empty(self, item: Item) -> bool:
        """Take the request out of a row that is as it was read; a changed one has a later day."""
        if "envelope" not in item:
            return False
        key = Key(text(item, "pk"), text(item, "sk"))
        unchanged = Equals("batch", text(item, "batch"))
        try:
            self._ledger.update(key, [Remove("envelope")], condition=unchanged)
        except ConditionFailed:
            return False
        return True

    def _delete_quarantined(self, realm: Realm, day: str) -> int:
        pk = keys.quarantine_pk(realm, day)
        found = [Key(pk, text(item, "sk")) for item in self._ledger.query_all(pk)]
        self._ledger.batch_write(deletes=found)
        return len(found)
