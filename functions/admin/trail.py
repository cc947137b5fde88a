"""The audit trail, and the JSON Schema of what may be declared."""

from admin.call import Call, Handler
from admin.pages import limit_of, start_of, told
from touchline.kernel.errors import Refused
from touchline.platform.http_api import Response, Route, json_response
from touchline.registry import keys
from touchline.registry.external import outside, read_at
from touchline.registry.schema import file_schema


def audit(call: Call) -> Response:
    """The account's changes, newest first, `?from=` and `?to=` (instants) included."""
    account = call.account
    entries, following = call.services.registry.audit(
        account,
        first=_instant(call, "from", 0),
        last=_instant(call, "to", 9_999_999_999_999),
        limit=limit_of(call),
        start=start_of(call, keys.account_pk(account), keys.AUDIT),
    )
    return json_response(
        200, {"items": [outside(entry) for entry in entries], "next": told(following)}
    )


def schema(call: Call) -> Response:  # noqa: ARG001 - a route
    """The JSON Schema of the file that `touchline apply` takes."""
    return json_response(200, file_schema())


def _instant(call: Call, name: str, default: int) -> int:
    text = call.request.first(name)
    if not text:
        return default
    try:
        return read_at(int(text) if text.isascii() and text.isdigit() else text)
    except ValueError as error:
        raise Refused("bad_field", f"{name}: {error}", field=name) from error


ROUTES: list[Route[Handler]] = [
    Route("GET", "/admin/audit", audit, "admin"),
    Route("GET", "/admin/schema", schema, "admin"),
]
