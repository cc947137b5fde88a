"""Quarantined requests, over a table."""

from collections.abc import Iterator
from dataclasses import replace

from touchline.kernel.clock import day_of, next_day
from touchline.kernel.errors import ConditionFailed, Conflict
from touchline.kernel.ids import Realm, Receipt, born_at
from touchline.ledger import keys, rows
from touchline.ledger.model import Quarantined
from touchline.ledger.touch_store import put_if_missing
from touchline.platform.dynamo import AllOf, Equals, Key, Table


class QuarantineStore:
    """What could not be judged. Every method may raise `StoreUnavailable`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def quarantine(self, quarantined: Quarantined) -> None:
        """Keep a request that could not be judged; writing it twice makes one."""
        put_if_missing(self._table, rows.quarantine_item(quarantined))

    def quarantined(self, realm: Realm, day: str) -> Iterator[Quarantined]:
        """What was quarantined on a UTC day, in order of receipt."""
        for item in self._table.query_all(keys.quarantine_pk(realm, day)):
            yield rows.quarantined_of(item)

    def find_quarantined(self, realm: Realm, receipt: Receipt) -> Quarantined | None:
        """A quarantined request by its receipt, which tells about when it was made."""
        try:
            made_on = day_of(born_at(receipt))
        except (ValueError, OverflowError):
            return None
        for day in (made_on, next_day(made_on), next_day(made_on, -1)):
            item = self._table.get(
                Key(keys.quarantine_pk(realm, day), keys.quarantine_sk(receipt)), consistent=True
            )
            if item:
                return rows.quarantined_of(item)
        return None

    def close_quarantined(
        self, quarantined: Quarantined, state: str, replayed_as: Receipt | None = None
    ) -> Quarantined:
        """Mark it `replayed` or `dismissed`; only an open one, so a replay happens once.

        Raises Conflict `not_open`.
        """
        closed = replace(
            quarantined, state=state, replayed_as=replayed_as, version=quarantined.version + 1
        )
        still_open = AllOf(Equals("state", "open"), Equals("version", quarantined.version))
        try:
            self._table.put(rows.quarantine_item(closed), condition=still_open)
        except ConditionFailed as failed:
            raise Conflict("not_open", "it was replayed or dismissed already") from failed
        return closed
