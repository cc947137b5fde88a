"""The changes of an update, as data. A name may be a dotted path ("a.b") whose parents exist."""

from collections.abc import Sequence
from typing import TypeAlias

from touchline.kernel.values import dataclass
from touchline.platform.dynamo.values import Value


@dataclass(frozen=True, slots=True)
class Set:
    """attribute = value"""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class SetIfMissing:
    """attribute = value, only where there was none"""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Add:
    """attribute += amount; a missing one counts as 0"""

    name: str
    amount: int


@dataclass(frozen=True, slots=True)
class Remove:
    """The attribute goes, if it is there."""

    name: str


@dataclass(frozen=True, slots=True)
class Append:
    """The values go to the end of the list; a missing list counts as empty."""

    name: str
    values: Sequence[Value]


Change: TypeAlias = Set | SetIfMissing | Add | Remove | Append
