"""What intake remembers for a while: clicks of the last moments, used signatures, leases.

Rows lie in the ledger table and leave by TTL (`expires_at`, in seconds). TTL deletes late, so what
has passed is judged by its time, never by its absence.
"""

from touchline.intake.allowance import Lease, Leases
from touchline.intake.fraud import ECHO_MS
from touchline.kernel.clock import DAY_MS, SECOND_MS
from touchline.kernel.errors import ConditionFailed
from touchline.kernel.ids import ClickId, PartnerId, Realm
from touchline.ledger.fields import items, number, text
from touchline.ledger.keys import ALONE, echo_pk, leases_pk, signature_pk
from touchline.platform.dynamo import (
    AnyOf,
    AtMost,
    Equals,
    Item,
    Key,
    Missing,
    Table,
    Value,
)

SIGNATURE = "signature"
ECHO = "echo"
LEASES = "leases"


class IntakeStore:
    """Fulfils `Seen`, `Echoes` and `AllowanceStore`. Every method may raise StoreUnavailable."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def was_used(self, realm: Realm, partner: PartnerId, signature: str) -> bool:
        """Whether the signature was used before."""
        return self._table.get(Key(signature_pk(realm, partner), signature)) is not None

    def remember_use(
        self, realm: Realm, partner: PartnerId, signature: str, good_until: int, *, by: str
    ) -> bool:
        """Remember a signature until a day after it stops holding by itself; False when another
        than `by` used it before."""
        row: dict[str, Value] = {
            "pk": signature_pk(realm, partner),
            "sk": signature,
            "kind": SIGNATURE,
            "by": by,
            "expires_at": (good_until + DAY_MS) // SECOND_MS,
        }
        try:
            self._table.put(row, condition=Missing("pk"))
        except ConditionFailed as failed:
            return text(failed.existing or {}, "by") == by
        return True

    def first_click(self, realm: Realm, made_of: str, click: ClickId, now: int) -> ClickId:
        """The click with this fingerprint within the echo time: `click` itself when it is new."""
        key = Key(echo_pk(realm, made_of), ALONE)
        until = now + ECHO_MS
        row: dict[str, Value] = {
            "pk": key.pk,
            "sk": key.sk,
            "kind": ECHO,
            "click_id": click,
            "until": until,
            "expires_at": until // SECOND_MS + 60,
        }
        try:
            self._table.put(row, condition=AnyOf(Missing("pk"), AtMost("until", now)))
        except ConditionFailed as failed:
            found = failed.existing or self._table.get(key) or row
            return ClickId(text(found, "click_id"))
        return click

    def leases(self, realm: Realm, partner: PartnerId) -> Leases:
        """The leases of a partner, or none."""
        return _leases_of(self._table.get(Key(leases_pk(realm, partner), ALONE)))

    def replace_leases(self, realm: Realm, partner: PartnerId, new: Leases) -> None:
        """Write `new` over the version before it. Raises ConditionFailed when that is gone."""
        key = Key(leases_pk(realm, partner), ALONE)
        last = max((lease.until_at for lease in new.held), default=0)
        item: dict[str, Value] = {
            "pk": key.pk,
            "sk": key.sk,
            "kind": LEASES,
            "version": new.version,
            "held": [
                {"holder": it.holder, "size": it.size, "from": it.from_at, "until": it.until_at}
                for it in new.held
            ],
            "expires_at": last // SECOND_MS + 86_400,
        }
        before = Missing("pk") if new.version == 1 else Equals("version", new.version - 1)
        self._table.put(item, condition=before)


def _leases_of(item: Item | None) -> Leases:
    if item is None:
        return Leases()
    return Leases(tuple(_lease_of(row) for row in items(item, "held")), number(item, "version"))


def _lease_of(row: Item) -> Lease:
    return Lease(
        text(row, "holder"), number(row, "size"), number(row, "from"), number(row, "until")
    )
