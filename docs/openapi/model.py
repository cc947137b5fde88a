"""What is said of a route beyond what its row in the route table says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter."""

    name: str
    meaning: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    required: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """What may be sent, by content type."""

    content: Mapping[str, Mapping[str, Any]]
    required: bool = True


@dataclass(frozen=True, slots=True)
class Reply:
    """One documented answer. A `content` of None means that it has no body."""

    meaning: str
    content: Mapping[str, Mapping[str, Any]] | None = None
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Detail:
    """`refusals` are the statuses of errors; every route with a token has 401 and 403 besides."""

    summary: str = ""
    query: tuple[Parameter, ...] = ()
    body: Body | None = None
    replies: Mapping[int, Reply] = field(default_factory=dict)
    refusals: tuple[int, ...] = ()
    site_key: bool = False


def json_body(schema: Mapping[str, Any], *, required: bool = True) -> Body:
    """A JSON body."""
    return Body({JSON: schema}, required)


def json_reply(meaning: str, schema: Mapping[str, Any] | None = None) -> Reply:
    """A JSON answer; any object when no schema is given."""
    return Reply(meaning, {JSON: schema or {"type": "object"}})


def component(name: str) -> Schema:
    """A reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def text(longest: int = 255, **more: Any) -> Schema:
    """A string."""
    return {"type": "string", "maxLength": longest, **more}
