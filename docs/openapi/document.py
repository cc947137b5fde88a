"""Putting the document together."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from http import HTTPStatus
from inspect import getdoc
from typing import Any

from docs.openapi import intake, operators, reports
from docs.openapi.model import JSON, Body, Detail, Parameter, Reply, component, json_reply
from docs.openapi.routes import Routes
from touchline.kernel.reasons import CATALOGUE

_PATH_PARAMETER = re.compile(r"\{([A-Za-z_]+)\}")
DETAILS: Mapping[tuple[str, str], Detail] = {
    **intake.DETAILS,
    **operators.DETAILS,
    **reports.DETAILS,
}
COMPONENTS = {**intake.COMPONENTS, **operators.COMPONENTS, **reports.COMPONENTS}

REFUSALS = (400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 428, 429, 503)
HEADERS = {
    "x-touchline-receipt": "names this request in logs and rows",
    "x-touchline-outcome": "stored, duplicate, updated, quarantined, refused, spilled or ok",
    "retry-after": "seconds to wait before sending it again",
    "allow": "the methods of the route",
    "location": "where to go",
}


def document(routes: Routes) -> dict[str, Any]:
    """The OpenAPI 3.1 document of all routes."""
    paths: dict[str, dict[str, Any]] = {}
    for function, rows in routes.items():
        for route in rows:
            said = DETAILS.get((route.method, route.template)) or _usual(function)
            paths.setdefault(route.template, {})[route.method.lower()] = _operation(
                function, route.method, route.template, route.target, route.scope, said
            )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Touchline",
            "version": "1",
            "description": "Server-to-server conversion tracking and attribution.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": {path: paths[path] for path in sorted(paths)},
        "components": {
            "schemas": COMPONENTS,
            "responses": {f"Refused{status}": _refusal(status) for status in REFUSALS},
            "headers": {
                name: {"description": meaning, "schema": {"type": "string"}}
                for name, meaning in HEADERS.items()
            },
            "securitySchemes": {
                "ApiKey": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`ApiKey <token>`; for operators `Bearer <token>` does as well",
                },
                "SiteKey": {"type": "apiKey", "in": "query", "name": "site_key"},
            },
        },
    }


def _usual(function: str) -> Detail:
    """What is said of a route that nobody described further."""
    asked = reports.ASKED if function == "reports" else (operators.ACCOUNT_PARAMETER,)
    return Detail(
        query=asked,
        replies={200: json_reply("As asked")},
        refusals=(400, 404, 409, 422, 503),
    )


def _operation(
    function: str, method: str, path: str, target: Callable[..., Any], scope: str, said: Detail
) -> dict[str, Any]:
    guarded = bool(scope) or function != "ingest"
    refusals = {*said.refusals, 405, *((401, 403) if guarded else ())}
    operation: dict[str, Any] = {
        "operationId": _operation_id(method, path),
        "tags": [function],
        "summary": said.summary or _summary(target),
        "parameters": [*_path_parameters(path), *map(_parameter, said.query)],
        "responses": {
            **{str(status): _response(reply) for status, reply in sorted(said.replies.items())},
            **{
                str(status): {"$ref": f"#/components/responses/Refused{status}"}
                for status in sorted(refusals - set(said.replies))
            },
        },
    }
    if said.body:
        operation["requestBody"] = _body(said.body)
    if guarded:
        schemes: list[dict[str, list[str]]] = [{"ApiKey": []}]
        operation["security"] = [*schemes, {"SiteKey": []}] if said.site_key else schemes
        operation["description"] = f"Scope: {scope}." if scope else "Any token."
    return operation


def _operation_id(method: str, path: str) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "_", path).strip("_")
    return f"{method.lower()}_{words}"


def _summary(target: Callable[..., Any]) -> str:
    work = target.func if isinstance(target, partial) else target
    return (getdoc(work) or "").partition("\n")[0].replace("`", "")


def _path_parameters(path: str) -> Iterable[dict[str, Any]]:
    for name in _PATH_PARAMETER.findall(path):
        schema = {"type": "string", "minLength": 1}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.meaning,
        "schema": dict(parameter.schema),
    }


def _body(body: Body) -> dict[str, Any]:
    content = {kind: {"schema": dict(schema)} for kind, schema in body.content.items()}
    return {"required": body.required, "content": content}


def _response(reply: Reply) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": reply.meaning,
        "headers": _headers("x-touchline-receipt", "x-touchline-outcome", *reply.headers),
    }
    if reply.content is not None:
        answer["content"] = {
            kind: {"schema": dict(schema)} for kind, schema in reply.content.items()
        }
    return answer


def _refusal(status: int) -> dict[str, Any]:
    codes = sorted(row.code for row in CATALOGUE.values() if row.status == status)
    more = {405: ("allow",), 429: ("retry-after",), 503: ("retry-after",)}.get(status, ())
    told = f": {', '.join(codes)}" if codes else ""
    return {
        "description": f"{HTTPStatus(status).phrase}{told}",
        "headers": _headers("x-touchline-receipt", "x-touchline-outcome", *more),
        "content": {JSON: {"schema": component("Error")}},
    }


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
