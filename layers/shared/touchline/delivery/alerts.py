"""Telling an account's own systems about its deliveries: `endpoint.disabled`, `delivery.exhausted`.

An alert is a delivery like any other (signed, retried, logged) to the account's own endpoints
that ask for its type. Its ID is made of the endpoint and the hour, so that no receiver is told
twice in an hour (OB-03). An endpoint is never told about itself.
"""

import base64
import hashlib
from collections.abc import Mapping

from touchline.delivery.jobs import message_of
from touchline.delivery.model import Announcement, Delivery
from touchline.delivery.news import DISABLED, EXHAUSTED
from touchline.delivery.payload import JSON, enveloped
from touchline.delivery.registries import Registries
from touchline.delivery.store import DeliveryStore
from touchline.kernel.clock import HOUR_MS
from touchline.kernel.ids import ConversionId, EndpointId, EventName, Realm, account_of, is_test
from touchline.ledger.model import ConversionKey
from touchline.platform.queue import Queue
from touchline.registry.model import EndpointFormat

ALERT = EventName("alert")


class Alerts:
    """Raises alerts, each at most once an hour for one endpoint."""

    def __init__(self, store: DeliveryStore, registries: Registries, queue: Queue) -> None:
        self._store = store
        self._registries = registries
        self._queue = queue

    def disabled(self, realm: Realm, endpoint: EndpointId, reason: str, now: int) -> None:
        """An endpoint is not sent to any more; its deliveries are held."""
        self._raise(realm, DISABLED, endpoint, {"endpoint": endpoint, "reason": reason}, now)

    def exhausted(self, delivery: Delivery, now: int) -> None:
        """A delivery will not be tried again by itself."""
        told = {
            "endpoint": delivery.endpoint,
            "delivery": delivery.id,
            "reason": delivery.reason,
            "event": delivery.key.event,
            "conversion_id": delivery.key.id,
        }
        self._raise(delivery.realm, EXHAUSTED, delivery.endpoint, told, now)

    def _raise(
        self, realm: Realm, kind: str, about: EndpointId, told: Mapping[str, str], now: int
    ) -> None:
        hour = now - now % HOUR_MS
        mark = f"{hour // HOUR_MS}"
        key = ConversionKey(ALERT, ConversionId(about))
        deliveries = [
            Delivery(
                realm=realm,
                id=_alert_id(realm, kind, about, mark, receiver),
                endpoint=receiver,
                type=kind,
                key=key,
                created_at=now,
                next_at=now,
                body=enveloped(kind, now, told),
                content_type=JSON,
            )
            for receiver in self._receivers(realm, kind, about)
        ]
        if not deliveries:
            return
        planned = tuple(delivery.id for delivery in deliveries)
        announced = Announcement(realm, key, kind, mark, now, planned)
        if self._store.announce(announced, deliveries):
            for delivery in deliveries:
                message = message_of(delivery, now)
                self._queue.send(message.body, group=message.group)

    def _receivers(self, realm: Realm, kind: str, about: EndpointId) -> list[EndpointId]:
        registry = self._registries.registry(account_of(realm))
        return [
            endpoint.id
            for endpoint in registry.endpoints.values()
            if endpoint.partner is None
            and endpoint.test is is_test(realm)
            and endpoint.format is EndpointFormat.JSON
            and kind in endpoint.firing.types
            and endpoint.id != about
        ]


def _alert_id(realm: str, kind: str, about: str, mark: str, receiver: str) -> str:
    text = "\x1f".join((realm, kind, about, mark, receiver))
    return "dlv_" + base64.b32encode(hashlib.sha256(text.encode()).digest())[:26].decode().lower()
