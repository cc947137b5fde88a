"""Accounts, events, campaigns, partners and endpoints: list, read, create, change, delete."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from admin.call import Call, Handler
from admin.pages import limit_of, start_of, told
from touchline.intake.remap import remap
from touchline.kernel.errors import Refused
from touchline.kernel.ids import AccountId, Receipt, TokenId, realm_of
from touchline.ledger.store import LedgerStore
from touchline.platform.http_api import Response, Route, json_response
from touchline.registry import keys
from touchline.registry.audit import Author
from touchline.registry.catalogue import warnings
from touchline.registry.external import outside
from touchline.registry.kinds import ACCOUNT, CAMPAIGN, ENDPOINT, EVENT, PARTNER, THINGS, Kind
from touchline.registry.model import Partner
from touchline.registry.store import Entry
from touchline.registry.tokens import is_valid

STAYS: Mapping[Kind, str] = {
    ACCOUNT: "What was stored of its conversions, touches and deliveries stays; raw requests and "
    "touches still go when their time is over. To erase a person, declare the account again.",
    EVENT: "Its conversions stay, with the credit that they were given; new ones are quarantined.",
    PARTNER: "Its touches and conversions stay under its ID, with what they pay.",
    CAMPAIGN: "Its touches and conversions stay; its links answer 404 within a minute.",
    ENDPOINT: "The log of what it was sent stays; what waits for it is cancelled.",
}
"""What deleting a thing leaves, by its kind; persons are erased by POST /admin/erase."""


def list_things(kind: Kind, call: Call) -> Response:
    """One page of the account's things of a kind."""
    account = call.account
    start = start_of(call, keys.account_pk(account), keys.kind_prefix(kind.name))
    page = call.services.registry.entries(account, kind, limit=limit_of(call), start=start)
    return json_response(
        200, {"items": [shown(entry) for entry in page.entries], "next": told(page.next)}
    )


def list_accounts(call: Call) -> Response:
    """Every account that the token may act on."""
    if not call.is_operator:
        mine = call.services.registry.entry(call.account, ACCOUNT, call.account)
        return json_response(200, {"items": [shown(mine)], "next": None})
    call.operator_only()
    registry = call.services.registry
    found = [registry.entry(account, ACCOUNT, account) for account in registry.accounts()]
    return json_response(200, {"items": [shown(entry) for entry in found], "next": None})


def read(kind: Kind, call: Call) -> Response:
    """One thing."""
    entry = call.services.registry.entry(_account(kind, call), kind, call.parameters["id"])
    return _answer(200, entry, call)


def create(kind: Kind, call: Call) -> Response:
    """Declare a thing; 201."""
    body = call.body()
    if kind is ACCOUNT:
        call.operator_only()
        named = body.get("id")
        if not isinstance(named, str):
            raise Refused("bad_field", "id: name the account", field="id")
        account = AccountId(named)
    else:
        account = call.account
    made = call.services.registrar.create(account, kind, body, call.who)
    return _answer(201, made.entry, call, made.shown)


def change(kind: Kind, call: Call) -> Response:
    """Merge a patch into a thing."""
    body = call.body()
    version = call.needed_version(body.pop("version", None))
    account = _account(kind, call)
    changed = call.services.registrar.change(
        account, kind, call.parameters["id"], body, call.who, version
    )
    if kind is PARTNER:
        explain_words(call, account, changed.entry.value)
    return _answer(200, changed.entry, call, changed.shown)


def explain_words(call: Call, account: AccountId, partner: Partner) -> None:
    """Move the conversions whose status word the partner's maps explain now (both sides)."""
    services = call.services
    ledger = LedgerStore(services.ledger)
    registry = services.registry.snapshot(account)
    for test in (False, True):
        realm = realm_of(account, test=test)
        remap(ledger, registry, realm, partner, Receipt(services.new_id("rcp")), services.clock())


def delete(kind: Kind, call: Call) -> Response:
    """Delete a thing and end the tokens that acted for it; says which, and what stays."""
    if kind is ACCOUNT:
        call.operator_only()
    account, thing = _account(kind, call), call.parameters["id"]
    registrar = call.services.registrar
    old = registrar.removable(account, kind, thing, call.needed_version())
    # The tokens first: whoever asks again after a crash finds the thing, and goes on.
    revoked = revoke_tokens(call, account, kind, thing)
    registrar.remove(account, old, call.who)
    told = {"kind": kind.name, "id": thing, "revoked_tokens": revoked, "stays": STAYS[kind]}
    return json_response(200, {"deleted": True, **told})


def revoke_tokens(call: Call, account: AccountId, kind: Kind, thing: str) -> list[TokenId]:
    """End the live tokens of an account, or those that are bound to a partner; which they were."""
    services, now = call.services, call.services.clock()
    if kind not in {ACCOUNT, PARTNER}:
        return []
    bound = [
        token.id
        for token in services.tokens.of_account(account)
        if is_valid(token, now) and (kind is ACCOUNT or token.partner == thing)
    ]
    for token in bound:
        author = Author(call.who, now, services.new_id("aud"))
        services.tokens.revoke(account, token, author)
    return bound


def rename_event(call: Call) -> Response:
    """`{"to": "new_name"}`: from now on the event bears another name."""
    body = call.body({"to", "version"})
    version = call.needed_version(body.get("version"))
    event = call.parameters["id"]
    registrar = call.services.registrar
    entry = registrar.rename(call.account, event, body.get("to"), call.who, version)
    return _answer(200, entry, call)


def shown(entry: Entry) -> dict[str, Any]:
    """An entry as it is told: secrets as fingerprints, with its version."""
    return {**outside(entry.value), "version": entry.version}


def _answer(
    status: int, entry: Entry, call: Call, once: Mapping[str, Any] = MappingProxyType({})
) -> Response:
    body = {**shown(entry), **once}
    if entry.kind is EVENT:
        snapshot = call.services.registry.snapshot(call.account)
        body["warnings"] = [
            {"code": odd.code, "advice": odd.advice}
            for odd in warnings(tuple(snapshot.events.values()))
            if entry.id in odd.events
        ]
    return json_response(status, body, {"etag": f'"{entry.version}"'})


def _account(kind: Kind, call: Call) -> AccountId:
    return call.account_named(call.parameters["id"]) if kind is ACCOUNT else call.account


def _routes(kind: Kind) -> list[Route[Handler]]:
    many, one = f"/admin/{kind.plural}", f"/admin/{kind.plural}/{{id}}"
    listing: Handler = list_accounts if kind is ACCOUNT else partial(list_things, kind)
    return [
        Route("GET", many, listing, "admin"),
        Route("POST", many, partial(create, kind), "admin"),
        Route("GET", one, partial(read, kind), "admin"),
        Route("PATCH", one, partial(change, kind), "admin"),
        Route("DELETE", one, partial(delete, kind), "admin"),
    ]


ROUTES: list[Route[Handler]] = [
    *(route for kind in (ACCOUNT, *THINGS) for route in _routes(kind)),
    Route("POST", "/admin/events/{id}/rename", rename_event, "admin"),
]
