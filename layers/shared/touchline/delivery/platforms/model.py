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
    body: Callable[[News, Endpoint, str], Mapping[str, Any]]
    check: Callable[[News], str]
    judged: Callable[[Mapping[str, Any], Answer], Verdict | None]
    oauth: bool = False


def base_of(endpoint: Endpoint, usual: str) -> str:
    """The endpoint's own base URL (a proxy, a test), else the platform's."""
    return (endpoint.url or usual).rstrip("/")


def event_of(endpoint: Endpoint, event: str) -> str:
    """What the platform calls an event: option `event.<our name>`, else `event_name`, else ours."""
    options = endpoint.options
    return options.get(f"event.{event}") or options.get("event_name") or event


def ad_id(news: News, name: str) -> str:
    """An ad click ID: as the conversion says, else as the click did."""
    conversion = news.conversion
    said = conversion.parameters.get(name, "") if conversion is not None else ""
    return said or news.ad_ids.get(name, "")


def amount(conversion: Conversion) -> float:
    """The value as a JSON number. Exact to the cent up to 90 million million units."""
    return float(Decimal(conversion.net_value_micros) / MICROS)


def hashes(conversion: Conversion, domain: str) -> list[str]:
    """The hashed identities of one domain, each once."""
    prefix = f"{domain}:"
    found = [one.removeprefix(prefix) for one in conversion.identities if one.startswith(prefix)]
    return list(dict.fromkeys(found))
