"""Passing an erasure on: whoever was sent something about the person is told to forget it too."""

import hashlib
import json
from collections.abc import Sequence
from typing import NamedTuple

from touchline.delivery.model import Announcement, Delivery
from touchline.delivery.payload import JSON, enveloped
from touchline.kernel.ids import ConversionId, EndpointId, EventName, Realm, Receipt
from touchline.ledger.model import ConversionKey
from touchline.registry.model import EndpointFormat, Registry

ERASED_PERSON = "person.erased"
"""The type of this webhook."""

MOST_NAMED = 200
"""Conversions that one webhook names (it stays under 20 kB)."""


class Telling(NamedTuple):
    """Who is told of an erasure, and who cannot be (their format has no words for it)."""

    announcement: Announcement
    deliveries: tuple[Delivery, ...]
    told: tuple[EndpointId, ...]
    untold: tuple[EndpointId, ...]


def news_of_erasure(
    realm: Realm, receipt: Receipt, registry: Registry, sent: Sequence[Delivery], now: int
) -> Telling:
    """One signed webhook per endpoint that an attempt was made to, naming the conversions."""
    about: dict[EndpointId, list[ConversionKey]] = {}
    for one in sent:
        if one.attempts and one.key not in about.setdefault(one.endpoint, []):
            about[one.endpoint].append(one.key)
    told = [
        name
        for name in about
        if name in registry.endpoints and registry.endpoints[name].format is EndpointFormat.JSON
    ]
    key = ConversionKey(EventName(ERASED_PERSON), ConversionId(receipt))
    deliveries = tuple(_delivery(realm, receipt, key, name, about[name], now) for name in told)
    planned = tuple(one.id for one in deliveries)
    return Telling(
        Announcement(realm, key, ERASED_PERSON, receipt, now, planned),
        deliveries,
        tuple(told),
        tuple(name for name in about if name not in told),
    )


def _delivery(
    realm: Realm,
    receipt: Receipt,
    key: ConversionKey,
    endpoint: EndpointId,
    about: Sequence[ConversionKey],
    now: int,
) -> Delivery:
    digest = hashlib.sha256(json.dumps([receipt, endpoint]).encode()).hexdigest()
    named = [{"event": one.event, "conversion_id": one.id} for one in about[:MOST_NAMED]]
    data = {"receipt": receipt, "conversions": named, "total": len(about)}
    return Delivery(
        realm=realm,
        id=f"dlv_{digest[:26]}",
        endpoint=endpoint,
        type=ERASED_PERSON,
        key=key,
        created_at=now,
        next_at=now,
        body=enveloped(ERASED_PERSON, now, data),
        content_type=JSON,
    )
