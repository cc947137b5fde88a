"""The routes of partners, back ends, sites and browsers."""

from collections.abc import Mapping

from docs.openapi.model import (
    JSON,
    Body,
    Detail,
    Parameter,
    Reply,
    Schema,
    component,
    json_body,
    json_reply,
    text,
)
from touchline.intake import contracts
from touchline.intake.arrival import Result
from touchline.intake.visit import AD_IDS, SUBS

FORM = "application/x-www-form-urlencoded"
PLAIN = "text/plain"

COMPONENTS: Mapping[str, Schema] = {
    "Error": {
        "type": "object",
        "required": ["error", "receipt"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "message", "hint", "docs"],
                "properties": {
                    "code": {"type": "string", "description": "a reason code, see GET /reasons"},
                    "message": {"type": "string"},
                    "hint": {"type": "string"},
                    "docs": {"type": "string"},
                    "field": {"type": "string"},
                },
            },
            "receipt": {"type": "string"},
        },
    },
    "Outcome": {
        "type": "object",
        "required": ["outcome", "receipt", "reasons"],
        "properties": {
            "outcome": {"type": "string", "enum": [word.value for word in Result]},
            "receipt": {"type": "string"},
            "reasons": {"type": "array", "items": {"type": "string"}},
            "conversion_id": {"type": ["string", "null"]},
            "detail": {"type": "string"},
        },
    },
    "Results": {
        "type": "object",
        "required": ["receipt", "results"],
        "properties": {
            "receipt": {"type": "string"},
            "results": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/Outcome"},
                "description": "one for each item, in order",
            },
        },
    },
    "Reasons": {
        "type": "object",
        "required": ["reasons"],
        "properties": {
            "reasons": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["code", "meaning", "fix"],
                    "properties": {
                        "code": {"type": "string"},
                        "meaning": {"type": "string"},
                        "fix": {"type": "string"},
                        "status": {"type": ["integer", "null"]},
                    },
                },
            }
        },
    },
    "Conversion": contracts.CONVERSION.schema(),
    "Touch": contracts.TOUCH.schema(),
    "Identify": contracts.IDENTIFY.schema(),
    "Event": contracts.EVENT.schema(),
    "CustomerEvent": contracts.CUSTOMER_EVENT.schema(),
    "Batch": contracts.BATCH.schema(),
    "UsersUpsert": contracts.UPSERT.schema(),
}

_TEXT = text()
_VISITOR = (
    Parameter("pid", "the partner who sends the person"),
    Parameter("ud", "with `uid`: the domain of the person's ID"),
    Parameter("uid", "with `ud`: the person's ID in that domain"),
    Parameter("tl_test", "`1`: on the account's test side", {"enum": ["1"]}),
    *(Parameter(name, "the partner's own sub-ID", _TEXT) for name in SUBS),
    *(Parameter(name, "an ad platform's click ID", _TEXT) for name in AD_IDS),
)
_SIGNATURE = (
    Parameter("tl_ts", "when it was signed, in seconds since 1970", text(11)),
    Parameter("tl_exp", "until when the signature holds, in seconds since 1970", text(11)),
    Parameter("tl_key", "the ID of the signing key", _TEXT),
    Parameter("tl_sig", "HMAC-SHA256, 64 hex digits (see `touchline sign`)", text(64)),
)
_CANONICAL = tuple(
    Parameter(name, "see Conversion", _TEXT)
    for name in contracts.CONVERSION.fields
    if name not in {"type", "metadata", "skip_hook", "consent"}
)
_OUTCOME = json_reply("The truthful outcome of this one request", component("Outcome"))
_OUTCOMES = json_reply(
    "One outcome, or one for each item",
    {"anyOf": [component("Outcome"), component("Results")]},
)
_ECHO = json_reply("Stored (or known already); the submitted data, unchanged")
_REFUSALS = (400, 409, 413, 415, 422, 429, 503)


def _submitted(name: str) -> Body:
    return Body({JSON: component(name), PLAIN: component(name)})


def _postback(body: Body | None) -> Detail:
    """200 whatever the content; a partner set to `strict` gets a status instead."""
    return Detail(
        "One conversion, in the dialect of the partner",
        (
            Parameter("token", "the partner's token, where no header can be set"),
            *_CANONICAL,
            *_SIGNATURE,
        ),
        body,
        {200: _OUTCOME},
        _REFUSALS,
    )


DETAILS: Mapping[tuple[str, str], Detail] = {
    ("GET", "/c/{campaign}"): Detail(
        "A click: minted, stored, sent on",
        (
            *_VISITOR,
            Parameter("click_ref", "the partner's own click ID", _TEXT),
            Parameter("url", "a deep link to a host that the campaign lists", text(2048)),
            *_SIGNATURE,
        ),
        replies={302: Reply("To the landing URL, with `click_id`", None, ("location",))},
        refusals=(404, 503),
    ),
    ("GET", "/v/{campaign}.gif"): Detail(
        "A view: stored, answered with a transparent point",
        _VISITOR,
        replies={200: Reply("43 bytes, never cached", {"image/gif": {"type": "string"}})},
        refusals=(404, 503),
    ),
    ("GET", "/t.js"): Detail(
        "The browser script",
        replies={200: Reply("Under 3 KB", {"text/javascript": {"type": "string"}})},
    ),
    ("GET", "/reasons"): Detail(
        "Every reason code: what it means and what to do",
        replies={
            200: Reply(
                "The catalogue",
                {JSON: component("Reasons"), "text/html": {"type": "string"}},
            )
        },
    ),
    ("GET", "/openapi.json"): Detail("This document", replies={200: json_reply("OpenAPI 3.1")}),
    ("GET", "/health"): Detail("Alive", replies={200: json_reply("It answers")}),
    ("GET", "/postback"): _postback(None),
    ("POST", "/postback"): _postback(
        Body(
            {
                JSON: component("Conversion"),
                FORM: {"type": "object", "additionalProperties": {"type": "string"}},
            },
            required=False,
        )
    ),
    ("POST", "/event"): Detail(
        "One conversion of a user (UNIX milliseconds)",
        body=json_body(component("Event")),
        replies={200: _ECHO},
        refusals=_REFUSALS,
    ),
    ("POST", "/customer/{customerId}/event"): Detail(
        "One conversion of a user (seconds or milliseconds)",
        body=json_body(component("CustomerEvent")),
        replies={200: _ECHO},
        refusals=_REFUSALS,
    ),
    ("POST", "/touch"): Detail(
        "One touch, or many",
        body=Body(
            {
                kind: {"anyOf": [component("Touch"), contracts.TOUCHES.schema()]}
                for kind in (JSON, PLAIN)
            }
        ),
        replies={200: _OUTCOMES},
        refusals=_REFUSALS,
        site_key=True,
    ),
    ("POST", "/identify"): Detail(
        "Identities of one person",
        body=_submitted("Identify"),
        replies={200: _OUTCOME},
        refusals=_REFUSALS,
        site_key=True,
    ),
    ("POST", "/users/upsert"): Detail(
        "Users with identifiers, attributes and events",
        body=json_body(component("UsersUpsert")),
        replies={200: _OUTCOMES},
        refusals=_REFUSALS,
    ),
    ("POST", "/batch"): Detail(
        "Up to 500 conversions, touches and identities",
        body=json_body(component("Batch")),
        replies={200: _OUTCOMES},
        refusals=_REFUSALS,
    ),
}
