"""The body of a delivery by its endpoint's format, made once when the news is announced."""

import json

from touchline.delivery.facts import facts_of
from touchline.delivery.news import News
from touchline.delivery.payload import JSON, json_body
from touchline.delivery.platforms import PLATFORMS
from touchline.delivery.templates import render_body
from touchline.registry.model import Endpoint, EndpointFormat


def body_of(news: News, endpoint: Endpoint, delivery: str) -> tuple[str, str]:
    """Body and content type; empty for formats that send none. Raises functions.BadCall."""
    if endpoint.format is EndpointFormat.JSON:
        return json_body(news, endpoint, delivery), JSON
    if endpoint.format is EndpointFormat.BODY:
        kind = _content_type(endpoint)
        return render_body(endpoint.body, facts_of(news, endpoint, delivery), kind), kind
    platform = PLATFORMS.get(endpoint.format)
    if platform is not None and news.conversion is not None:
        said = platform.body(news, news.conversion, endpoint)
        return json.dumps(said, separators=(",", ":")), JSON
    return "", ""


def _content_type(endpoint: Endpoint) -> str:
    stated = {name.lower(): value for name, value in endpoint.headers.items()}
    return stated.get("content-type", JSON)
