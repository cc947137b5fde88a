"""What carries a request to DynamoDB and its answer back, and what a failed answer means."""

from collections.abc import Mapping
from typing import Any, Protocol

from touchline.kernel.errors import (
    ConditionFailed,
    ItemTooLarge,
    StoreError,
    StoreRefused,
    StoreUnavailable,
)

RETRYABLE = frozenset(
    {
        "InternalServerError",
        "InternalFailure",
        "ItemCollectionSizeLimitExceededException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""What may go away by itself."""

_TRANSACTION_RETRYABLE = frozenset(
    {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)


class Transport(Protocol):
    """Carries requests in DynamoDB's own shape; bytes are packed its own way."""

    def call(self, operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer. Raises StoreError (ConditionFailed with the item still packed)."""
        ...

    def pack(self, raw: bytes) -> Any:
        """Bytes as this transport takes them."""
        ...

    def unpack(self, packed: Any) -> bytes:
        """Bytes as this transport gives them."""
        ...


def error_of(kind: str, message: str, answer: Mapping[str, Any]) -> StoreError:
    """Our error for one of DynamoDB's, by its type's name.

    A failed condition carries the item that was there, still packed.
    """
    if kind == "ConditionalCheckFailedException":
        return ConditionFailed(answer.get("Item") or None)
    if kind == "TransactionCanceledException":
        return _of_reasons(message, answer.get("CancellationReasons") or ())
    if kind in RETRYABLE or kind.startswith("5"):
        return StoreUnavailable(f"{kind}: {message}")
    return _refused(f"{kind}: {message}")


def _of_reasons(message: str, reasons: Any) -> StoreError:
    for reason in reasons:
        if reason.get("Code") == "ConditionalCheckFailed":
            return ConditionFailed(reason.get("Item") or None)
    codes = {reason.get("Code") for reason in reasons} - {"None", None}
    if codes and codes <= _TRANSACTION_RETRYABLE:
        return StoreUnavailable(f"the transaction met another: {sorted(codes)}")
    told = " ".join(str(reason.get("Message", "")) for reason in reasons)
    return _refused(f"the transaction was refused: {message} {told}")


def _refused(message: str) -> StoreError:
    """DynamoDB tells an item that is too large by its words only."""
    too_large = "item size" in message.lower()
    return ItemTooLarge(message) if too_large else StoreRefused(message)
