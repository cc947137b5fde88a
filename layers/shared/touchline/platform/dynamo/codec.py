"""Values as DynamoDB writes them: `{"S": "text"}`, `{"N": "5"}`, `{"M": {...}}`.

Bytes are the one thing that transports write differently (raw with boto3, base64 on the wire),
so packing and unpacking them comes as an argument.
"""

from collections.abc import Callable, Mapping
from typing import Any

from touchline.kernel.errors import StoreRefused
from touchline.platform.dynamo.values import Item, Value

Packed = dict[str, Any]
MOST_DIGITS = 38


def encode_item(item: Item, pack: Callable[[bytes], Any]) -> dict[str, Packed]:
    """The item as attribute values. Raises StoreRefused for what has no place in a table."""
    return {name: encode(value, pack) for name, value in item.items()}


def encode(value: Value, pack: Callable[[bytes], Any]) -> Packed:
    """One attribute value."""
    if isinstance(value, str):
        return {"S": value}
    if value is None or isinstance(value, bool):
        return {"NULL": True} if value is None else {"BOOL": value}
    if isinstance(value, int):
        return {"N": _digits(value)}
    if isinstance(value, Mapping):
        return {"M": encode_item(value, pack)}
    if isinstance(value, bytes):
        return {"B": pack(value)}
    if isinstance(value, list | tuple):
        return {"L": [encode(inner, pack) for inner in value]}
    raise StoreRefused(f"a value of type {type(value).__name__} cannot be stored")


def decode_item(packed: Mapping[str, Packed], unpack: Callable[[Any], bytes]) -> dict[str, Value]:
    """The item behind attribute values."""
    return {name: decode(value, unpack) for name, value in packed.items()}


def decode(packed: Packed, unpack: Callable[[Any], bytes]) -> Value:
    """The value behind one attribute value. Raises StoreRefused for kinds that we never write."""
    ((kind, value),) = packed.items()
    if kind in {"S", "BOOL"}:
        return value  # type: ignore[no-any-return]
    if kind == "N":
        return int(value)
    if kind == "NULL":
        return None
    if kind == "M":
        return decode_item(value, unpack)
    if kind == "L":
        return [decode(inner, unpack) for inner in value]
    if kind == "B":
        return unpack(value)
    raise StoreRefused(f"a stored value of kind {kind} is not one of ours")


def _digits(number: int) -> str:
    text = str(number)
    if len(text.lstrip("-")) > MOST_DIGITS:
        raise StoreRefused(f"a number of more than {MOST_DIGITS} digits")
    return text
