"""How the memory table judges conditions and makes changes: DynamoDB's rules, written out."""

from collections.abc import Mapping, Sequence
from typing import Any

from touchline.platform.dynamo import (
    Add,
    AllOf,
    AnyOf,
    Append,
    AtLeast,
    AtMost,
    Change,
    Condition,
    Contains,
    Equals,
    Exists,
    Item,
    Less,
    Missing,
    Not,
    Remove,
    Set,
    SetIfMissing,
)
from touchline.platform.dynamo.indexes import INDEX_ATTRIBUTES, INDEXES

ITEM_BYTES = 400 * 1024
PARTITION_KEY_BYTES, SORT_KEY_BYTES = 2048, 1024
_SORTS = frozenset(index.sort for index in INDEXES.values())
_ABSENT = object()
_ORDERS = {Equals: (0,), Less: (-1,), AtMost: (-1, 0), AtLeast: (0, 1)}


def holds(condition: Condition, row: Item) -> bool:
    """Whether the condition holds for the row ({} where there is none)."""
    match condition:
        case AllOf(conditions):
            return all(holds(inner, row) for inner in conditions)
        case AnyOf(conditions):
            return any(holds(inner, row) for inner in conditions)
        case Not(inner):
            return not holds(inner, row)
        case _:
            return _holds_of(condition, _at(row, condition.name))


def _holds_of(condition: Any, found: Any) -> bool:
    if isinstance(condition, Exists | Missing):
        return (found is _ABSENT) == isinstance(condition, Missing)
    if isinstance(condition, Contains):
        return _contains(found, condition.value)
    return _compare(found, condition.value) in _ORDERS[type(condition)]


def changed(row: dict[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    """The row after the changes; every right-hand side reads the row as it was before."""
    before = {change.name: _at(row, change.name) for change in changes}
    for change in changes:
        parent, last = _parent(row, change.name)
        old = before[change.name]
        match change:
            case Set(_, value):
                parent[last] = value
            case SetIfMissing(_, value):
                parent[last] = value if old is _ABSENT else old
            case Add(_, amount):
                parent[last] = (0 if old is _ABSENT else old) + amount
            case Append(_, values):
                parent[last] = [*([] if old is _ABSENT else old), *values]
            case Remove():
                parent.pop(last, None)
    return row


def path_error(row: Item, changes: Sequence[Change]) -> str:
    """Why DynamoDB would refuse these changes of this row, or ""."""
    names = [change.name for change in changes]
    if not names or len(set(names)) != len(names):
        return "no change, or two changes of one attribute"
    for change in changes:
        if change.name in {"pk", "sk"}:
            return "a key cannot be changed"
        *parents, _ = change.name.split(".")
        if parents and not isinstance(_at(row, ".".join(parents)), Mapping):
            return f"the path of {change.name} does not exist"
        old = _at(row, change.name)
        if isinstance(change, Add) and old is not _ABSENT and _kind(old) != "N":
            return f"{change.name} is not a number"
        if isinstance(change, Append) and old is not _ABSENT and _kind(old) != "L":
            return f"{change.name} is not a list"
    return ""


def put_error(item: Item) -> str:
    """Why DynamoDB would refuse to store this item, or ""."""
    for name in INDEX_ATTRIBUTES & set(item):
        value = item[name]
        if not isinstance(value, str) or not value:
            return f"the index attribute {name} must be a non-empty string"
        if len(value.encode()) > (SORT_KEY_BYTES if name in _SORTS else PARTITION_KEY_BYTES):
            return f"the index attribute {name} has too many bytes"
    try:
        size = sum(len(name.encode()) + size_of(value) for name, value in item.items())
    except TypeError as error:
        return str(error)
    return f"an item of {size} bytes" if size > ITEM_BYTES else ""


def _at(row: Item, name: str) -> Any:
    found: Any = row
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return _ABSENT
        found = found[part]
    return found


def _parent(row: dict[str, Any], name: str) -> tuple[dict[str, Any], str]:
    *parents, last = name.split(".")
    for part in parents:
        row = row[part]
    return row, last


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "BOOL"
    kinds = {str: "S", int: "N", bytes: "B", type(None): "NULL", list: "L", dict: "M"}
    return kinds.get(type(value), "?")


def _compare(found: Any, value: Any) -> int | None:
    if _kind(found) != _kind(value):
        return None
    if _kind(found) == "S":
        found, value = found.encode(), value.encode()
    if found == value:
        return 0
    return -1 if found < value else 1


def _contains(found: Any, value: Any) -> bool:
    if isinstance(found, list):
        return any(_compare(element, value) == 0 for element in found)
    return isinstance(found, str) and isinstance(value, str) and value in found


def size_of(value: Any) -> int:
    """What the value counts for towards an item's size, as DynamoDB counts it."""
    match value:
        case None | bool():
            return 1
        case str():
            return len(value.encode())
        case bytes():
            return len(value)
        case int():
            if abs(value) >= 10**38:
                raise TypeError("a number of more than 38 digits")
            return len(str(abs(value))) // 2 + 2
        case Mapping():
            return 3 + sum(1 + len(k.encode()) + size_of(v) for k, v in value.items())
        case list() | tuple():
            return 3 + sum(1 + size_of(element) for element in value)
    raise TypeError(f"{type(value).__name__} cannot be stored")
