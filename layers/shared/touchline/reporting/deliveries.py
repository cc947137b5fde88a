"""What was sent to whom: the delivery log, one delivery with its attempts, the health of endpoints,
and the sum that must always be zero."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from touchline.delivery.balance import Balance, balance_of
from touchline.delivery.desk import standing
from touchline.delivery.health import Health
from touchline.delivery.model import Attempt, Delivery, Hold, State
from touchline.delivery.store import DeliveryStore
from touchline.kernel.clock import DAY_MS, iso, next_day, start_of
from touchline.kernel.errors import NotFound, Refused
from touchline.kernel.ids import ConversionId, EndpointId, EventName, PartnerId, Realm
from touchline.ledger.model import ConversionKey
from touchline.platform.dynamo import Cursor
from touchline.registry.model import Registry
from touchline.reporting.ask import Days

PAGE = 100
LOOKED_AT_MOST = 2_000
"""Rows of the log that one answer looks through; then it says where to go on."""
HELD_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries are asked for; None and "" mean any. Those made until `after` (ms) are over:
    they may lie there still, and are not read."""

    after: int
    endpoint: str = ""
    state: str = ""
    type: str = ""
    event: str = ""
    conversion: str = ""
    partner: PartnerId | None = None


def listed(
    store: DeliveryStore,
    registry: Registry,
    realm: Realm,
    days: Days,
    wanted: Wanted,
    *,
    limit: int,
    cursor: str,
) -> dict[str, Any]:
    """One page of the log, oldest first: `{"deliveries": […], "next": cursor or None}`."""
    if wanted.conversion and wanted.event:
        return {"deliveries": _of_conversion(store, registry, realm, wanted), "next": None}
    found: list[Delivery] = []
    day, start = _where(cursor, days)
    looked = 0
    while day <= days.last and len(found) < limit and looked < LOOKED_AT_MOST:
        page, following = store.logged(
            realm, start_of(day), limit=min(PAGE, limit - len(found)), start=start
        )
        looked += len(page)
        found += [one for one in page if _fits(one, registry, wanted)]
        day, start = (day, following) if following else (next_day(day), None)
    more = f"{day}|{start or ''}" if day <= days.last else None
    return {"deliveries": [shown(one) for one in found], "next": more}


def detailed(
    store: DeliveryStore, registry: Registry, realm: Realm, name: str, wanted: Wanted
) -> dict[str, Any]:
    """One delivery with every attempt. Raises NotFound."""
    delivery = store.delivery(realm, name)
    if delivery is None or not _fits(delivery, registry, wanted):
        raise NotFound("not_found", f"no delivery {name}")
    attempts = [shown_attempt(one) for one in store.attempts(realm, name)]
    return {**shown(delivery), "resends": list(delivery.resends), "attempts": attempts}


def endpoints(
    store: DeliveryStore, registry: Registry, realm: Realm, partner: PartnerId | None
) -> list[dict[str, Any]]:
    """Every endpoint with its standing, its breaker and how much is held for it."""
    return [
        _endpoint(store, registry, realm, name)
        for name in sorted(registry.endpoints)
        if partner is None or registry.endpoints[name].partner == partner
    ]


def balanced(store: DeliveryStore, realm: Realm, days: Days) -> dict[str, Any]:
    """Announced − (delivered + held + failed + cancelled + pending), which must be 0 (OB-02)."""
    sums = balance_of(store, realm, start_of(days.first), start_of(days.last) + DAY_MS)
    return {**_states(sums), "difference": sums.difference, "missing": list(sums.missing[:PAGE])}


def _states(sums: Balance) -> dict[str, int]:
    names = ("delivered", "held", "failed", "cancelled", "pending")
    return {"announced": sums.announced, **{name: sums.found.get(name, 0) for name in names}}


def shown(delivery: Delivery) -> dict[str, Any]:
    """A delivery as JSON, without what it says about a person."""
    return {
        "id": delivery.id,
        "endpoint": delivery.endpoint,
        "type": delivery.type,
        "event": delivery.key.event,
        "conversion": delivery.key.id,
        "scope": delivery.key.scope or None,
        "state": delivery.state.value,
        "reason": delivery.reason or None,
        "status": delivery.status or None,
        "attempts": delivery.attempts,
        "created_at": iso(delivery.created_at),
        "next_at": iso(delivery.next_at) if delivery.state is State.PENDING else None,
        "finished_at": iso(delivery.finished_at) if delivery.finished_at is not None else None,
    }


def shown_attempt(attempt: Attempt) -> dict[str, Any]:
    """An attempt as JSON."""
    return {
        "id": attempt.id,
        "number": attempt.number,
        "at": iso(attempt.at),
        "manual": attempt.manual,
        "outcome": attempt.outcome,
        "reason": attempt.reason or None,
        "duration_ms": attempt.duration_ms,
        "next_at": iso(attempt.next_at) if attempt.next_at is not None else None,
        "request": {
            "method": attempt.method,
            "url": attempt.url,
            "headers": dict(attempt.headers),
            "body": attempt.request_body,
        },
        "response": {
            "status": attempt.status or None,
            "headers": dict(attempt.response_headers),
            "body": attempt.response,
            "bytes": attempt.bytes_read,
            "truncated": attempt.truncated,
            "clock_skew_ms": attempt.skew_ms,
        },
    }


def _endpoint(
    store: DeliveryStore, registry: Registry, realm: Realm, name: EndpointId
) -> dict[str, Any]:
    endpoint = registry.endpoints[name]
    health = store.health(realm, name)
    verdict, reason = standing(registry, name, health)
    held = len(store.held(Hold(realm, name), HELD_COUNTED))
    return {
        "id": name,
        "partner": endpoint.partner,
        "format": endpoint.format.value,
        "state": endpoint.state.value,
        "sending": verdict == "send",
        "reason": reason or None,
        "held": held,
        "breaker_open_until": _instant(health.open_until),
        "failing_since": _instant(health.failing_since),
        "disabled_at": _instant(health.disabled_at),
        "disabled_reason": health.disabled_reason or None,
        "last_minutes": _minutes(health),
    }


def _minutes(health: Health) -> Mapping[str, int]:
    return {
        "good": sum(bucket.good for bucket in health.buckets),
        "bad": sum(bucket.bad for bucket in health.buckets),
    }


def _instant(at: int | None) -> str | None:
    return None if at is None else iso(at)


def _of_conversion(
    store: DeliveryStore, registry: Registry, realm: Realm, wanted: Wanted
) -> list[dict[str, Any]]:
    scopes = ["", *sorted(registry.partners)]
    names: list[str] = []
    for scope in scopes:
        key = ConversionKey(EventName(wanted.event), ConversionId(wanted.conversion), scope)
        for announcement in store.announcements(realm, key):
            names += announcement.planned
    found = [one for one in store.deliveries(realm, names) if _fits(one, registry, wanted)]
    return [shown(one) for one in sorted(found, key=lambda one: (one.created_at, one.id))]


def _fits(delivery: Delivery, registry: Registry, wanted: Wanted) -> bool:
    asked = (
        (wanted.endpoint, delivery.endpoint),
        (wanted.state, delivery.state.value),
        (wanted.type, delivery.type),
        (wanted.event, delivery.key.event),
        (wanted.conversion, delivery.key.id),
    )
    return (
        delivery.created_at > wanted.after
        and all(not want or want == has for want, has in asked)
        and _may_see(delivery, registry, wanted.partner)
    )


def _may_see(delivery: Delivery, registry: Registry, partner: PartnerId | None) -> bool:
    if partner is None:
        return True
    endpoint = registry.endpoints.get(delivery.endpoint)
    return endpoint is not None and endpoint.partner == partner


def _where(cursor: str, days: Days) -> tuple[str, Cursor | None]:
    """The day and the place in it where a page starts. Raises Refused `bad_cursor`."""
    if not cursor:
        return days.first, None
    day, bar, start = cursor.partition("|")
    if not bar or day not in set(_inside(days)):
        raise Refused("bad_cursor", field="cursor")
    return day, Cursor(start) if start else None


def _inside(days: Days) -> Iterator[str]:
    yield from days
