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
from touchline.ledger.keys import part
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


def signature_key(realm: Realm, partner: PartnerId, signature: str) -> Key:
    """`shop#S#acme` / `<64 hex digits>`: a signature that was used."""
    return Key(f"{part(realm)}#S#{part(partner)}", signature)


def echo_key(realm: Realm, made_of: str) -> Key:
    """`shop#E#<fingerprint>` / `E`: the last click that was made of this."""
    return Key(f"{part(realm)}#E#{part(made_of)}", "E")


def leases_key(realm: Realm, partner: PartnerId) -> Key:
    """`shop#A#acme` / `A`: the allowances leased of a partner's rate limit."""
    return Key(f"{part(realm)}#A#{part(partner)}", "A")


class IntakeStore:
    """Fulfils `Seen`, `Echoes` and `AllowanceStore`. Every method may raise StoreUnavailable."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def was_used(self, realm: Realm, partner: PartnerId, signature: str) -> bool:
        """Whether the signature was used before."""
        return self._table.get(signature_key(realm, partner, signature)) is not None

    def remember_use(
        self, realm: Realm, partner: PartnerId, signature: str, good_until: int
    ) -> None:
        """Remember a signature until a day after it stops holding by itself."""
        key = signature_key(realm, partner, signature)
        expires_at = (good_until + DAY_MS) // SECOND_MS
        self._table.put({"pk": key.pk, "sk": key.sk, "kind": SIGNATURE, "expires_at": expires_at})

    def first_click(self, realm: Realm, made_of: str, click: ClickId, now: int) -> ClickId:
        """The click with this fingerprint within the echo time: `click` itself when it is new."""
        key = echo_key(realm, made_of)
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
        return _leases_of(self._table.get(leases_key(realm, partner)))

    def replace_leases(self, realm: Realm, partner: PartnerId, new: Leases) -> None:
        """Write `new` over the version before it. Raises ConditionFailed when that is gone."""
        key = leases_key(realm, partner)
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
