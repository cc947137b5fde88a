"""The routes of operators."""

from collections.abc import Mapping
from typing import Any

from docs.openapi.model import (
    Detail,
    Parameter,
    Schema,
    component,
    json_body,
    json_reply,
    text,
)
from touchline.intake.corrections import ACTIONS
from touchline.registry.kinds import ACCOUNT, EVENT, THINGS, Kind
from touchline.registry.schema import TOKEN_SCHEMA, file_schema

ACCOUNT_PARAMETER = Parameter("account", "the account meant, with an operator's token", text(64))
_PAGE = (
    Parameter("limit", "entries of a page, 1 to 500", {"type": "integer"}),
    Parameter("cursor", "`next` of the page before"),
)
_VERSION = Parameter(
    "version",
    'the version that you read; or send `If-Match: "3"`, or `If-Match: *` for whatever is there',
    {"type": "integer"},
)
_REFUSALS = (400, 404, 409, 413, 422, 503)
_ITEMS = json_reply(
    "One page",
    {
        "type": "object",
        "required": ["items"],
        "properties": {
            "items": {"type": "array", "items": {"type": "object"}},
            "next": {"type": ["string", "null"]},
        },
    },
)


def _schemas() -> dict[str, Schema]:
    """What may be declared, from the contracts of the registry."""
    made: Any = _moved(file_schema()["$defs"])
    return {f"Declared{name}": schema for name, schema in made.items()}


def _moved(value: Any) -> Any:
    """References to `$defs` lead to the document's components."""
    if isinstance(value, dict):
        return {
            name: inner.replace("#/$defs/", "#/components/schemas/Declared")
            if name == "$ref"
            else _moved(inner)
            for name, inner in value.items()
        }
    return [_moved(inner) for inner in value] if isinstance(value, list) else value


COMPONENTS: Mapping[str, Schema] = {**_schemas(), "Token": TOKEN_SCHEMA}


def _of(kind: Kind) -> dict[tuple[str, str], Detail]:
    many, one = f"/admin/{kind.plural}", f"/admin/{kind.plural}/{{id}}"
    declared = json_body(component(f"Declared{kind.model.__name__}"))
    patch = json_body({"type": "object"})
    whose = () if kind is ACCOUNT else (ACCOUNT_PARAMETER,)
    shown = json_reply(f"The {kind.name} with its version")
    return {
        ("GET", many): Detail(
            f"List {kind.plural}", (*whose, *_PAGE), None, {200: _ITEMS}, _REFUSALS
        ),
        ("POST", many): Detail(
            f"Declare one of the {kind.plural}", whose, declared, {201: shown}, _REFUSALS
        ),
        ("GET", one): Detail(
            f"Read one of the {kind.plural}", whose, None, {200: shown}, _REFUSALS
        ),
        ("PATCH", one): Detail(
            f"Merge a patch (RFC 7396) into one of the {kind.plural}",
            (*whose, _VERSION),
            patch,
            {200: shown},
            (*_REFUSALS, 428),
        ),
        ("DELETE", one): Detail(
            f"Delete one of the {kind.plural}",
            (*whose, _VERSION),
            None,
            {200: json_reply("It is gone; which tokens ended with it, and what stays")},
            (*_REFUSALS, 428),
        ),
    }


def _action(action: str) -> Detail:
    fields: Schema = {
        "event": text(),
        "partner": text(description='whose claim; "" for the account\'s own systems'),
        "reason": text(),
        "version": {"type": "integer"},
    }
    if action == "refund":
        fields |= {
            "amount": text(description="above 0; absent: all that is left"),
            "refund_id": text(description="the same one works once"),
        }
    return Detail(
        f"{action.capitalize()} a conversion",
        (ACCOUNT_PARAMETER,),
        json_body(
            {"type": "object", "properties": fields, "additionalProperties": False}, required=False
        ),
        {200: json_reply("The conversion as it is then")},
        _REFUSALS,
    )


_FROM_TO = (Parameter("from", "first day or instant"), Parameter("to", "last day or instant"))

DETAILS: Mapping[tuple[str, str], Detail] = {
    **{key: detail for kind in (ACCOUNT, *THINGS) for key, detail in _of(kind).items()},
    ("POST", f"/admin/{EVENT.plural}/{{id}}/rename"): Detail(
        "Give an event another name from now on",
        (ACCOUNT_PARAMETER, _VERSION),
        json_body({"type": "object", "required": ["to"], "properties": {"to": text(64)}}),
        {200: json_reply("The event with its version")},
        (*_REFUSALS, 428),
    ),
    ("GET", "/admin/tokens"): Detail(
        query=(ACCOUNT_PARAMETER,), replies={200: _ITEMS}, refusals=_REFUSALS
    ),
    ("POST", "/admin/tokens"): Detail(
        query=(ACCOUNT_PARAMETER,),
        body=json_body(component("Token")),
        replies={201: json_reply("The token, with its text this once")},
        refusals=_REFUSALS,
    ),
    ("POST", "/admin/tokens/{id}/rotate"): Detail(
        query=(ACCOUNT_PARAMETER,),
        body=json_body({"type": "object"}, required=False),
        replies={201: json_reply("The new token, with its text this once")},
        refusals=_REFUSALS,
    ),
    ("DELETE", "/admin/tokens/{id}"): Detail(
        query=(ACCOUNT_PARAMETER,),
        replies={200: json_reply("The token, revoked")},
        refusals=_REFUSALS,
    ),
    ("GET", "/admin/audit"): Detail(
        query=(ACCOUNT_PARAMETER, *_FROM_TO, *_PAGE), replies={200: _ITEMS}, refusals=_REFUSALS
    ),
    ("GET", "/admin/status"): Detail(
        "Is all well? The night, deliveries, queues",
        (ACCOUNT_PARAMETER,),
        replies={200: json_reply("Findings, each well, note or bad", {"type": "object"})},
        refusals=_REFUSALS,
    ),
    ("POST", "/admin/redrive"): Detail(
        "Move dead letters back to where they came from; may be called again",
        body=json_body(
            {
                "type": "object",
                "required": ["queue"],
                "properties": {"queue": {"enum": ["delivery", "spill"]}},
            }
        ),
        replies={200: json_reply("How many were moved, and are left", {"type": "object"})},
        refusals=_REFUSALS,
    ),
    ("GET", "/admin/quarantine"): Detail(
        "Quarantined requests of some days, oldest first",
        (
            ACCOUNT_PARAMETER,
            *_FROM_TO,
            Parameter("state", "open, replayed or dismissed"),
            Parameter("limit", "entries of a page, 1 to 500", {"type": "integer"}),
            Parameter("after", "`next` of the page before"),
        ),
        None,
        {200: _ITEMS},
        _REFUSALS,
    ),
    ("POST", "/admin/quarantine/{receipt}/replay"): Detail(
        "Take a request up again, as it came or corrected",
        (ACCOUNT_PARAMETER,),
        json_body(
            {
                "type": "object",
                "properties": {
                    "query": {"type": "string"},
                    "body": {"type": "string"},
                    "body_base64": {"type": "string"},
                },
                "additionalProperties": False,
            },
            required=False,
        ),
        {
            200: json_reply(
                "`replayed` when all of it was taken, else still `open`",
                {
                    "type": "object",
                    "required": ["state", "results"],
                    "properties": {
                        "state": {"type": "string"},
                        "results": {"type": "array", "items": component("Outcome")},
                    },
                },
            )
        },
        _REFUSALS,
    ),
    **{("POST", f"/admin/conversions/{{id}}/{action}"): _action(action) for action in ACTIONS},
}
