"""Every key of the deliveries table, each with the string it makes. Parts are escaped as in
ledger.keys; instants are padded so that text order is the order of time."""

import hashlib

from touchline.kernel.clock import day_of
from touchline.kernel.ids import EndpointId, Realm
from touchline.ledger.keys import SHARDS, padded, part, shard_of
from touchline.ledger.model import ConversionKey
from touchline.platform.dynamo import Key


def delivery_pk(realm: Realm, delivery: str) -> str:
    """`shop#D#dlv_…`: a delivery and its attempts."""
    return f"{part(realm)}#D#{part(delivery)}"


def delivery_key(realm: Realm, delivery: str) -> Key:
    """`shop#D#dlv_…`, `D`."""
    return Key(delivery_pk(realm, delivery), "D")


def attempt_sk(number: int, attempt: str) -> str:
    """`A#0001#att_…`: one attempt of a delivery."""
    return f"A#{number:04d}#{part(attempt)}"


def announcement_pk(realm: Realm, key: ConversionKey) -> str:
    """`shop#N#purchase#A-1001#acme`: everything announced about one conversion."""
    return f"{part(realm)}#N#{part(key.event)}#{part(key.id)}#{part(key.scope)}"


def announcement_sk(kind: str, news: str) -> str:
    """`conversion.accepted#1`: one announcement."""
    return f"{part(kind)}#{part(news)}"


def endpoint_pk(realm: Realm, endpoint: EndpointId) -> str:
    """`shop#E#acme-postback`: what is known about an endpoint: `health`, `pace`, `seat#7`."""
    return f"{part(realm)}#E#{part(endpoint)}"


def health_key(realm: Realm, endpoint: EndpointId) -> Key:
    """`shop#E#acme-postback`, `health`: successes, failures, breaker, disabling."""
    return Key(endpoint_pk(realm, endpoint), "health")


def pace_key(realm: Realm, endpoint: EndpointId) -> Key:
    """`shop#E#acme-postback`, `pace`: the next free place in the endpoint's rate."""
    return Key(endpoint_pk(realm, endpoint), "pace")


def seat_key(realm: Realm, endpoint: EndpointId, number: int) -> Key:
    """`shop#E#acme-postback`, `seat#7`: a place for a worker that waits for a slow answer."""
    return Key(endpoint_pk(realm, endpoint), f"seat#{number}")


CHECKED = Key("SWEEP", "checked")
"""`SWEEP`, `checked`: up to when the conservation of deliveries was checked."""

HOLDS_PK = "HOLDS"
"""`HOLDS`: the endpoints that have held deliveries."""


def hold_key(realm: Realm, endpoint: EndpointId) -> Key:
    """`HOLDS`, `shop#acme-postback`."""
    return Key(HOLDS_PK, f"{part(realm)}#{part(endpoint)}")


def replay_key(realm: Realm, replay: str) -> Key:
    """`shop#R`, `rpl_…`: one bulk resend."""
    return Key(f"{part(realm)}#R", part(replay))


def referrer_key(realm: Realm, campaign: str, referrer: str) -> Key:
    """`shop#F#spring#9f2c…`, `count`: conversions of one referrer, by the SHA-256 of who it is."""
    who = hashlib.sha256(referrer.strip().lower().encode("utf-8", "replace")).hexdigest()
    return Key(f"{part(realm)}#F#{part(campaign)}#{who}", "count")


def counted_key(realm: Realm, campaign: str, key: ConversionKey) -> Key:
    """`shop#F#spring`, `purchase#A-1001#`: that a conversion was counted, and as which."""
    return Key(
        f"{part(realm)}#F#{part(campaign)}",
        f"{part(key.event)}#{part(key.id)}#{part(key.scope)}",
    )


def due_shard(delivery: str) -> str:
    """`due#3` (index by_due): deliveries that somebody must look at when their time has come."""
    return f"due#{shard_of(delivery)}"


def due_shards() -> tuple[str, ...]:
    """All of them."""
    return tuple(f"due#{shard}" for shard in range(SHARDS))


def held_shard(realm: Realm, endpoint: EndpointId) -> str:
    """`held#shop#acme-postback` (index by_due): what waits for its endpoint, oldest first."""
    return f"held#{part(realm)}#{part(endpoint)}"


def at_sort(at: int, name: str) -> str:
    """`1767225600000#dlv_…` (by_due, by_time): by time, then by name."""
    return f"{padded(at)}#{part(name)}"


def log_of(realm: Realm, at: int) -> str:
    """`shop#2026-01-31` (index by_time): the deliveries announced on one UTC day."""
    return f"{part(realm)}#{day_of(at)}"


def announced_of(realm: Realm, at: int) -> str:
    """`shop#N#2026-01-31` (index by_time): the announcements of one UTC day."""
    return f"{part(realm)}#N#{day_of(at)}"
