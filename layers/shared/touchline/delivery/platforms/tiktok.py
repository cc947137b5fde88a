"""TikTok: the Events API 2.0, `POST /open_api/v1.3/event/track/`.

Built from business-api.tiktok.com/portal/docs (Events API). Every answer has status 200; its
`code` says what came of it, 0 being good.
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
from touchline.ledger.identity import EMAIL_META, PHONE
from touchline.ledger.model import Conversion
from touchline.registry.model import Endpoint

BASE = "https://business-api.tiktok.com/open_api/v1.3"
_AUTH_CODES = range(40_101, 40_120)
_BUSY_CODES = frozenset({40_016, 40_100, 40_133})


def _url(endpoint: Endpoint) -> str:
    return f"{base_of(endpoint, BASE)}/event/track/"


def _headers(endpoint: Endpoint) -> Mapping[str, str]:
    return {"access-token": endpoint.options.get("access_token", "")}


def _body(news: News, conversion: Conversion, endpoint: Endpoint) -> Mapping[str, Any]:
    event = {
        "event": event_of(endpoint, news.key.event),
        "event_time": conversion.occurred_at // 1000,
        "event_id": order_of(news),
        "user": _user(news, conversion),
        "properties": purchase(news, conversion),
    }
    source = {
        "event_source": endpoint.options.get("event_source", "web"),
        "event_source_id": endpoint.options.get("pixel_code", ""),
    }
    return marked(endpoint, {**source, "data": [event]})


def _user(news: News, conversion: Conversion) -> dict[str, Any]:
    # TikTok hashes E.164 with its plus sign: the last of a phone's two identities.
    said = {
        "email": next(iter(hashes(conversion, EMAIL_META)), ""),
        "phone": next(iter(hashes(conversion, PHONE)[-1:]), ""),
        "external_id": user_of(conversion.identities)[1],
        "ttclid": ad_id(news, conversion, "ttclid"),
    }
    return filled(said)


def _check(news: News, conversion: Conversion) -> str:
    return "" if _user(news, conversion) else "platform_no_identifier"


def _judged(said: Mapping[str, Any], answer: Answer) -> Verdict | None:
    code = said.get("code")
    if not isinstance(code, int) or code == 0 or answer.status >= 400:
        return None
    if code in _AUTH_CODES:
        return Verdict(RETRY, CREDENTIALS)
    if code in _BUSY_CODES or code >= 50_000:
        return Verdict(RETRY, BUSY)
    return Verdict(REFUSED, f"{REJECTED}:{code}")


TIKTOK = Platform(
    needed=("pixel_code", "access_token"),
    url=_url,
    headers=_headers,
    body=_body,
    check=_check,
    judged=_judged,
)
