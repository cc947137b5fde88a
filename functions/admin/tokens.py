"""Tokens: issued once, shown once; rotated with an overlap; revoked within 60 s."""

from typing import Any

from admin.call import Call, Handler
from touchline.kernel.errors import Refused
from touchline.kernel.ids import AccountId, PartnerId, TokenId
from touchline.platform.http_api import Response, Route, json_response
from touchline.registry.audit import Author
from touchline.registry.external import outside, read_at, read_seconds
from touchline.registry.model import Token
from touchline.registry.tokens import ANY_ACCOUNT, Draft, issue

FIELDS = ("name", "scopes", "test", "partner", "expires_at", "account")
DEFAULT_OVERLAP_SECONDS = 86_400


def list_tokens(call: Call) -> Response:
    """Every token of the account, revoked ones too; never a token's text."""
    found = call.services.tokens.of_account(_account(call))
    return json_response(200, {"items": [shown(token) for token in found], "next": None})


def read_token(call: Call) -> Response:
    """One token."""
    found = call.services.tokens.one(_account(call), TokenId(call.parameters["id"]))
    return json_response(200, shown(found))


def create_token(call: Call) -> Response:
    """Issue a token; 201 with its text, which nothing can tell again."""
    return _issued(call, _draft(call, call.body(FIELDS)))


def rotate_token(call: Call) -> Response:
    """A fresh token like this one; the old one ends after `{"overlap": "24h"}` (the default)."""
    body = call.body({"overlap"})
    overlap = _parsed("overlap", read_seconds, body.get("overlap", DEFAULT_OVERLAP_SECONDS))
    account = _account(call)
    old = call.services.tokens.one(account, TokenId(call.parameters["id"]))
    draft = Draft(account, old.name, old.scopes, old.test, old.partner, old.expires_at)
    answer = _issued(call, draft)
    ends = call.services.clock() + overlap * 1000
    call.services.tokens.revoke(account, old.id, _author(call), at=ends)
    return answer


def revoke_token(call: Call) -> Response:
    """End a token now; what is warm elsewhere forgets it within 60 s."""
    token = TokenId(call.parameters["id"])
    found = call.services.tokens.revoke(_account(call), token, _author(call))
    return json_response(200, shown(found))


def whoami(call: Call) -> Response:
    """What the token that was sent may do."""
    return json_response(200, shown(call.token))


def shown(token: Token) -> dict[str, Any]:
    """A token as it is told: everything but its text and its hash."""
    told: dict[str, Any] = outside(token)
    del told["hash"]
    return told


def _issued(call: Call, draft: Draft) -> Response:
    services = call.services
    token, text = issue(
        draft,
        clock=services.clock,
        new_id=services.new_id,
        random_bits=services.random_bits,
    )
    services.tokens.add(token, _author(call))
    return json_response(201, {**shown(token), "token": text})


def _draft(call: Call, body: dict[str, Any]) -> Draft:
    name, scopes = body.get("name"), body.get("scopes")
    if not isinstance(name, str) or not 1 <= len(name) <= 100 or not name.isprintable():
        raise Refused("bad_field", "name: 1 to 100 printable characters", field="name")
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise Refused("bad_scope", "scopes is a list", field="scopes")
    test = body.get("test", False)
    if not isinstance(test, bool):
        raise Refused("bad_field", "test: true or false", field="test")
    expires = body.get("expires_at")
    return Draft(
        account=_account(call, body.get("account")),
        name=name,
        scopes=tuple(scopes),
        test=test,
        partner=_partner(call, body.get("partner")),
        expires_at=None if expires is None else _parsed("expires_at", read_at, expires),
    )


def _partner(call: Call, named: Any) -> PartnerId | None:
    if named is None:
        return None
    if (
        not isinstance(named, str)
        or named not in call.services.registry.snapshot(call.account).partners
    ):
        raise Refused("unknown_reference", f"no partner {str(named)[:64]} is declared")
    return PartnerId(named)


def _account(call: Call, stated: Any = None) -> AccountId:
    """The account whose tokens are meant; `*` (an operator's tokens) only for operators."""
    if ANY_ACCOUNT in (stated, call.request.first("account")):
        call.operator_only()
        return ANY_ACCOUNT
    if stated is not None and not isinstance(stated, str):
        raise Refused("bad_field", "account: an account's ID", field="account")
    account = call.account_named(stated) if stated else call.account
    call.services.registry.snapshot(account)
    return account


def _parsed(field: str, read: Any, said: Any) -> int:
    try:
        value: int = read(said)
    except ValueError as error:
        raise Refused("bad_field", f"{field}: {error}", field=field) from error
    return value


def _author(call: Call) -> Author:
    return Author(call.who, call.services.clock(), call.services.new_id("aud"))


ROUTES: list[Route[Handler]] = [
    Route("GET", "/admin/tokens", list_tokens, "admin"),
    Route("POST", "/admin/tokens", create_token, "admin"),
    Route("GET", "/admin/tokens/{id}", read_token, "admin"),
    Route("DELETE", "/admin/tokens/{id}", revoke_token, "admin"),
    Route("POST", "/admin/tokens/{id}/rotate", rotate_token, "admin"),
    Route("GET", "/admin/whoami", whoami),
]
