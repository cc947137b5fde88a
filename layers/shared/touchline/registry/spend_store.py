"""Spend over the registry table. Saving a row again replaces it, so an import may be repeated."""

from collections.abc import Sequence
from typing import cast

from touchline.kernel.ids import Realm
from touchline.platform.dynamo import Item, Table
from touchline.registry import keys
from touchline.registry.spend import Spend


class SpendStore:
    """Every method may raise `StoreUnavailable`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save(self, realm: Realm, rows: Sequence[Spend]) -> None:
        """Put the rows in place of those of the same day, channel and campaign."""
        self._table.batch_write([_item(realm, row) for row in rows])

    def between(self, realm: Realm, first: str, last: str) -> list[Spend]:
        """Rows of the days from `first` to `last`, in order of day."""
        found = self._table.query_all(
            keys.spend_pk(realm), first=first, last=f"{last}~", consistent=False
        )
        return [_spend_of(item) for item in found]


def _item(realm: Realm, row: Spend) -> Item:
    return {
        **keys.spend_key(realm, row.day, row.channel, row.campaign)._asdict(),
        "kind": "spend",
        "day": row.day,
        "channel": row.channel,
        "campaign": row.campaign,
        "cost_micros": row.cost_micros,
        "currency": row.currency,
    }


def _spend_of(item: Item) -> Spend:
    said = cast("dict[str, str]", item)
    return Spend(
        said["day"],
        said["channel"],
        said["campaign"],
        cast("int", item["cost_micros"]),
        said["currency"],
    )
