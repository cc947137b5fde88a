"""Conditions and changes in DynamoDB's expression language, with placeholders throughout, so that
no name is a reserved word and no value is ever part of the text."""

from collections.abc import Callable, Sequence
from typing import Any

from touchline.platform.dynamo.changes import Add, Append, Change, Remove, SetIfMissing
from touchline.platform.dynamo.codec import encode
from touchline.platform.dynamo.conditions import (
    AllOf,
    AnyOf,
    AtLeast,
    AtMost,
    Condition,
    Contains,
    Equals,
    Exists,
    Less,
    Missing,
    Not,
)
from touchline.platform.dynamo.values import Value

_FUNCTIONS = {Exists: "attribute_exists", Missing: "attribute_not_exists"}
_OPERATORS = {Equals: "=", Less: "<", AtMost: "<=", AtLeast: ">="}


class Expressions:
    """Collects the placeholders of one request while its expressions are written."""

    def __init__(self, pack: Callable[[bytes], Any]) -> None:
        self._pack = pack
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}

    def name(self, path: str) -> str:
        """`#0`, or `#0.#1` for a dotted path."""
        return ".".join(
            self._names.setdefault(part, f"#{len(self._names)}") for part in path.split(".")
        )

    def value(self, value: Value) -> str:
        """`:0`"""
        placeholder = f":{len(self._values)}"
        self._values[placeholder] = encode(value, self._pack)
        return placeholder

    def condition(self, condition: Condition) -> str:
        """`attribute_exists(#0) AND (#1 = :0)`"""
        if isinstance(condition, AllOf | AnyOf):
            if len(condition.conditions) == 1:  # DynamoDB refuses redundant parentheses
                return self.condition(condition.conditions[0])
            word = " AND " if isinstance(condition, AllOf) else " OR "
            return word.join(f"({self.condition(inner)})" for inner in condition.conditions)
        if isinstance(condition, Not):
            return f"NOT ({self.condition(condition.condition)})"
        name = self.name(condition.name)
        if isinstance(condition, Exists | Missing):
            return f"{_FUNCTIONS[type(condition)]}({name})"
        value = self.value(condition.value)
        if isinstance(condition, Contains):
            return f"contains({name}, {value})"
        return f"{name} {_OPERATORS[type(condition)]} {value}"

    def changes(self, changes: Sequence[Change]) -> str:
        """`SET #0 = :0, #1 = if_not_exists(#1, :1) + :2 REMOVE #2`"""
        sets = [self._set(change) for change in changes if not isinstance(change, Remove)]
        removals = [self.name(change.name) for change in changes if isinstance(change, Remove)]
        clauses = [f"SET {', '.join(sets)}"] if sets else []
        if removals:
            clauses.append(f"REMOVE {', '.join(removals)}")
        return " ".join(clauses)

    def placeholders(self) -> dict[str, Any]:
        """The parts of the request that say what the placeholders stand for."""
        parts: dict[str, Any] = {}
        if self._names:
            parts["ExpressionAttributeNames"] = {mark: name for name, mark in self._names.items()}
        if self._values:
            parts["ExpressionAttributeValues"] = self._values
        return parts

    def _set(self, change: Change) -> str:
        name = self.name(change.name)
        if isinstance(change, Add):
            return f"{name} = if_not_exists({name}, {self.value(0)}) + {self.value(change.amount)}"
        if isinstance(change, Append):
            added = self.value(list(change.values))
            return f"{name} = list_append(if_not_exists({name}, {self.value([])}), {added})"
        assert not isinstance(change, Remove)  # noqa: S101 - narrowed by the caller, for mypy
        value = self.value(change.value)
        if isinstance(change, SetIfMissing):
            return f"{name} = if_not_exists({name}, {value})"
        return f"{name} = {value}"
