"""Quarantine: what could not be judged, looked at, corrected and taken up again, or dismissed."""

import base64
import binascii
from typing import Any

from admin.call import Call, Handler
from admin.pages import limit_of
from touchline.intake.arrival import Outcome
from touchline.intake.ports import Desk
from touchline.intake.replay import Correction, dismiss, replay
from touchline.kernel.clock import day_of, days_between, iso, next_day, start_of
from touchline.kernel.errors import NotFound, Refused
from touchline.kernel.ids import Receipt
from touchline.ledger.model import Quarantined
from touchline.ledger.store import LedgerStore
from touchline.platform.http_api import Response, Route, json_response, refusal
from touchline.registry.audit import AuditEntry
from touchline.registry.retention import first_day_kept

STATES = ("open", "replayed", "dismissed")
DEFAULT_DAYS = 7
MOST_DAYS = 92
CORRECTABLE = frozenset({"body", "body_base64", "query"})


def list_quarantined(call: Call) -> Response:
    """`?from=&to=` (days), `?state=`, `?after=` (the `next` of the page before), oldest first."""
    request = call.request
    last = _day(call, "to", day_of(call.services.clock()))
    first = _day(call, "from", next_day(last, 1 - DEFAULT_DAYS))
    if not first <= last or len(list(days_between(first, last))) > MOST_DAYS:
        raise Refused("bad_field", f"from, to: 1 to {MOST_DAYS} days in order", field="from")
    state, after = request.first("state"), request.first("after")
    if state and state not in STATES:
        raise Refused("bad_field", f"state: {', '.join(STATES)}", field="state")
    limit, ledger = limit_of(call), LedgerStore(call.services.ledger)
    items: list[Quarantined] = []
    for day in days_between(max(first, _first_day_kept(call)), last):
        for one in ledger.quarantined(call.realm, day):
            if f"{day}/{one.receipt}" <= after or (state and one.state != state):
                continue
            if len(items) == limit:
                return _page(items, f"{items[-1].day}/{items[-1].receipt}")
            items.append(one)
    return _page(items, None)


def read(call: Call) -> Response:
    """One request with its bytes."""
    return json_response(200, shown(_found(call)))


def replay_one(call: Call) -> Response:
    """Take it up again, with `body` (or `body_base64`) and `query` in place of what came.

    200 in either case; `state` is `replayed` when all of it was taken, else still `open`.
    """
    services, said = call.services, call.body(CORRECTABLE)
    ledger = LedgerStore(services.ledger)
    registry = services.registry.snapshot(call.account)
    now = services.clock()
    quarantined = _found(call)
    desk = Desk(ledger)
    closed, outcomes = replay(desk, ledger, registry, quarantined, _correction(said), now)
    if closed is not quarantined:
        _note(call, "replay", closed, corrected=bool(said))
    results = [_result(outcome) for outcome in outcomes]
    return json_response(200, {"state": closed.state, "results": results})


def dismiss_one(call: Call) -> Response:
    """Close it without taking it up."""
    call.body(())
    closed = dismiss(LedgerStore(call.services.ledger), _found(call))
    _note(call, "dismiss", closed, corrected=False)
    return json_response(200, shown(closed))


def shown(quarantined: Quarantined) -> dict[str, Any]:
    """A quarantined request as it is told: the body as text where it is text, always in base64."""
    envelope = quarantined.envelope
    text: str | None
    try:
        text = envelope.body.decode()
    except UnicodeDecodeError:
        text = None
    return {
        "receipt": quarantined.receipt,
        "day": quarantined.day,
        "received_at": iso(envelope.received_at),
        "state": quarantined.state,
        "reason": quarantined.reason,
        "detail": quarantined.detail,
        "partner": quarantined.partner,
        "route": quarantined.route,
        "method": envelope.method,
        "path": envelope.path,
        "query": envelope.raw_query,
        "headers": dict(envelope.headers),
        "body": text,
        "body_base64": base64.b64encode(envelope.body).decode(),
        "replayed_as": quarantined.replayed_as,
        "version": quarantined.version,
    }


def _page(items: list[Quarantined], following: str | None) -> Response:
    return json_response(200, {"items": [shown(item) for item in items], "next": following})


def _found(call: Call) -> Quarantined:
    ledger = LedgerStore(call.services.ledger)
    found = ledger.find_quarantined(call.realm, Receipt(call.parameters["receipt"]))
    if found is None or found.day < _first_day_kept(call):
        raise NotFound("not_found", "no such receipt in quarantine")
    return found


def _first_day_kept(call: Call) -> str:
    account = call.services.registry.snapshot(call.account).account
    return first_day_kept(account.raw_retention_seconds, call.services.clock())


def _day(call: Call, name: str, default: str) -> str:
    text = call.request.first(name, default)
    try:
        start_of(text)
    except ValueError as error:
        raise Refused("bad_field", f"{name}: a day written YYYY-MM-DD", field=name) from error
    return text


def _correction(said: dict[str, Any]) -> Correction:
    for name, value in said.items():
        if not isinstance(value, str):
            raise Refused("bad_field", f"{name}: text is expected", field=name)
    if {"body", "body_base64"} <= said.keys():
        raise Refused("bad_field", "body: one of body and body_base64", field="body")
    body = said["body"].encode("utf-8", "surrogatepass") if "body" in said else None
    if "body_base64" in said:
        try:
            body = base64.b64decode(said["body_base64"], validate=True)
        except (binascii.Error, ValueError) as error:
            raise Refused("bad_field", "body_base64: base64", field="body_base64") from error
    return Correction(said.get("query"), body)


def _result(outcome: Outcome) -> dict[str, Any]:
    result: dict[str, Any] = {
        "outcome": outcome.result.value,
        "receipt": outcome.receipt,
        "reasons": list(outcome.reasons),
        "conversion_id": outcome.conversion_id,
    }
    if not outcome.accepted:
        result["error"] = refusal(outcome.reasons[0], outcome.detail, outcome.field)
    if outcome.parts:
        result["events"] = [_result(part) for part in outcome.parts]
    return result


def _note(call: Call, action: str, closed: Quarantined, *, corrected: bool) -> None:
    services = call.services
    services.registry.add_audit(
        AuditEntry(
            id=services.new_id("aud"),
            account=call.account,
            at=services.clock(),
            who=call.who,
            action=action,
            kind="quarantine",
            thing=closed.receipt,
            before={"state": "open"},
            after={"state": closed.state, "corrected": corrected},
        )
    )


ROUTES: list[Route[Handler]] = [
    Route("GET", "/admin/quarantine", list_quarantined, "admin"),
    Route("GET", "/admin/quarantine/{receipt}", read, "admin"),
    Route("POST", "/admin/quarantine/{receipt}/replay", replay_one, "admin"),
    Route("POST", "/admin/quarantine/{receipt}/dismiss", dismiss_one, "admin"),
]
