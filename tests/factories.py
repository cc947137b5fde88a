"""Builders of domain values for tests: everything has a default, a test states what matters."""

from typing import Any

from touchline.kernel.ids import ConversionId, EventName, Realm, Receipt, TouchId
from touchline.ledger.identity import Identity
from touchline.ledger.model import Conversion, ConversionKey, Touch, TouchKind

NOON = 1_767_268_800_000
"""2026-01-01T12:00:00Z: the instant around which stories happen."""


def a_touch(**stated: Any) -> Touch:
    """A click from the channel `ads`, an hour before noon."""
    at = stated.pop("occurred_at", NOON - 3_600_000)
    values: dict[str, Any] = {
        "id": TouchId(f"tch_{at}"),
        "identity": Identity("crm:7"),
        "kind": TouchKind.CLICK,
        "channel": "ads",
        "occurred_at": at,
        "received_at": at,
        **stated,
    }
    return Touch(**values)


def a_conversion(**stated: Any) -> Conversion:
    """A purchase of 10.00 EUR at noon by `crm:7`, sent by the account's own systems."""
    key = ConversionKey(
        EventName(stated.pop("event", "purchase")),
        ConversionId(stated.pop("id", "A-1")),
        stated.pop("scope", ""),
    )
    at = stated.pop("occurred_at", NOON)
    values: dict[str, Any] = {
        "realm": Realm("shop"),
        "key": key,
        "occurred_at": at,
        "received_at": at,
        "changed_at": at,
        "receipt": Receipt("rcp_1"),
        "attempt": "att_1",
        "digest": "d1",
        "identities": (Identity("crm:7"),),
        "value_micros": 10_000_000,
        "currency": "EUR",
        **stated,
    }
    return Conversion(**values)
