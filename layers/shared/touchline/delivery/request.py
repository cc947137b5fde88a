"""The request of an attempt: rendered, signed, and as its log may show it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from touchline.delivery.model import Delivery
from touchline.delivery.platforms import PLATFORMS
from touchline.delivery.redact import (
    hidden_body,
    hidden_facts,
    hidden_headers,
    hidden_url,
    private_forms,
)
from touchline.delivery.referral import referral_url
from touchline.delivery.signing import signed_headers
from touchline.delivery.templates import Facts, render_header, render_url
from touchline.delivery.verdict import Outgoing
from touchline.registry.model import SECRET_OPTIONS, Endpoint, EndpointFormat, Secret

Open = Callable[[str], str]
"""Opens a sealed secret; a plain one passes."""

_WITHOUT_BODY = frozenset({EndpointFormat.GET, EndpointFormat.REFERRAL})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request, and its likeness for the log; `private` are the values no log may show."""

    request: Outgoing
    shown: Outgoing
    private: Sequence[str]


def opened(endpoint: Endpoint, open_secret: Open) -> Endpoint:
    """The endpoint with its secrets and secret options in the clear, for the attempt only."""
    return replace(
        endpoint,
        secrets=tuple(
            Secret(open_secret(s.value), s.from_at, s.until_at) for s in endpoint.secrets
        ),
        options={
            name: open_secret(value) if name in SECRET_OPTIONS else value
            for name, value in endpoint.options.items()
        },
    )


def prepare(endpoint: Endpoint, delivery: Delivery, now: int) -> Prepared:
    """The request of the delivery's next attempt; `endpoint` is opened.

    Raises signing.BadSecret and functions.BadCall for an endpoint that cannot work.
    """
    facts = {**delivery.facts, "attempt": str(delivery.attempts + 1)}
    facts["secret"] = endpoint.options.get("secret", "")
    request = _request(endpoint, delivery, facts, now)
    secrets = [secret.value for secret in endpoint.secrets]
    secrets += [endpoint.options.get(name, "") for name in sorted(SECRET_OPTIONS)]
    private = private_forms(facts, secrets)
    shown = Outgoing(
        request.method,
        hidden_url(_url(endpoint, hidden_facts(facts))),
        hidden_headers(request.headers, private),
        hidden_body(request.body, delivery.content_type, private).encode(),
    )
    return Prepared(request, shown, private)


def _request(endpoint: Endpoint, delivery: Delivery, facts: Facts, now: int) -> Outgoing:
    body = delivery.body.encode()
    signed = signed_headers(delivery.id, body, endpoint.secrets, now)
    method = "GET" if endpoint.format in _WITHOUT_BODY else (endpoint.method or "POST").upper()
    return Outgoing(
        method,
        _url(endpoint, facts),
        {**_own_headers(endpoint, facts), **_content_type(delivery), **_mark(facts), **signed},
        body,
    )


def _url(endpoint: Endpoint, facts: Facts) -> str:
    platform = PLATFORMS.get(endpoint.format)
    if platform is not None:
        return platform.url(endpoint)
    if endpoint.format is EndpointFormat.REFERRAL:
        return referral_url(endpoint.url, facts)
    return render_url(endpoint.url, facts)


def _own_headers(endpoint: Endpoint, facts: Facts) -> Mapping[str, str]:
    platform = PLATFORMS.get(endpoint.format)
    if platform is not None:
        return platform.headers(endpoint)
    return {name.lower(): render_header(text, facts) for name, text in endpoint.headers.items()}


def _mark(facts: Facts) -> Mapping[str, str]:
    """What is sent as a test says so."""
    return {"touchline-test": "1"} if facts.get("test") else {}


def _content_type(delivery: Delivery) -> Mapping[str, str]:
    return {"content-type": delivery.content_type} if delivery.content_type else {}
