"""Builders of domain values for tests: everything has a default, a test states what matters."""

from typing import Any

from touchline.kernel.ids import (
    AccountId,
    CampaignId,
    ConversionId,
    EventName,
    PartnerId,
    Realm,
    Receipt,
    TouchId,
)
from touchline.ledger.identity import Identity
from touchline.ledger.model import Conversion, ConversionKey, Touch, TouchKind
from touchline.registry.model import Account, Campaign, EventDefinition, Partner, Registry

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


def a_registry(**stated: Any) -> Registry:
    """Account `shop` with campaign `spring`, partner `acme` and event `purchase`."""
    lists: dict[str, tuple[Any, ...]] = {
        "events": (a_definition(),),
        "campaigns": (a_campaign(),),
        "partners": (a_partner(),),
        "endpoints": (),
    }
    account = stated.pop("account", None) or Account(id=AccountId("shop"), currency="EUR")
    lists |= stated
    return Registry(
        account=account,
        events={event.api_name: event for event in lists["events"]},
        campaigns={campaign.id: campaign for campaign in lists["campaigns"]},
        partners={partner.id: partner for partner in lists["partners"]},
        endpoints={endpoint.id: endpoint for endpoint in lists["endpoints"]},
    )


def a_campaign(**stated: Any) -> Campaign:
    """Campaign `spring`, which lands on https://shop.example/spring."""
    values: dict[str, Any] = {
        "id": CampaignId("spring"),
        "landing_url": "https://shop.example/spring",
        "channel": "ads",
        **stated,
    }
    return Campaign(**values)


def a_partner(**stated: Any) -> Partner:
    """Affiliate `acme`."""
    values: dict[str, Any] = {"id": PartnerId("acme"), "name": "Acme", **stated}
    return Partner(**values)


def a_definition(**stated: Any) -> EventDefinition:
    """Event `purchase`, there since 1970."""
    values: dict[str, Any] = {"api_name": EventName("purchase"), **stated}
    return EventDefinition(**values)
