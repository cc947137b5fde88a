"""Requests to DynamoDB carried by the lean wire client."""

import base64
from collections.abc import Mapping
from typing import Any

from touchline.kernel.errors import StoreRefused, StoreUnavailable
from touchline.platform.dynamo.transport import RETRYABLE, error_of
from touchline.platform.wire.client import Fault, Unreachable, WireClient


def may_retry(fault: Fault) -> bool:
    """Whether DynamoDB's error may go away by itself."""
    return fault.status >= 500 or fault.kind in RETRYABLE


class WireTransport:
    """Over a WireClient made for DynamoDB."""

    def __init__(self, client: WireClient) -> None:
        self._client = client

    def call(self, operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """See Transport."""
        try:
            return self._client.call(operation, request)
        except Fault as fault:
            if fault.status >= 500:
                raise StoreUnavailable(f"{fault.kind} ({fault.status})") from fault
            raise error_of(fault.kind, fault.message, fault.answer) from fault
        except Unreachable as error:
            raise StoreUnavailable(str(error)) from error
        except TypeError as error:  # orjson: text with lone surrogates has no bytes
            raise StoreRefused(str(error)) from error

    def pack(self, raw: bytes) -> str:
        """Base64."""
        return base64.b64encode(raw).decode()

    def unpack(self, packed: Any) -> bytes:
        """Base64."""
        return base64.b64decode(packed)
