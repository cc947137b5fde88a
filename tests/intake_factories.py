"""Builders of what intake works with: a shop, its callers, arrivals."""

from typing import Any

from tests.factories import NOON
from touchline.intake.arrival import Arrival
from touchline.intake.caller import Caller, caller_of
from touchline.kernel.ids import AccountId, CampaignId, EventName, PartnerId, Receipt
from touchline.ledger.model import Envelope
from touchline.registry.model import (
    Account,
    Campaign,
    EventDefinition,
    Partner,
    Registry,
)

SHOP = AccountId("shop")


def a_registry(**stated: Any) -> Registry:
    """A shop that sells in EUR, with two partners, a campaign and two events."""
    events = [EventDefinition(EventName("purchase")), EventDefinition(EventName("sign_up"))]
    partners = [Partner(PartnerId("acme")), Partner(PartnerId("beta"))]
    campaign = Campaign(
        CampaignId("spring"),
        landing_url="https://shop.example/spring",
        hosts=("shop.example",),
        channel="affiliate",
        event=EventName("purchase"),
    )
    values: dict[str, Any] = {
        "account": Account(SHOP, currency="EUR", site_key="site_1"),
        "events": {event.api_name: event for event in events},
        "partners": {partner.id: partner for partner in partners},
        "campaigns": {campaign.id: campaign},
        **stated,
    }
    return Registry(**values)


def a_caller(registry: Registry | None = None, **stated: Any) -> Caller:
    """The shop's own systems, or whoever is stated."""
    return caller_of(registry or a_registry(), **stated)


def an_envelope(**stated: Any) -> Envelope:
    """An empty GET at noon."""
    values: dict[str, Any] = {
        "method": "GET",
        "path": "/postback",
        "raw_query": "",
        "headers": {},
        "body": b"",
        "received_at": NOON,
        "source_ip": "192.0.2.7",
        **stated,
    }
    return Envelope(**values)


def an_arrival(**stated: Any) -> Arrival:
    """A postback received at noon."""
    at = stated.pop("received_at", NOON)
    values: dict[str, Any] = {
        "receipt": Receipt("rcp_1"),
        "received_at": at,
        "recorded_at": at,
        "route": "/postback",
        "envelope": stated.pop("envelope", None) or an_envelope(received_at=at),
        **stated,
    }
    return Arrival(**values)


def opened(text: str) -> str:
    """The opener of secrets that are not sealed: tests about other things write them down plain."""
    return text
