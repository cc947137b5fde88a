"""The conditions of a write, as data: an adapter says them, the memory table judges them.

A name may be a dotted path ("a.b"). A comparison with an attribute that is missing, or of another
type, is false, as DynamoDB has it.
"""

from typing import TypeAlias

from touchline.kernel.values import dataclass
from touchline.platform.dynamo.values import Scalar


@dataclass(frozen=True, slots=True)
class Exists:
    """The attribute is there (`Exists("pk")`: the item is there)."""

    name: str


@dataclass(frozen=True, slots=True)
class Missing:
    """The attribute is not there (`Missing("pk")`: no such item)."""

    name: str


@dataclass(frozen=True, slots=True)
class Equals:
    """attribute = value"""

    name: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class Less:
    """attribute < value"""

    name: str
    value: str | int


@dataclass(frozen=True, slots=True)
class AtMost:
    """attribute <= value"""

    name: str
    value: str | int


@dataclass(frozen=True, slots=True)
class AtLeast:
    """attribute >= value"""

    name: str
    value: str | int


@dataclass(frozen=True, slots=True)
class Contains:
    """The list has the element, or the string has the part."""

    name: str
    value: str | int


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one holds: `AllOf(Exists("pk"), Equals("version", 3))`."""

    conditions: tuple["Condition", ...]

    def __init__(self, *conditions: "Condition") -> None:
        object.__setattr__(self, "conditions", conditions)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one holds."""

    conditions: tuple["Condition", ...]

    def __init__(self, *conditions: "Condition") -> None:
        object.__setattr__(self, "conditions", conditions)


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold (true for a comparison with a missing attribute)."""

    condition: "Condition"


Condition: TypeAlias = (
    Exists | Missing | Equals | Less | AtMost | AtLeast | Contains | AllOf | AnyOf | Not
)
