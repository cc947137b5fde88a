"""Endpoints beyond their declaration: test, rotate, release, replay, and the linter."""

import asyncio
import secrets
import time
from dataclasses import replace
from typing import Any

from admin.call import Call, Handler
from admin.said import flag, text, texts
from touchline.delivery.delimiters import canonical
from touchline.delivery.held import Holds
from touchline.delivery.lint import Finding, lint_body, lint_url
from touchline.delivery.model import Hold, Replay, State
from touchline.delivery.registries import Sender
from touchline.delivery.resend import Resends
from touchline.delivery.sender import HttpSender
from touchline.delivery.signing import OVERLAP_MS, new_secret, public_key, rotated
from touchline.delivery.store import DeliveryStore
from touchline.delivery.templates import render_url
from touchline.delivery.trial import Trial, sample_conversion, try_endpoint
from touchline.kernel.clock import iso
from touchline.kernel.errors import NotFound, Refused
from touchline.kernel.ids import ConversionId, EndpointId, EventName
from touchline.kernel.reasons import reason
from touchline.ledger.model import Conversion
from touchline.ledger.store import LedgerStore
from touchline.platform.http_api import Response, Route, json_response
from touchline.registry.audit import AuditEntry, Author
from touchline.registry.contracts import MAX_BODY
from touchline.registry.external import read_at
from touchline.registry.kinds import ENDPOINT
from touchline.registry.model import Endpoint
from touchline.registry.store import Entry

RELEASED_AT_ONCE = 5
SAMPLE = {
    "click_id": "clk_sample",
    "partner_click_id": "their-click-1",
    "conversion_id": "A-1001",
    "value": "12.34",
    "currency": "EUR",
    "payout": "1.23",
    "payout_currency": "EUR",
    "status": "approved",
    "event": "purchase",
    "occurred_at": "1767268800000",
    "campaign": "spring",
    "partner": "acme",
    "sub1": "sample",
}


def try_out(call: Call) -> Response:
    """Send a test to the endpoint: sample data, or a past conversion; shows both sides."""
    endpoint = _entry(call).value
    said = call.body({"conversion", "event", "scope"})
    conversion = _conversion(call, said, endpoint)
    services = call.services
    loopback = services.settings.allow_loopback_receivers

    async def send() -> Trial:
        async with HttpSender(monotonic=time.monotonic, loopback=loopback) as sender:
            return await _try(call, endpoint, conversion, sender)

    trial = asyncio.run(send())
    _audit(call, "test", endpoint.id, {"outcome": trial.outcome, "status": trial.status})
    return json_response(200, shown_trial(trial))


async def _try(call: Call, endpoint: Endpoint, conversion: Conversion, sender: Sender) -> Trial:
    services = call.services
    return await try_endpoint(
        endpoint,
        conversion,
        sender,
        services.seals.open,
        services.clock(),
        loopback=services.settings.allow_loopback_receivers,
    )


def rotate(call: Call) -> Response:
    """Make a new signing secret (shown once); the old ones go on signing for 24 hours."""
    kind = text(call.body({"kind"}), "kind")
    if kind not in {"", "hmac", "ed25519"}:
        raise Refused("bad_field", "kind: hmac or ed25519", field="kind")
    entry, now = _entry(call), call.services.clock()
    value = new_secret(secrets.token_bytes, ed25519=kind == "ed25519")
    sealed = call.services.seals.seal(value)
    changed = replace(entry.value, secrets=rotated(entry.value.secrets, sealed, now))
    author = Author(call.who, now, call.services.new_id("aud"))
    saved = call.services.registry.replace(call.account, entry, changed, author)
    return json_response(
        200,
        {
            "secret": value,
            "public_key": public_key(value) or None,
            "old_until": iso(now + OVERLAP_MS),
            "version": saved.version,
        },
    )


def release(call: Call) -> Response:
    """Let held deliveries go out, oldest first; a disabled endpoint starts as new."""
    call.body(())
    endpoint = _entry(call).value
    services = call.services
    store = DeliveryStore(services.deliveries)
    holds = Holds(store, services.cache, services.delivery_queue, services.clock)
    holds.enable(call.realm, endpoint.id)
    hold = Hold(call.realm, endpoint.id)
    released = holds.settle(hold, RELEASED_AT_ONCE)
    left = bool(store.held(hold, 1))
    _audit(call, "release", endpoint.id, {"released": released})
    return json_response(200, {"released": released, "more": left, "state": endpoint.state.value})


def replay(call: Call) -> Response:
    """Send again everything of a time range that is in the given states; call until done."""
    said = call.body({"from", "to", "states", "again"})
    endpoint = _entry(call).value
    services = call.services
    resends = Resends(DeliveryStore(services.deliveries), services.delivery_queue, services.clock)
    opened = resends.open_replay(
        call.realm,
        endpoint.id,
        (_instant(said, "from"), _instant(said, "to")),
        _states(said),
        call.who,
        text(said, "again"),
    )
    moved = resends.go_on(opened)
    if opened.version == 1:
        _audit(call, "replay", endpoint.id, {"replay": opened.id})
    return json_response(200, shown_replay(moved))


def lint(call: Call) -> Response:
    """What the linter finds in a template, its canonical form, and an example."""
    said = call.body({"url", "body", "allow_http"})
    url, body = text(said, "url", MAX_BODY), text(said, "body", MAX_BODY)
    found = (
        lint_url(
            url,
            allow_http=flag(said, "allow_http"),
            loopback=call.services.settings.allow_loopback_receivers,
        )
        if url
        else ()
    )
    found = (*found, *(lint_body(body) if body else ()))
    sound = not any(finding.error for finding in found)
    return json_response(
        200,
        {
            "problems": [shown_finding(finding) for finding in found],
            "canonical": canonical(url or body),
            "example": render_url(canonical(url), SAMPLE) if url and sound else None,
        },
    )


def shown_finding(finding: Finding) -> dict[str, Any]:
    """A finding as JSON."""
    return {
        "at": finding.position,
        "code": finding.code,
        "severity": "error" if finding.error else "warning",
        "macro": finding.macro or None,
        "message": finding.message,
        "hint": reason(finding.code).fix,
        "suggestion": finding.suggestion or None,
    }


def shown_trial(trial: Trial) -> dict[str, Any]:
    """A test send as JSON."""
    request = trial.request
    return {
        "outcome": trial.outcome,
        "reason": trial.reason or None,
        "request": {
            "method": request.method,
            "url": request.url,
            "headers": dict(request.headers),
            "body": request.body.decode("utf-8", "replace"),
        },
        "response": {
            "status": trial.status,
            "headers": dict(trial.response_headers),
            "body": trial.response,
            "duration_ms": trial.duration_ms,
        },
    }


def shown_replay(replay: Replay) -> dict[str, Any]:
    """A bulk resend as JSON."""
    return {
        "replay": replay.id,
        "endpoint": replay.endpoint,
        "from": iso(replay.from_at),
        "to": iso(replay.to_at),
        "states": [state.value for state in replay.states],
        "asked_by": replay.asked_by,
        "asked_at": iso(replay.asked_at),
        "cap": replay.cap,
        "queued": replay.queued,
        "done": replay.done,
    }


def _entry(call: Call) -> Entry:
    return call.services.registry.entry(call.account, ENDPOINT, call.parameters["id"])


def _conversion(call: Call, said: dict[str, Any], endpoint: Endpoint) -> Conversion:
    wanted, event, scope = (text(said, name) for name in ("conversion", "event", "scope"))
    if not wanted:
        return sample_conversion(call.realm, endpoint, call.services.clock())
    ledger = LedgerStore(call.services.ledger)
    claims = ledger.claims(call.realm, EventName(event), ConversionId(wanted))
    chosen = [one for one in claims if scope in {"", one.key.scope}]
    if not chosen:
        raise NotFound("not_found", f"no conversion {event} {wanted}")
    return chosen[0]


def _instant(said: dict[str, Any], name: str) -> int:
    try:
        return int(read_at(said.get(name)))
    except ValueError as error:
        raise Refused("bad_field", f"{name}: {error}", field=name) from error


def _states(said: dict[str, Any]) -> tuple[State, ...]:
    try:
        return tuple(State(one) for one in texts(said, "states"))
    except ValueError as error:
        raise Refused("bad_field", str(error), field="states") from error


def _audit(call: Call, action: str, endpoint: EndpointId, after: dict[str, Any]) -> None:
    services = call.services
    services.registry.add_audit(
        AuditEntry(
            id=services.new_id("aud"),
            account=call.account,
            at=services.clock(),
            who=call.who,
            action=action,
            kind=ENDPOINT.name,
            thing=endpoint,
            after=after,
        )
    )


ROUTES: list[Route[Handler]] = [
    Route("POST", "/admin/endpoints/{id}/test", try_out, "admin"),
    Route("POST", "/admin/endpoints/{id}/rotate", rotate, "admin"),
    Route("POST", "/admin/endpoints/{id}/release", release, "admin"),
    Route("POST", "/admin/endpoints/{id}/replay", replay, "admin"),
    Route("POST", "/admin/lint-template", lint, "admin"),
]
