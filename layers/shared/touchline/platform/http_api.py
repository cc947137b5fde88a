"""API Gateway's HTTP API (payload 2.0) as plain values: a request in, a response out.

No content of a request makes anything here raise: what cannot be decoded is replaced or empty,
and the bytes stay as they came.
"""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, unquote

import orjson

from touchline.kernel.errors import (
    Conflict,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    QueueUnavailable,
    Refused,
    StoreUnavailable,
    TooMany,
    TouchlineError,
    Unauthorized,
)
from touchline.kernel.reasons import CATALOGUE, reason
from touchline.kernel.values import dataclass

RETRY_AFTER_SECONDS = 5
STATUSES: Mapping[type[TouchlineError], int] = {
    Unauthorized: 401,
    Forbidden: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    Conflict: 409,
    TooMany: 429,
    StoreUnavailable: 503,
    QueueUnavailable: 503,
}
"""Where the class alone tells the status; any other refusal has the status of its reason."""


LONGEST_NAME = 256
"""Bytes of what a path may name: nothing that is kept has a longer ID."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are lower case; `query` keeps order and repeats."""

    method: str
    path: str
    raw_query: str = ""
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    source_ip: str = ""
    request_id: str = ""
    cookies: tuple[str, ...] = ()

    def header(self, name: str) -> str:
        """The header's value, "" when it did not come."""
        return self.headers.get(name.lower(), "")

    def first(self, name: str, default: str = "") -> str:
        """The first query parameter of this name."""
        return next((value for key, value in self.query if key == name), default)

    def bearer(self) -> str:
        """The token of `Authorization: Bearer …` or `ApiKey …`, "" when there is none."""
        scheme, _, token = self.header("authorization").strip().partition(" ")
        return token.strip() if scheme.lower() in {"bearer", "apikey"} else ""


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cookies: tuple[str, ...] = ()


def request_of(event: Mapping[str, Any]) -> Request:
    """Read an event of API Gateway (HTTP API, payload format 2.0)."""
    context = event.get("requestContext") or {}
    http = context.get("http") or {}
    raw_query = event.get("rawQueryString") or ""
    return Request(
        method=str(http.get("method") or "GET").upper(),
        path=_path(str(event.get("rawPath") or "/"), str(context.get("stage") or "$default")),
        raw_query=raw_query,
        query=pairs(raw_query),
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
        body=_body(event),
        source_ip=str(http.get("sourceIp") or ""),
        request_id=str(context.get("requestId") or ""),
        cookies=tuple(event.get("cookies") or ()),
    )


def pairs(encoded: str) -> tuple[tuple[str, str], ...]:
    """The parameters of a query string or form, in order, with repeats and empty values.

    `+` and `%20` are blanks; what is not UTF-8 becomes U+FFFD here and stays raw elsewhere.
    """
    return tuple(parse_qsl(encoded, keep_blank_values=True, errors="replace"))


def event_of(response: Response) -> dict[str, Any]:
    """What API Gateway wants back: text as it is, other bytes in base64."""
    answer: dict[str, Any] = {"statusCode": response.status, "headers": dict(response.headers)}
    try:
        answer["body"] = response.body.decode()
        answer["isBase64Encoded"] = False
    except UnicodeDecodeError:
        answer["body"] = base64.b64encode(response.body).decode()
        answer["isBase64Encoded"] = True
    if response.cookies:
        answer["cookies"] = list(response.cookies)
    return answer


def json_response(status: int, value: object, headers: Mapping[str, str] | None = None) -> Response:
    """A response with a JSON body."""
    return Response(
        status,
        {"content-type": "application/json", "cache-control": "no-store", **(headers or {})},
        orjson.dumps(value),
    )


def refusal(code: str, detail: str = "", field: str = "") -> dict[str, str]:
    """The `error` object of interfaces for a reason code."""
    row = reason(code)
    error = {
        "code": code,
        "message": f"{row.meaning} ({detail})" if detail else row.meaning,
        "hint": row.fix,
        "docs": f"/reasons#{row.code}",
    }
    return {**error, "field": field} if field else error


def error_response(error: TouchlineError, receipt: str) -> Response:
    """The answer to a request that was refused, or that no store would take."""
    code = error.code if isinstance(error, Refused) else "unavailable"
    detail = error.detail if isinstance(error, Refused) else ""
    field_name = error.field if isinstance(error, Refused) else ""
    headers: dict[str, str] = {}
    if isinstance(error, TooMany):
        headers["retry-after"] = str(error.retry_after_seconds)
    elif isinstance(error, MethodNotAllowed):
        headers["allow"] = ", ".join(error.allowed)
    elif status_of(error) == 503:
        headers["retry-after"] = str(RETRY_AFTER_SECONDS)
    body = {"error": refusal(code, detail, field_name), "receipt": receipt}
    return json_response(status_of(error), body, headers)


def status_of(error: TouchlineError) -> int:
    """The HTTP status of an error: by its class, else by its reason."""
    for kind, status in STATUSES.items():
        if isinstance(error, kind):
            return status
    if isinstance(error, Refused):
        found = CATALOGUE.get(error.code.partition(":")[0])
        return (found.status if found else 0) or 400
    return 500


def answered(
    work: Callable[[], Response], receipt: str, failed: Callable[[Exception], None]
) -> dict[str, Any]:
    """Do the work and answer, whatever happens; `failed` is told of faults of our own (500).

    Every answer carries the receipt and an outcome: the one the work named, else `refused` for
    an error and `ok` for anything else.
    """
    try:
        response = work()
    except (Refused, StoreUnavailable, QueueUnavailable) as error:
        response = error_response(error, receipt)
    except Exception as error:  # noqa: BLE001 - the outermost edge: a sender gets an answer
        failed(error)
        response = json_response(500, {"error": refusal("internal"), "receipt": receipt})
    headers = {
        "x-touchline-outcome": "refused" if response.status >= 400 else "ok",
        "x-content-type-options": "nosniff",
        **response.headers,
        "x-touchline-receipt": receipt,
    }
    return event_of(Response(response.status, headers, response.body, response.cookies))


Target = TypeVar("Target")


@dataclass(frozen=True, slots=True)
class Route(Generic[Target]):
    """`GET /c/{campaign}` leads to a target; `{name}` is one segment of the path.

    `scope` is what the caller's token must allow, "" where none is needed.
    """

    method: str
    template: str
    target: Target
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Found(Generic[Target]):
    """The route of a request, with the decoded segments of its path."""

    route: Route[Target]
    parameters: Mapping[str, str]


class Router(Generic[Target]):
    """Finds the route of a request. The first template that fits wins."""

    def __init__(self, routes: Sequence[Route[Target]]) -> None:
        self.routes = tuple(routes)
        self._parts = [(route, route.template.strip("/").split("/")) for route in self.routes]

    def find(self, method: str, path: str) -> Found[Target]:
        """The route for method and path (HEAD counts as GET).

        Raises NotFound `not_found`, and MethodNotAllowed with the methods that the path has.
        """
        wanted = "GET" if method == "HEAD" else method
        segments = path.strip("/").split("/")
        allowed: list[str] = []
        for route, parts in self._parts:
            parameters = _matched(parts, segments)
            if parameters is None:
                continue
            if route.method == wanted:
                return Found(route, parameters)
            allowed.append(route.method)
        if allowed:
            raise MethodNotAllowed(tuple(dict.fromkeys(allowed)))
        raise NotFound("not_found", "no such route")


def _matched(parts: Sequence[str], segments: Sequence[str]) -> dict[str, str] | None:
    if len(parts) != len(segments):
        return None
    parameters: dict[str, str] = {}
    for part, segment in zip(parts, segments, strict=True):
        name, dot, suffix = part.partition("}")
        if not (part.startswith("{") and dot):
            if part != segment:
                return None
        elif segment.endswith(suffix) and len(segment) > len(suffix):
            value = unquote(segment[: len(segment) - len(suffix)])
            if len(value.encode()) > LONGEST_NAME:
                return None
            parameters[name[1:]] = value
        else:
            return None
    return parameters


def _path(raw: str, stage: str) -> str:
    if stage != "$default" and (raw == f"/{stage}" or raw.startswith(f"/{stage}/")):
        return raw[len(stage) + 1 :] or "/"
    return raw


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass") if isinstance(body, str) else b""
    try:
        return base64.b64decode(body)
    except (binascii.Error, ValueError):
        return b""
