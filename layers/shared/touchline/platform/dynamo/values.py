"""What a table holds. No float and no Decimal: money is integer micros, a share is parts."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, NewType, TypeAlias

Scalar: TypeAlias = str | int | bytes | bool | None
Value: TypeAlias = "Scalar | Sequence[Value] | Mapping[str, Value]"
Item: TypeAlias = Mapping[str, Value]

Cursor = NewType("Cursor", str)
"""Where the next page starts: JSON text, opaque to the caller, safe to store and to send."""


class Key(NamedTuple):
    """The primary key of an item; every table has the attributes `pk` and `sk`, both strings."""

    pk: str
    sk: str
