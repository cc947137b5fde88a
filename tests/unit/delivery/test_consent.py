"""Consent gates every way out: whatever an endpoint's format and whatever is told, a person who did
not give all that the endpoint asks for is not in it."""

import asyncio
from typing import Any

import pytest

from tests.delivery_world import SHOP, World, a_decision, an_endpoint
from tests.factories import NOON, a_conversion
from touchline.delivery.resend import Resends
from touchline.delivery.trial import try_endpoint
from touchline.delivery.verdict import Answer
from touchline.kernel.errors import Refused
from touchline.ledger.identity import Identity, of_email, of_phone
from touchline.ledger.model import Conversion, Status
from touchline.registry.model import Endpoint, EndpointFormat, Firing

TYPES = ("conversion.accepted", "conversion.updated", "conversion.reversed", "attribution.decided")
NAMED = {
    "referrer_name": "Rita Referrer",
    "referrer_email": "rita@example.com",
    "referee_name": "Rob Referee",
    "referee_email": "rob@example.com",
    "referrer_customValue": "member-4711",
}
PERSON = (Identity("crm:user-77"), *of_email("ann.b@gmail.com"), *of_phone("+393331234567"))
PERSONAL = (
    *NAMED.values(),
    *(value.replace(" ", "%20").replace("@", "%40") for value in NAMED.values()),
    *(one.partition(":")[2] for one in PERSON),
)
"""Everything about the person, as it stands in a body and as it stands in a URL."""
MACROS = "referrer_name referrer_email referee_name referee_email referrer_custom_value user_id"
ALL = "&".join(f"{name}={{{name}}}" for name in (*MACROS.split(), "email", "phone"))
PLATFORMS = {
    EndpointFormat.GOOGLE_ADS: {
        "customer_id": "1", "conversion_action": "2", "developer_token": "3",
        "client_id": "4", "client_secret": "5", "refresh_token": "6",
    },
    EndpointFormat.META_CAPI: {"pixel_id": "1", "access_token": "2"},
    EndpointFormat.TIKTOK: {"pixel_code": "1", "access_token": "2"},
}  # fmt: skip


def gated(style: EndpointFormat) -> Endpoint:
    """An endpoint of the format that asks for two consents and names every personal value."""
    stated: dict[str, Any] = {"url": f"https://acme.example.net/?{ALL}"}
    if style is EndpointFormat.BODY:
        stated["body"] = ALL
        stated["headers"] = {"Content-Type": "application/x-www-form-urlencoded"}
    if style in PLATFORMS:
        stated = {"url": "", "secrets": (), "options": PLATFORMS[style]}
    return an_endpoint(format=style, consent=("ads", "profile"), firing=Firing(TYPES), **stated)


def a_person(*consent: str, **stated: Any) -> Conversion:
    parameters = {**NAMED, "gclid": "g-1", "fbclid": "f-1", "ttclid": "t-1"}
    return a_conversion(identities=PERSON, parameters=parameters, consent=consent, **stated)


def said_of(world: World) -> str:
    """Everything that left, and everything that is kept to leave."""
    requests = [f"{one.url} {one.headers} {one.body!r}" for one in world.scripted.requests]
    return " ".join([*requests, *(f"{one.facts} {one.body}" for one in world.all())])


@pytest.mark.parametrize("consent", [(), ("ads",), ("profile", "other")])
@pytest.mark.parametrize("style", EndpointFormat)
def test_without_every_consent_nothing_personal_leaves(style: EndpointFormat, consent):
    world = World(gated(style))
    accepted = a_person(*consent)
    world.change(accepted)
    changed = a_person(*consent, value_micros=1_000_000, version=2)
    world.change(changed, accepted)
    world.change(a_person(*consent, status=Status.REJECTED, version=3), changed)
    world.ledger.add_conversion(accepted)
    world.decide(a_decision())
    world.work()
    for delivery in world.all():
        Resends(world.store, world.queue, world.clock).resend(SHOP, delivery.id, "again")
    world.work()
    assert (world.scripted.requests == []) == (style in PLATFORMS)
    assert [value for value in PERSONAL if value in said_of(world)] == []


@pytest.mark.parametrize("style", EndpointFormat)
def test_with_every_consent_it_does(style: EndpointFormat):
    """Or the test above would show nothing."""
    world = World(gated(style))
    world.change(a_person("ads", "profile"))
    assert [value for value in PERSONAL if value in said_of(world)] != []


def tried(style: EndpointFormat, conversion: Conversion) -> World:
    world = World(gated(style))
    world.scripted.then(Answer(200, body=b'{"access_token": "a"}'))
    trial = try_endpoint(
        gated(style), conversion, world.scripted, lambda text: text, NOON, loopback=False
    )
    asyncio.run(trial)
    return world


@pytest.mark.parametrize("style", sorted(set(EndpointFormat) - set(PLATFORMS)))
def test_a_test_send_with_a_past_conversion_honours_its_consent(style: EndpointFormat):
    assert [value for value in PERSONAL if value in said_of(tried(style, a_person("ads")))] == []


@pytest.mark.parametrize("style", PLATFORMS)
def test_a_test_send_tells_no_platform_of_who_did_not_agree(style: EndpointFormat):
    with pytest.raises(Refused, match="consent_missing"):
        tried(style, a_person("ads"))
    assert len(tried(style, a_person("ads", "profile")).scripted.requests) >= 1
