"""Shapes of JSON values: each reads a parsed value, and tells its JSON Schema for /openapi.json.

Written by hand, and not with Pydantic, because intake's cold start pays for every import; what a
shape reads is plain text, so that judging names what is wrong with an amount or a time.
"""

from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal
from typing import Any, Protocol

from touchline.kernel.errors import Refused
from touchline.kernel.values import dataclass

Schema = dict[str, Any]


class Shape(Protocol):
    """What a JSON value must look like."""

    def read(self, value: Any, at: str) -> Any:
        """The value, checked. Raises Refused (`bad_type`, `bad_text`, …) naming the field `at`."""

    def schema(self) -> Schema:
        """The JSON Schema of the shape."""


@dataclass(frozen=True, slots=True)
class Text:
    """Printable text of so many bytes in UTF-8, as keys of the table count; a whole number will do
    where an ID is meant."""

    longest: int = 255
    shortest: int = 0

    def read(self, value: Any, at: str) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise Refused("bad_type", "text is expected", field=at)
        text = value.strip()
        if not self.shortest <= len(text.encode()) <= self.longest or not text.isprintable():
            problem = f"{self.shortest} to {self.longest} bytes of printable text"
            raise Refused("bad_text", problem, field=at)
        return text

    def schema(self) -> Schema:
        text: Schema = {"type": "string", "maxLength": self.longest}
        if self.shortest:
            text["minLength"] = self.shortest
        return {"anyOf": [text, {"type": "integer"}]}


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, value: Any, at: str) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise Refused("bad_choice", f"one of {', '.join(self.words)}", field=at)
        return value

    def schema(self) -> Schema:
        return {"type": "string", "enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Amount:
    """A decimal, as a string or a number; its digits stay as they came."""

    def read(self, value: Any, at: str) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise Refused("bad_type", "a decimal is expected", field=at)
        return str(value).strip()

    def schema(self) -> Schema:
        return {"anyOf": [{"type": "string", "examples": ["10.50"]}, {"type": "number"}]}


@dataclass(frozen=True, slots=True)
class Instant:
    """UNIX milliseconds or seconds as a number or its digits, or RFC 3339 text (`text_too`)."""

    text_too: bool = True

    def read(self, value: Any, at: str) -> str:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if not is_whole and not isinstance(value, str):
            raise Refused("bad_time", "a whole number is expected", field=at)
        text = str(value).strip()
        if not text or (not self.text_too and not (text.isascii() and text.isdigit())):
            raise Refused("bad_time", "UNIX time in digits is expected", field=at)
        return text

    def schema(self) -> Schema:
        digits: Schema = {"type": "string", "pattern": "^[0-9]{9,13}$"}
        text: Schema = {"type": "string", "examples": ["2026-01-31T12:00:00Z"]}
        return {"anyOf": [{"type": "integer"}, text if self.text_too else digits]}


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def read(self, value: Any, at: str) -> bool:
        if not isinstance(value, bool):
            raise Refused("bad_type", "true or false is expected", field=at)
        return value

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one shape."""

    inner: Shape
    most: int
    least: int = 0

    def read(self, value: Any, at: str) -> list[Any]:
        if not isinstance(value, list):
            raise Refused("bad_type", "a list is expected", field=at)
        if not self.least <= len(value) <= self.most:
            raise Refused("bad_length", f"{self.least} to {self.most} elements", field=at)
        return [self.inner.read(element, f"{at}[{n}]") for n, element in enumerate(value)]

    def schema(self) -> Schema:
        items: Schema = {"type": "array", "items": self.inner.schema(), "maxItems": self.most}
        return {**items, "minItems": self.least} if self.least else items


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value: what is judged one by one later."""

    described: Mapping[str, Any] = field(default_factory=dict)

    def read(self, value: Any, at: str) -> Any:  # noqa: ARG002 - the protocol's signature
        return value

    def schema(self) -> Schema:
        return dict(self.described)


@dataclass(frozen=True, slots=True)
class WordMap:
    """An object of scalars, read as text; at most `most` names."""

    most: int = 60
    longest: int = 512

    def read(self, value: Any, at: str) -> dict[str, str]:
        if not isinstance(value, dict):
            raise Refused("bad_type", "an object is expected", field=at)
        if len(value) > self.most:
            raise Refused("bad_length", f"at most {self.most} names", field=at)
        return {
            str(name)[:255]: self._scalar(inner, f"{at}.{name}")
            for name, inner in value.items()
            if inner is not None
        }

    def _scalar(self, value: Any, at: str) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if not isinstance(value, str | int | Decimal):
            raise Refused("bad_type", "text, a number or a truth value is expected", field=at)
        return str(value)[: self.longest]

    def schema(self) -> Schema:
        scalars = {"type": ["string", "number", "boolean", "null"]}
        return {"type": "object", "additionalProperties": scalars, "maxProperties": self.most}


@dataclass(frozen=True, slots=True)
class Record:
    """An object with named fields; null counts as absent. Other names are returned as they are."""

    fields: Mapping[str, Shape]
    required: tuple[str, ...] = ()

    def read(self, value: Any, at: str = "") -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Refused("bad_type", "an object is expected", field=at)
        said = {name: inner for name, inner in value.items() if inner is not None}
        prefix = f"{at}." if at else ""
        for name in self.required:
            if said.get(name) in (None, ""):
                raise Refused("missing_field", field=prefix + name)
        return {
            name: self.fields[name].read(inner, prefix + name) if name in self.fields else inner
            for name, inner in said.items()
        }

    def schema(self) -> Schema:
        properties = {name: shape.schema() for name, shape in self.fields.items()}
        shape: Schema = {"type": "object", "properties": properties}
        return {**shape, "required": list(self.required)} if self.required else shape
