"""Meta: the Conversions API, `POST /{version}/{dataset}/events`.

Built from developers.facebook.com/documentation/ads-commerce/conversions-api. `event_id` with
`event_name` tells repeats; an event may be at most 7 days old.
"""

from collections.abc import Mapping
from typing import Any

from touchline.delivery.facts import user_of
from touchline.delivery.news import News
from touchline.delivery.platforms.model import (
    BUSY,
    CREDENTIALS,
    REJECTED,
    Platform,
    ad_id,
    base_of,
    event_of,
    filled,
    hashes,
    marked,
    order_of,
    purchase,
)
from touchline.delivery.verdict import REFUSED, RETRY, Answer, Verdict
from touchline.kernel.clock import DAY_MS
from touchline.ledger.identity import EMAIL_META, PHONE
from touchline.ledger.model import Conversion
from touchline.registry.model import Endpoint

BASE = "https://graph.facebook.com/v25.0"
OLDEST_MS = 7 * DAY_MS
_BUSY_CODES = frozenset({1, 2, 4, 17, 341, 613, 80004})
_AUTH_CODES = frozenset({102, 190, 10, 200})


def _url(endpoint: Endpoint) -> str:
    return f"{base_of(endpoint, BASE)}/{endpoint.options.get('pixel_id', '')}/events"


def _headers(endpoint: Endpoint) -> Mapping[str, str]:
    return {"authorization": f"Bearer {endpoint.options.get('access_token', '')}"}


def _body(news: News, conversion: Conversion, endpoint: Endpoint) -> Mapping[str, Any]:
    event = {
        "event_name": event_of(endpoint, news.key.event),
        "event_time": conversion.occurred_at // 1000,
        "event_id": order_of(news),
        "action_source": endpoint.options.get("action_source", "system_generated"),
        "user_data": _user(news, conversion),
        "custom_data": purchase(news, conversion),
    }
    return marked(endpoint, {"data": [event]})


def _user(news: News, conversion: Conversion) -> dict[str, Any]:
    click = ad_id(news, conversion, "fbclid")
    clicked = conversion.clicked_at or conversion.occurred_at
    # Meta hashes the digits alone: the first of a phone's two identities.
    said = {
        "em": hashes(conversion, EMAIL_META),
        "ph": hashes(conversion, PHONE)[:1],
        "external_id": [value for value in [user_of(conversion.identities)[1]] if value],
        "fbc": ad_id(news, conversion, "fbc") or (f"fb.1.{clicked}.{click}" if click else ""),
        "fbp": ad_id(news, conversion, "fbp"),
    }
    return filled(said)


def _check(news: News, conversion: Conversion) -> str:
    if not _user(news, conversion):
        return "platform_no_identifier"
    return "platform_too_old" if news.at - conversion.occurred_at > OLDEST_MS else ""


def _judged(said: Mapping[str, Any], answer: Answer) -> Verdict | None:
    error = said.get("error")
    if isinstance(error, Mapping):
        code = error.get("code")
        if code in _AUTH_CODES:
            return Verdict(RETRY, CREDENTIALS)
        if code in _BUSY_CODES or error.get("is_transient"):
            return Verdict(RETRY, BUSY)
        return Verdict(REFUSED, f"{REJECTED}:{code}.{error.get('error_subcode', '')}")
    if answer.status == 200 and said.get("events_received") == 0:
        return Verdict(REFUSED, f"{REJECTED}:not_received")
    return None


META_CAPI = Platform(
    needed=("pixel_id", "access_token"),
    url=_url,
    headers=_headers,
    body=_body,
    check=_check,
    judged=_judged,
)
