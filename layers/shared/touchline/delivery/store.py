"""The deliveries table: every write states its condition, so that workers never undo each other."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from touchline.delivery import health_rows, keys, rows
from touchline.delivery.health import Health
from touchline.delivery.model import Announcement, Attempt, Delivery, Hold, Replay, State
from touchline.kernel.clock import MINUTE_MS
from touchline.kernel.errors import ConditionFailed, Conflict
from touchline.kernel.ids import EndpointId, Realm
from touchline.ledger.fields import number
from touchline.ledger.model import ConversionKey
from touchline.platform.dynamo import (
    AllOf,
    AnyOf,
    AtMost,
    Condition,
    Cursor,
    Equals,
    Item,
    Less,
    Missing,
    Set,
    Table,
    TransactPut,
)
from touchline.platform.dynamo.indexes import BY_DUE, BY_TIME

MOST_PER_TRANSACTION = 90
HOLD_STAYS_MS = 5 * MINUTE_MS


class DeliveryStore:
    """Deliveries, attempts, announcements and what is known of endpoints. Every method may raise
    `StoreUnavailable`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    # announcements

    def announce(self, announcement: Announcement, deliveries: Sequence[Delivery]) -> bool:
        """Store an announcement with its deliveries, all or nothing. False: it was announced."""
        puts = [
            TransactPut(rows.announcement_item(announcement), Missing("pk")),
            *(TransactPut(rows.delivery_item(one), Missing("pk")) for one in deliveries),
        ]
        try:
            self._table.transact(puts)
        except ConditionFailed:
            return False
        return True

    def announcements(self, realm: Realm, key: ConversionKey) -> list[Announcement]:
        """Everything announced about a conversion."""
        pk = keys.announcement_pk(realm, key)
        return [rows.announcement_of(item) for item in self._table.query_all(pk)]

    def announced_on(
        self, realm: Realm, day_at: int, since: int, until: int
    ) -> Iterator[Announcement]:
        """The announcements in `[since, until)` of the UTC day of an instant, in order."""
        for item in self._table.query_all(
            keys.announced_of(realm, day_at),
            index=BY_TIME.name,
            first=keys.at_sort(since, ""),
            last=keys.at_sort(until - 1, "~"),
        ):
            yield rows.announcement_of(item)

    def checked_until(self) -> int:
        """Up to when announcements were checked; 0 before the first check."""
        return number(self._table.get(keys.CHECKED) or {}, "until")

    def save_checked_until(self, until: int) -> None:
        """Remember it."""
        self._table.put({**keys.CHECKED._asdict(), "kind": "checked", "until": until})

    # deliveries

    def delivery(self, realm: Realm, name: str) -> Delivery | None:
        """A delivery."""
        item = self._table.get(keys.delivery_key(realm, name))
        return rows.delivery_of(item) if item else None

    def deliveries(self, realm: Realm, names: Sequence[str]) -> list[Delivery]:
        """Those of the deliveries that exist."""
        found = self._table.batch_get([keys.delivery_key(realm, name) for name in names])
        return [rows.delivery_of(item) for item in found]

    def attempts(self, realm: Realm, name: str) -> list[Attempt]:
        """The attempts of a delivery, in order."""
        items = self._table.query_all(keys.delivery_pk(realm, name), prefix="A#")
        return [rows.attempt_of(item) for item in items]

    def logged(
        self, realm: Realm, at: int, *, limit: int, start: Cursor | None = None
    ) -> tuple[list[Delivery], Cursor | None]:
        """One page of the deliveries announced on the UTC day of an instant, in order."""
        page = self._table.query(
            keys.log_of(realm, at), index=BY_TIME.name, limit=limit, start=start
        )
        return [rows.delivery_of(item) for item in page.items], page.next

    def lease(self, delivery: Delivery, token: str, until: int, now: int) -> Delivery | None:
        """Take the delivery's next attempt for one worker; None when another has it.

        It must be as it was read (version) and pending, or its last lease must have ended.
        """
        leased = rows.next_version(delivery, state=State.SENDING, lease=token, lease_until=until)
        free = AnyOf(
            Equals("state", State.PENDING.value),
            AllOf(Equals("state", State.SENDING.value), Less("lease_until", now)),
        )
        return self._replaced(delivery, leased, free)

    def settle(self, leased: Delivery, after: Delivery) -> bool:
        """Record what came of an attempt; False when the lease is not ours any more (fencing)."""
        still_ours = AllOf(Equals("state", State.SENDING.value), Equals("lease", leased.lease))
        return self._replaced(leased, after, still_ours) is not None

    def change(self, delivery: Delivery, **changes: object) -> Delivery | None:
        """Change a delivery that is as it was read; None when it changed meanwhile."""
        return self._replaced(delivery, rows.next_version(delivery, **changes), None)

    def log_attempt(self, delivery: Delivery, attempt: Attempt) -> None:
        """Keep one attempt."""
        self._table.put(rows.attempt_item(delivery, attempt))

    def _replaced(
        self, read: Delivery, new: Delivery, also: AnyOf | AllOf | None
    ) -> Delivery | None:
        unchanged = Equals("version", read.version)
        condition = unchanged if also is None else AllOf(unchanged, also)
        return new if self._put_if(rows.delivery_item(new), condition) else None

    # what waits

    def overdue(
        self, shard: str, now: int, limit: int, start: Cursor | None = None
    ) -> tuple[list[Delivery], Cursor | None]:
        """One page of a shard's deliveries that it is time to look at, oldest first."""
        page = self._table.query(
            shard, index=BY_DUE.name, last=keys.at_sort(now, "~"), limit=limit, start=start
        )
        return [rows.delivery_of(item) for item in page.items], page.next

    def look_again(self, delivery: Delivery, at: int) -> bool:
        """Put off the sweeper's next look; False when the delivery changed meanwhile."""
        try:
            self._table.update(
                keys.delivery_key(delivery.realm, delivery.id),
                [Set("due_at", keys.at_sort(at, delivery.id))],
                condition=Equals("version", delivery.version),
            )
        except ConditionFailed:
            return False
        return True

    def held(self, hold: Hold, limit: int) -> list[Delivery]:
        """Held deliveries of an endpoint, oldest first."""
        page = self._table.query(
            keys.held_shard(hold.realm, hold.endpoint), index=BY_DUE.name, limit=limit
        )
        return [rows.delivery_of(item) for item in page.items]

    def mark_hold(self, hold: Hold, now: int) -> None:
        """Remember that the endpoint has held deliveries; said before they become so."""
        key = keys.hold_key(hold.realm, hold.endpoint)
        self._table.put(
            {
                **key._asdict(),
                "kind": "hold",
                "realm": hold.realm,
                "endpoint": hold.endpoint,
                "marked_at": now,
            }
        )

    def unmark_hold(self, hold: Hold, now: int) -> None:
        """Forget it, unless it was said lately: that worker may not be done yet."""
        key = keys.hold_key(hold.realm, hold.endpoint)
        with suppress(ConditionFailed):
            self._table.delete(key, condition=Less("marked_at", now - HOLD_STAYS_MS))

    def holds(self) -> list[Hold]:
        """Every endpoint with held deliveries."""
        return [
            Hold(Realm(str(item["realm"])), EndpointId(str(item["endpoint"])))
            for item in self._table.query_all(keys.HOLDS_PK)
        ]

    # endpoints

    def endpoint(self, realm: Realm, endpoint: EndpointId) -> tuple[Health, dict[int, int]]:
        """What is known of an endpoint, and until when each of its seats is (or was) taken."""
        health, seats = Health(), {}
        for item in self._table.query_all(keys.endpoint_pk(realm, endpoint)):
            if item["kind"] == health_rows.HEALTH:
                health = health_rows.health_of(item)
            elif item["kind"] == health_rows.SEAT:
                seats[number(item, "number")] = number(item, "until")
        return health, seats

    def health(self, realm: Realm, endpoint: EndpointId) -> Health:
        """What is known of an endpoint."""
        item = self._table.get(keys.health_key(realm, endpoint))
        return health_rows.health_of(item) if item else Health()

    def save_health(
        self, realm: Realm, endpoint: EndpointId, before: Health, after: Health
    ) -> bool:
        """Replace what is known; False when somebody else did meanwhile."""
        item = health_rows.health_item(keys.health_key(realm, endpoint), after)
        return self._put_version(item, before.version)

    def next_free_us(self, realm: Realm, endpoint: EndpointId) -> int:
        """The next free place in the endpoint's rate, in microseconds; 0 when none was given."""
        item = self._table.get(keys.pace_key(realm, endpoint))
        return int(str(item["next_us"])) if item else 0

    def take_place(self, realm: Realm, endpoint: EndpointId, read_us: int, next_us: int) -> bool:
        """Move the next free place on; False when somebody else took it."""
        key = keys.pace_key(realm, endpoint)
        item = {**key._asdict(), "kind": "pace", "next_us": next_us}
        return self._put_if(item, Equals("next_us", read_us) if read_us else Missing("pk"))

    def take_seat(
        self, realm: Realm, endpoint: EndpointId, seat: int, holder: str, until: int, now: int
    ) -> bool:
        """Take a seat; False when somebody has it."""
        item = health_rows.seat_item(keys.seat_key(realm, endpoint, seat), seat, holder, until)
        return self._put_if(item, AnyOf(Missing("pk"), AtMost("until", now)))

    def leave_seat(
        self, realm: Realm, endpoint: EndpointId, seat: int, holder: str, now: int
    ) -> None:
        """Leave a seat, unless its time was over and somebody else has it."""
        item = health_rows.seat_item(keys.seat_key(realm, endpoint, seat), seat, holder, now)
        self._put_if(item, Equals("holder", holder))

    # bulk resends

    def replay(self, realm: Realm, name: str) -> Replay | None:
        """A bulk resend."""
        item = self._table.get(keys.replay_key(realm, name))
        return rows.replay_of(item) if item else None

    def save_replay(self, replay: Replay) -> Replay:
        """Store the next state of a bulk resend. Raises Conflict `stale_version`."""
        saved = replace(replay, version=replay.version + 1)
        if not self._put_version(rows.replay_item(saved), replay.version):
            raise Conflict("stale_version", "somebody else goes on with this replay")
        return saved

    def _put_version(self, item: Item, read: int) -> bool:
        return self._put_if(item, AnyOf(Missing("pk"), Equals("version", read)))

    def _put_if(self, item: Item, condition: Condition) -> bool:
        try:
            self._table.put(item, condition=condition)
        except ConditionFailed:
            return False
        return True
