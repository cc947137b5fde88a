"""Direct destinations at ad platforms, off unless an endpoint is declared with such a format."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from touchline.delivery.platforms.google_ads import GOOGLE_ADS
from touchline.delivery.platforms.meta_capi import META_CAPI
from touchline.delivery.platforms.model import Platform
from touchline.delivery.platforms.tiktok import TIKTOK
from touchline.delivery.verdict import Answer, Result, Verdict, judge
from touchline.registry.model import Endpoint, EndpointFormat

PLATFORMS: Mapping[EndpointFormat, Platform] = MappingProxyType(
    {
        EndpointFormat.GOOGLE_ADS: GOOGLE_ADS,
        EndpointFormat.META_CAPI: META_CAPI,
        EndpointFormat.TIKTOK: TIKTOK,
    }
)


def options_problem(endpoint: Endpoint) -> str:
    """What the endpoint's options lack for its format; "" when nothing."""
    platform = PLATFORMS.get(endpoint.format)
    missing = (
        [name for name in platform.needed if not endpoint.options.get(name)] if platform else []
    )
    return f"options {', '.join(missing)} are missing" if missing else ""


def verdict_of(endpoint: Endpoint, result: Result, now: int) -> Verdict:
    """The verdict on a result: the platform's own errors are read from its answer's body."""
    platform = PLATFORMS.get(endpoint.format)
    if platform is not None and isinstance(result, Answer):
        own = platform.judged(_json_of(result), result)
        if own is not None:
            return own
    return judge(result, now)


def _json_of(answer: Answer) -> Mapping[str, Any]:
    try:
        said = json.loads(answer.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
