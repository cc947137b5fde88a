"""The counts of the referral format: exact, however often and by how many at once they are asked.

A mark per conversion says that it was counted and as which; mark and count change in one
transaction, so that no conversion counts twice and no two have one number.
"""

from dataclasses import dataclass

from touchline.delivery import keys
from touchline.kernel.errors import ConditionFailed, StoreUnavailable
from touchline.ledger.fields import flag, number
from touchline.ledger.model import Conversion, Status
from touchline.platform.dynamo import Condition, Equals, Item, Key, Missing, Table, TransactPut

TRIES = 10


@dataclass(frozen=True, slots=True)
class Count:
    """The successful conversions of a referrer, and whether this one completes the goal."""

    converts: int
    goal_complete: bool


class ReferralCounts:
    """Counts conversions of referrers in campaigns."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def count(self, conversion: Conversion, referrer: str, goal: int | None) -> Count:
        """The count after this conversion; the same conversion again gives the same.

        Only approved conversions count; one that is rejected later is taken off again. Raises
        StoreUnavailable when too many others count for the same referrer at once.
        """
        campaign = conversion.campaign or ""
        total = keys.referrer_key(conversion.realm, campaign, referrer)
        mark = keys.counted_key(conversion.realm, campaign, conversion.key)
        for _ in range(TRIES):
            try:
                return self._try(conversion, total, mark, goal)
            except ConditionFailed:
                continue
        raise StoreUnavailable("a referrer's count is changed by too many at once")

    def _try(self, conversion: Conversion, total: Key, mark: Key, goal: int | None) -> Count:
        marked = self._table.get(mark) or {}
        counted = flag(marked, "counted")
        if conversion.status is Status.APPROVED and not conversion.excluded:
            if counted:
                return Count(number(marked, "number"), flag(marked, "goal"))
            return self._add(total, mark, marked, goal)
        if counted and conversion.status is Status.REJECTED:
            return self._take_off(total, mark, marked)
        return Count(number(self._table.get(total) or {}, "converts"), goal_complete=False)

    def _add(self, total: Key, mark: Key, marked: Item, goal: int | None) -> Count:
        known = self._table.get(total) or {}
        converts = number(known, "converts") + 1
        completes = goal is not None and converts >= goal and not flag(known, "goal_reached")
        self._table.transact(
            [
                _put(mark, marked, {"counted": True, "number": converts, "goal": completes}),
                _put(
                    total,
                    known,
                    {
                        "converts": converts,
                        "goal_reached": completes or flag(known, "goal_reached"),
                    },
                ),
            ]
        )
        return Count(converts, completes)

    def _take_off(self, total: Key, mark: Key, marked: Item) -> Count:
        known = self._table.get(total) or {}
        converts = max(0, number(known, "converts") - 1)
        self._table.transact(
            [
                _put(mark, marked, {"counted": False}),
                _put(
                    total,
                    known,
                    {"converts": converts, "goal_reached": flag(known, "goal_reached")},
                ),
            ]
        )
        return Count(converts, goal_complete=False)


def _put(key: Key, read: Item, said: Item) -> TransactPut:
    """Replace a row that is as it was read."""
    version = number(read, "version")
    condition: Condition = Equals("version", version) if version else Missing("pk")
    return TransactPut(
        {**key._asdict(), "kind": "referral", **said, "version": version + 1}, condition
    )
