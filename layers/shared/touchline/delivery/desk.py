"""What one worker knows about one endpoint while it works on a batch."""

import asyncio
from dataclasses import dataclass, field

from touchline.delivery import health as healths
from touchline.delivery.health import Health, Tally
from touchline.delivery.pace import place
from touchline.delivery.seats import Seat, Taken
from touchline.delivery.store import DeliveryStore
from touchline.kernel.ids import EndpointId, Realm
from touchline.registry.model import EndpointState, RateLimit, Registry

TRIES = 8
"""How often a read-and-replace is tried against other workers before it is left to them."""


@dataclass(slots=True)
class Desk:
    """One endpoint: its health as read, what was counted since, and how many are under way."""

    realm: Realm
    endpoint: EndpointId
    health: Health
    places: asyncio.Semaphore
    gate: asyncio.Lock = field(default_factory=asyncio.Lock)
    tally: Tally = field(default_factory=Tally)
    seats: Taken = field(default_factory=dict)
    seat: Seat | None = None  # ours, when the endpoint is slow
    under_way: int = 0  # requests without an answer
    silent: bool = False  # an attempt of this batch ended at its deadline


def standing(registry: Registry, endpoint: EndpointId, health: Health) -> tuple[str, str]:
    """Whether to `send`, `hold` or `cancel`, and the reason for the latter two."""
    known = registry.endpoints.get(endpoint)
    if known is None:
        return "cancel", "endpoint_deleted"
    if known.partner is not None:
        partner = registry.partners.get(known.partner)
        if partner is None:
            return "cancel", "endpoint_partner_deleted"
        if not partner.active:
            return "hold", "endpoint_partner_inactive"
    if health.disabled_at is not None or known.state is EndpointState.DISABLED:
        return "hold", "endpoint_disabled"
    return ("hold", "endpoint_paused") if known.state is EndpointState.PAUSED else ("send", "")


def take_place(store: DeliveryStore, desk: Desk, limit: RateLimit, now: int) -> int:
    """The instant of the next free place in the endpoint's rate; it is taken."""
    for _ in range(TRIES):
        read_us = store.next_free_us(desk.realm, desk.endpoint)
        at, next_us = place(read_us, limit, now)
        if store.take_place(desk.realm, desk.endpoint, read_us, next_us):
            return at
    return now + limit.per_seconds * 1000


def claim_probe(store: DeliveryStore, desk: Desk, until: int) -> bool:
    """Take the one probe of a half-open breaker; False when another worker has it."""
    claimed = healths.probing(desk.health, until)
    if not store.save_health(desk.realm, desk.endpoint, desk.health, claimed):
        return False
    desk.health = claimed
    return True


def save_tally(store: DeliveryStore, desk: Desk, tally: Tally, now: int) -> Health | None:
    """Add what was counted to the endpoint's health; the new health when it was just disabled."""
    before = desk.health
    for _ in range(TRIES):
        known = healths.after(before, tally, now)
        if store.save_health(desk.realm, desk.endpoint, before, known):
            desk.health = known
            newly = known.disabled_at is not None and before.disabled_at is None
            return known if newly else None
        before = store.health(desk.realm, desk.endpoint)
    return None
