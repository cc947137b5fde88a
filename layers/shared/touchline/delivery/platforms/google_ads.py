"""Google Ads: offline conversions by `customers/{id}:uploadClickConversions` (REST, v26).

Built from developers.google.com/google-ads/api: ConversionUploadService, ClickConversion. Partial
failure is always on; an error comes in an answer of status 200.
"""

from collections.abc import Mapping
from typing import Any

from touchline.delivery.functions import apply
from touchline.delivery.news import News
from touchline.delivery.platforms.model import (
    CREDENTIALS,
    REJECTED,
    Platform,
    ad_id,
    amount,
    base_of,
    hashes,
    order_of,
)
from touchline.delivery.verdict import REFUSED, RETRY, Answer, Verdict
from touchline.ledger.identity import EMAIL_GOOGLE, PHONE
from touchline.ledger.model import Conversion
from touchline.registry.model import Endpoint

BASE = "https://googleads.googleapis.com/v26"
CLICK_IDS = ("gclid", "gbraid", "wbraid")


def _url(endpoint: Endpoint) -> str:
    return f"{base_of(endpoint, BASE)}/customers/{_customer(endpoint)}:uploadClickConversions"


def _headers(endpoint: Endpoint) -> Mapping[str, str]:
    options = endpoint.options
    headers = {"developer-token": options.get("developer_token", "")}
    if login := options.get("login_customer_id", ""):
        headers["login-customer-id"] = login.replace("-", "")
    return headers


def _body(news: News, conversion: Conversion, endpoint: Endpoint) -> Mapping[str, Any]:
    action = endpoint.options.get("conversion_action", "")
    content: dict[str, Any] = {
        "conversionAction": f"customers/{_customer(endpoint)}/conversionActions/{action}",
        "conversionDateTime": apply(
            "date", str(conversion.occurred_at), ("%Y-%m-%d %H:%M:%S+00:00",), ""
        ),
        "conversionValue": amount(conversion),
        "currencyCode": conversion.currency,
        "orderId": order_of(news),
    }
    click = next(
        ((name, value) for name in CLICK_IDS if (value := ad_id(news, conversion, name))), None
    )
    if click:
        content[click[0]] = click[1]
    identifiers = _identifiers(conversion)
    if identifiers:
        content["userIdentifiers"] = identifiers
    if endpoint.consent:  # checked before: the person gave every consent that is asked for
        content["consent"] = {"adUserData": "GRANTED", "adPersonalization": "GRANTED"}
    return {"conversions": [content], "partialFailure": True}


def _identifiers(conversion: Conversion) -> list[dict[str, str]]:
    emails = [{"hashedEmail": value} for value in hashes(conversion, EMAIL_GOOGLE)]
    # Google hashes E.164 with its plus sign, which is the last of a phone's two identities.
    phones = [{"hashedPhoneNumber": value} for value in hashes(conversion, PHONE)[-1:]]
    return (emails + phones)[:5]


def _check(news: News, conversion: Conversion) -> str:
    known = any(ad_id(news, conversion, name) for name in CLICK_IDS) or _identifiers(conversion)
    return "" if known else "platform_no_identifier"


def _judged(said: Mapping[str, Any], answer: Answer) -> Verdict | None:
    if answer.status in {401, 403}:
        return Verdict(RETRY, CREDENTIALS)
    failure = said.get("partialFailureError")
    if answer.status == 200 and isinstance(failure, Mapping) and failure.get("message"):
        return Verdict(REFUSED, f"{REJECTED}:{_code(failure)}")
    return None


def _code(failure: Mapping[str, Any]) -> str:
    """The first error's code, such as `TOO_RECENT_CONVERSION_ACTION`."""
    for detail in failure.get("details") or ():
        for error in detail.get("errors") or () if isinstance(detail, Mapping) else ():
            codes = error.get("errorCode") if isinstance(error, Mapping) else None
            if isinstance(codes, Mapping) and codes:
                return str(next(iter(codes.values())))[:60]
    return str(failure.get("code", ""))[:60]


def _customer(endpoint: Endpoint) -> str:
    return endpoint.options.get("customer_id", "").replace("-", "")


GOOGLE_ADS = Platform(
    needed=(
        "customer_id",
        "conversion_action",
        "developer_token",
        "client_id",
        "client_secret",
        "refresh_token",
    ),
    url=_url,
    headers=_headers,
    body=_body,
    check=_check,
    judged=_judged,
    oauth=True,
)
