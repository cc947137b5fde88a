"""From news to deliveries: who is told what, decided once and written down together."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from touchline.delivery.facts import facts_of
from touchline.delivery.firing import consented, told
from touchline.delivery.formats import body_of
from touchline.delivery.functions import BadCall
from touchline.delivery.model import Announcement, Delivery
from touchline.delivery.news import ACCEPTED, News
from touchline.delivery.platforms import PLATFORMS
from touchline.kernel.ids import EndpointId
from touchline.registry.model import Endpoint, Registry


@dataclass(frozen=True, slots=True)
class Plan:
    """An announcement with its deliveries, to be stored all together or not at all."""

    announcement: Announcement
    deliveries: tuple[Delivery, ...]


def plan(
    registry: Registry, news: News, extra: Mapping[EndpointId, Mapping[str, str]]
) -> Plan | None:
    """What a piece of news leads to; None when no endpoint wants it.

    `extra` adds facts for single endpoints (the counts of the referral format). The same news
    always makes the same IDs, so that announcing it again changes nothing.
    """
    deliveries: list[Delivery] = []
    skipped: dict[EndpointId, str] = {}
    for endpoint in told(registry, news):
        reason = refusal(endpoint, news)
        if reason:
            skipped[endpoint.id] = reason
            continue
        try:
            deliveries.append(delivery_for(news, endpoint, extra.get(endpoint.id, {})))
        except BadCall:
            skipped[endpoint.id] = "bad_template"
    if not deliveries and not skipped:
        return None
    planned = tuple(delivery.id for delivery in deliveries)
    announced = Announcement(news.realm, news.key, news.type, news.mark, news.at, planned, skipped)
    return Plan(announced, tuple(deliveries))


def refusal(endpoint: Endpoint, news: News) -> str:
    """Why an ad platform is not told: it takes accepted conversions of known people who agreed."""
    platform = PLATFORMS.get(endpoint.format)
    if platform is None:
        return ""
    if news.type != ACCEPTED:
        return "platform_only_accepted"
    if not consented(endpoint, news.conversion):
        return "consent_missing"
    if news.conversion is None:
        return "platform_no_identifier"
    return platform.check(news, news.conversion)


def delivery_id(news: News, endpoint: EndpointId) -> str:
    """`dlv_` and 26 characters that any announcing of this news to this endpoint gives again."""
    key = news.key
    text = "\x1f".join((news.realm, endpoint, key.event, key.id, key.scope, news.type, news.mark))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return "dlv_" + base64.b32encode(digest).decode("ascii")[:26].lower()


def delivery_for(news: News, endpoint: Endpoint, extra: Mapping[str, str]) -> Delivery:
    """The delivery of a piece of news to one endpoint. Raises functions.BadCall."""
    name = delivery_id(news, endpoint.id)
    body, content_type = body_of(news, endpoint, name)
    return Delivery(
        realm=news.realm,
        id=name,
        endpoint=endpoint.id,
        type=news.type,
        key=news.key,
        created_at=news.at,
        next_at=news.at,
        facts={**facts_of(news, endpoint, name), **extra},
        body=body,
        content_type=content_type,
    )
