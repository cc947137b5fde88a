"""What every ad platform's format consists of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from touchline.delivery.news import News
from touchline.delivery.verdict import Answer, Verdict
from touchline.kernel.money import MICROS
from touchline.ledger.model import Conversion
from touchline.registry.model import Endpoint

REJECTED = "platform_rejected"
CREDENTIALS = "platform_credentials"
BUSY = "platform_busy"


@dataclass(frozen=True, slots=True)
class Platform:
    """One ad platform: where and how its API takes a conversion, and what its answer means.

    `needed` options must be there; `check` names what is missing in a conversion (a reason code),
    so that nothing is sent that would be refused.
    """

    needed: tuple[str, ...]
    url: Callable[[Endpoint], str]
    headers: Callable[[Endpoint], Mapping[str, str]]
    body: Callable[[News, Conversion, Endpoint], Mapping[str, Any]]
    check: Callable[[News, Conversion], str]
    judged: Callable[[Mapping[str, Any], Answer], Verdict | None]
    oauth: bool = False


def base_of(endpoint: Endpoint, usual: str) -> str:
    """The endpoint's own base URL (a proxy, a test), else the platform's."""
    return (endpoint.url or usual).rstrip("/")


def event_of(endpoint: Endpoint, event: str) -> str:
    """What the platform calls an event: option `event.<our name>`, else `event_name`, else ours."""
    options = endpoint.options
    return options.get(f"event.{event}") or options.get("event_name") or event


def ad_id(news: News, conversion: Conversion, name: str) -> str:
    """An ad click ID: as the conversion says, else as the click did."""
    return conversion.parameters.get(name, "") or news.ad_ids.get(name, "")


def order_of(news: News) -> str:
    """The ID by which a platform tells repeats."""
    return f"{news.key.event}:{news.key.id}"


def purchase(news: News, conversion: Conversion) -> dict[str, Any]:
    """What was bought, in the words that Meta and TikTok share."""
    return {
        "value": amount(conversion),
        "currency": conversion.currency,
        "order_id": news.key.id,
    }


def marked(endpoint: Endpoint, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body, for the platform's test view when the endpoint has a `test_event_code`."""
    code = endpoint.options.get("test_event_code", "")
    return {**body, "test_event_code": code} if code else body


def filled(said: Mapping[str, Any]) -> dict[str, Any]:
    """What of it is known."""
    return {name: value for name, value in said.items() if value}


def amount(conversion: Conversion) -> float:
    """The value as a JSON number. Exact to the cent up to 90 million million units."""
    return float(Decimal(conversion.net_value_micros) / MICROS)


def hashes(conversion: Conversion, domain: str) -> list[str]:
    """The hashed identities of one domain, each once."""
    prefix = f"{domain}:"
    found = [one.removeprefix(prefix) for one in conversion.identities if one.startswith(prefix)]
    return list(dict.fromkeys(found))
