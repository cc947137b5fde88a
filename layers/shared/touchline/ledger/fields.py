"""Reading an item's attributes as what they are; an absent one reads as its empty value."""

from collections.abc import Mapping
from typing import cast

from touchline.platform.dynamo import Item, Value


def text(item: Item, name: str) -> str:
    """A string; "" when absent."""
    return cast("str", item.get(name, ""))


def number(item: Item, name: str) -> int:
    """A whole number; 0 when absent."""
    return cast("int", item.get(name, 0))


def maybe_number(item: Item, name: str) -> int | None:
    """A whole number, or None when absent."""
    return cast("int | None", item.get(name))


def flag(item: Item, name: str) -> bool:
    """True or False; False when absent."""
    return bool(item.get(name, False))


def raw(item: Item, name: str) -> bytes:
    """Bytes; b"" when absent."""
    return cast("bytes", item.get(name, b""))


def texts(item: Item, name: str) -> tuple[str, ...]:
    """A list of strings, in order."""
    return tuple(cast("list[str]", item.get(name, ())))


def words(item: Item, name: str) -> Mapping[str, str]:
    """A map of strings."""
    return dict(cast("Mapping[str, str]", item.get(name, {})))


def items(item: Item, name: str) -> tuple[Item, ...]:
    """A list of maps, in order."""
    return tuple(cast("list[Item]", item.get(name, ())))


def stated(values: Mapping[str, Value]) -> dict[str, Value]:
    """Only the attributes that say something: no None, "", 0, False or empty collection.

    Absent attributes cost no write units and read back as the same empty value.
    """
    return {name: value for name, value in values.items() if value}
