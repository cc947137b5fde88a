"""Requests to DynamoDB carried by boto3."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from touchline.kernel.errors import StoreRefused, StoreUnavailable
from touchline.platform.dynamo.transport import error_of

_METHODS = {
    "GetItem": "get_item",
    "PutItem": "put_item",
    "UpdateItem": "update_item",
    "DeleteItem": "delete_item",
    "Query": "query",
    "Scan": "scan",
    "BatchGetItem": "batch_get_item",
    "BatchWriteItem": "batch_write_item",
    "TransactWriteItems": "transact_write_items",
}


class BotoTransport:
    """Over a boto3 DynamoDB client, whose own retries and time-outs apply."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def call(self, operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """See Transport."""
        try:
            answer: Mapping[str, Any] = getattr(self._client, _METHODS[operation])(**request)
        except ClientError as error:
            said: Mapping[str, Any] = error.response
            about = said.get("Error", {})
            kind = str(about.get("Code", ""))
            status = said.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if status >= 500:
                raise StoreUnavailable(f"{kind} ({status})") from error
            raise error_of(kind, str(about.get("Message", "")), said) from error
        except (ParamValidationError, UnicodeEncodeError) as error:
            raise StoreRefused(str(error)) from error
        except BotoCoreError as error:
            raise StoreUnavailable(type(error).__name__) from error
        return answer

    def pack(self, raw: bytes) -> bytes:
        """boto3 takes bytes as they are."""
        return raw

    def unpack(self, packed: Any) -> bytes:
        """boto3 gives bytes as they are."""
        return bytes(packed)
