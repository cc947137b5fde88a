"""How deliveries are written down: value ↔ item, both ways exact.

`due_shard` and `due_at` are on every delivery that is not final, so that none is ever forgotten:
the instant at which the sweeper looks whether somebody took care of it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from touchline.delivery import keys
from touchline.delivery.model import FINAL, Announcement, Attempt, Delivery, Replay, State
from touchline.kernel.clock import DAY_MS
from touchline.kernel.ids import ConversionId, EndpointId, EventName, Realm
from touchline.ledger.fields import flag, maybe_number, number, stated, text, texts, words
from touchline.ledger.model import ConversionKey
from touchline.platform.dynamo import Item, Value

DELIVERY = "delivery"
ATTEMPT = "attempt"
ANNOUNCEMENT = "announcement"
REPLAY = "replay"

KEEP_MS = 100 * DAY_MS
"""When TTL deletes deliveries and attempts."""
READ_MS = 90 * DAY_MS
"""How long they are read: every row of a delivery is there as long as one of them is read."""
GRACE_MS = 60_000
"""How long a message may take to be worked on before the sweeper sends another."""
AHEAD_MS = 60_000
"""How long before its time the sweeper looks at a delivery that no message is queued for."""


def delivery_item(delivery: Delivery) -> Item:
    """One delivery."""
    return {
        **_identified(delivery),
        **_indexed(delivery),
        **stated(
            {
                "facts": delivery.facts,
                "body": delivery.body,
                "content_type": delivery.content_type,
                "attempts": delivery.attempts,
                "automatic": delivery.automatic,
                "queued": delivery.queued,
                "lease": delivery.lease,
                "lease_until": delivery.lease_until,
                "slot_at": delivery.slot_at,
                "after_resend": delivery.after_resend and delivery.after_resend.value,
                "resends": list(delivery.resends),
                "reason": delivery.reason,
                "status": delivery.status,
                "finished_at": delivery.finished_at,
            }
        ),
    }


def _identified(delivery: Delivery) -> dict[str, Value]:
    return {
        **keys.delivery_key(delivery.realm, delivery.id)._asdict(),
        "kind": DELIVERY,
        "realm": delivery.realm,
        "id": delivery.id,
        "endpoint": delivery.endpoint,
        "type": delivery.type,
        **_key_item(delivery.key),
        "created_at": delivery.created_at,
        "next_at": delivery.next_at,
        "state": delivery.state.value,
        "version": delivery.version,
        "expires_at": (delivery.created_at + KEEP_MS) // 1000,
    }


def _indexed(delivery: Delivery) -> dict[str, Value]:
    log: dict[str, Value] = {
        "log": keys.log_of(delivery.realm, delivery.created_at),
        "log_at": keys.at_sort(delivery.created_at, delivery.id),
    }
    if delivery.state in FINAL:
        return log
    if delivery.state is State.HELD:
        shard = keys.held_shard(delivery.realm, delivery.endpoint)
        return log | {"due_shard": shard, "due_at": keys.at_sort(delivery.created_at, delivery.id)}
    return log | {
        "due_shard": keys.due_shard(delivery.id),
        "due_at": keys.at_sort(look_at(delivery), delivery.id),
    }


def look_at(delivery: Delivery) -> int:
    """When the sweeper looks whether somebody took care of the delivery."""
    if delivery.state is State.SENDING:
        return delivery.lease_until + GRACE_MS
    return delivery.next_at + (GRACE_MS if delivery.queued else -AHEAD_MS)


def delivery_of(item: Item) -> Delivery:
    """The delivery of an item."""
    resend = text(item, "after_resend")
    return Delivery(
        realm=Realm(text(item, "realm")),
        id=text(item, "id"),
        endpoint=EndpointId(text(item, "endpoint")),
        type=text(item, "type"),
        key=_key_of(item),
        created_at=number(item, "created_at"),
        next_at=number(item, "next_at"),
        facts=words(item, "facts"),
        body=text(item, "body"),
        content_type=text(item, "content_type"),
        state=State(text(item, "state")),
        version=number(item, "version"),
        attempts=number(item, "attempts"),
        automatic=number(item, "automatic"),
        lease=text(item, "lease"),
        lease_until=number(item, "lease_until"),
        queued=flag(item, "queued"),
        slot_at=maybe_number(item, "slot_at"),
        after_resend=State(resend) if resend else None,
        resends=texts(item, "resends"),
        reason=text(item, "reason"),
        status=number(item, "status"),
        finished_at=maybe_number(item, "finished_at"),
    )


def attempt_item(delivery: Delivery, attempt: Attempt) -> Item:
    """One attempt, beside its delivery."""
    return {
        "pk": keys.delivery_pk(delivery.realm, delivery.id),
        "sk": keys.attempt_sk(attempt.number, attempt.id),
        "kind": ATTEMPT,
        "id": attempt.id,
        "number": attempt.number,
        "at": attempt.at,
        "expires_at": (attempt.at + KEEP_MS) // 1000,
        **stated(
            {
                "duration_ms": attempt.duration_ms,
                "method": attempt.method,
                "url": attempt.url,
                "headers": attempt.headers,
                "request_body": attempt.request_body,
                "outcome": attempt.outcome,
                "reason": attempt.reason,
                "status": attempt.status,
                "response_headers": attempt.response_headers,
                "response": attempt.response,
                "bytes_read": attempt.bytes_read,
                "truncated": attempt.truncated,
                "next_at": attempt.next_at,
                "manual": attempt.manual,
                "skew_ms": attempt.skew_ms,
            }
        ),
    }


def attempt_of(item: Item) -> Attempt:
    """The attempt of an item."""
    return Attempt(
        id=text(item, "id"),
        number=number(item, "number"),
        at=number(item, "at"),
        duration_ms=number(item, "duration_ms"),
        method=text(item, "method"),
        url=text(item, "url"),
        headers=words(item, "headers"),
        request_body=text(item, "request_body"),
        outcome=text(item, "outcome"),
        reason=text(item, "reason"),
        status=number(item, "status"),
        response_headers=words(item, "response_headers"),
        response=text(item, "response"),
        bytes_read=number(item, "bytes_read"),
        truncated=flag(item, "truncated"),
        next_at=maybe_number(item, "next_at"),
        manual=flag(item, "manual"),
        skew_ms=maybe_number(item, "skew_ms"),
    )


def announcement_item(announcement: Announcement) -> Item:
    """One announcement, in the order of its day."""
    pk = keys.announcement_pk(announcement.realm, announcement.key)
    sk = keys.announcement_sk(announcement.type, announcement.news)
    return {
        "pk": pk,
        "sk": sk,
        "kind": ANNOUNCEMENT,
        "realm": announcement.realm,
        **_key_item(announcement.key),
        "type": announcement.type,
        "news": announcement.news,
        "at": announcement.at,
        "log": keys.announced_of(announcement.realm, announcement.at),
        "log_at": keys.at_sort(announcement.at, pk + sk),
        "expires_at": (announcement.at + KEEP_MS) // 1000,
        **stated(
            {
                "planned": list(announcement.planned),
                "skipped": {str(name): why for name, why in announcement.skipped.items()},
            }
        ),
    }


def announcement_of(item: Item) -> Announcement:
    """The announcement of an item."""
    return Announcement(
        realm=Realm(text(item, "realm")),
        key=_key_of(item),
        type=text(item, "type"),
        news=text(item, "news"),
        at=number(item, "at"),
        planned=texts(item, "planned"),
        skipped=cast("Mapping[EndpointId, str]", words(item, "skipped")),
    )


def replay_item(replay: Replay) -> Item:
    """One bulk resend; it stays as the audit record."""
    return {
        **keys.replay_key(replay.realm, replay.id)._asdict(),
        "kind": REPLAY,
        "realm": replay.realm,
        "id": replay.id,
        "endpoint": replay.endpoint,
        "from_at": replay.from_at,
        "to_at": replay.to_at,
        "states": [state.value for state in replay.states],
        "asked_by": replay.asked_by,
        "asked_at": replay.asked_at,
        "cap": replay.cap,
        "queued": replay.queued,
        "cursor": replay.cursor,
        "done": replay.done,
        "version": replay.version,
    }


def replay_of(item: Item) -> Replay:
    """The bulk resend of an item."""
    return Replay(
        realm=Realm(text(item, "realm")),
        id=text(item, "id"),
        endpoint=EndpointId(text(item, "endpoint")),
        from_at=number(item, "from_at"),
        to_at=number(item, "to_at"),
        states=tuple(State(state) for state in texts(item, "states")),
        asked_by=text(item, "asked_by"),
        asked_at=number(item, "asked_at"),
        cap=number(item, "cap"),
        queued=number(item, "queued"),
        cursor=text(item, "cursor"),
        done=flag(item, "done"),
        version=number(item, "version"),
    )


def next_version(delivery: Delivery, **changes: object) -> Delivery:
    """The delivery with the changes and the next version number."""
    return replace(delivery, version=delivery.version + 1, **changes)  # type: ignore[arg-type]


def _key_item(key: ConversionKey) -> dict[str, Value]:
    return {"event": key.event, "conversion": key.id, "scope": key.scope}


def _key_of(item: Item) -> ConversionKey:
    return ConversionKey(
        EventName(text(item, "event")), ConversionId(text(item, "conversion")), text(item, "scope")
    )
