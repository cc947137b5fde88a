"""The JSON Schema of a registry file (`touchline apply`), for editors: `touchline schema`."""

from typing import Any

from touchline.registry.contracts import contract
from touchline.registry.kinds import ACCOUNT, THINGS
from touchline.registry.tokens import SCOPES

TOKEN_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "scopes"],
    "properties": {
        "name": {"type": "string"},
        "scopes": {"type": "array", "items": {"enum": list(SCOPES)}, "minItems": 1},
        "test": {"type": "boolean"},
        "partner": {"type": "string"},
        "expires_at": {"type": ["string", "integer"]},
    },
}


def file_schema() -> dict[str, Any]:
    """One document of the file: an account and what it has."""
    definitions: dict[str, Any] = {}
    properties: dict[str, Any] = {"tokens": {"type": "array", "items": TOKEN_SCHEMA}}
    for kind in (ACCOUNT, *THINGS):
        model: Any = kind.model
        made = contract(model).model_json_schema(ref_template="#/$defs/{model}")
        definitions |= made.pop("$defs", {})
        definitions[kind.model.__name__] = made
        reference = {"$ref": f"#/$defs/{kind.model.__name__}"}
        if kind is ACCOUNT:
            properties[kind.name] = reference
        else:
            properties[kind.plural] = {"type": "array", "items": reference}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Touchline registry",
        "type": "object",
        "additionalProperties": False,
        "required": [ACCOUNT.name],
        "properties": properties,
        "$defs": definitions,
    }
