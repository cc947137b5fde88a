"""One conversion: what is known of it, and what an operator may do to it."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from admin.call import Call, Handler
from touchline.intake.corrections import ACTIONS, Order
from touchline.intake.restate import restate
from touchline.kernel.clock import iso
from touchline.kernel.errors import Conflict, NotFound, Refused
from touchline.kernel.ids import ConversionId, Receipt
from touchline.kernel.money import micros_of, plain
from touchline.ledger.model import Conversion, Entry
from touchline.ledger.store import LedgerStore
from touchline.platform.http_api import Response, Route, json_response
from touchline.registry.audit import AuditEntry
from touchline.registry.model import Registry

FIELDS = frozenset({"event", "partner", "reason", "amount", "refund_id", "version"})
LONGEST_REASON = 255


def read(call: Call) -> Response:
    """Every claim to the conversion ID: with history, entries and repeats."""
    ledger = LedgerStore(call.services.ledger)
    found = _found(call, ledger, call.request.first("event"))
    items = [
        {
            **shown(one),
            "repeats": [
                {"receipt": it.receipt, "at": iso(it.at), "conflict": it.conflict}
                for it in ledger.repeats(one.realm, one.key)
            ],
        }
        for one in found
    ]
    return json_response(200, {"items": items})


def act(action: str, call: Call) -> Response:
    """Approve, reject, refund, hold or release; the conversion as it is then."""
    said = call.body(FIELDS if action == "refund" else FIELDS - {"amount", "refund_id"})
    _check(said)
    ledger = LedgerStore(call.services.ledger)
    registry = call.services.registry.snapshot(call.account)
    old = _one(_found(call, ledger, said.get("event") or ""), said)
    expected = call.version(said.get("version"))
    if expected is not None and expected != old.version:
        raise Conflict("stale_version", f"it has version {old.version}, not {expected}")
    order = _order(call, registry, said)
    new = ACTIONS[action](old, order)
    if new is not old:
        new = restate(ledger, registry, old, new)
        _note(call, action, old, new, order)
    return json_response(200, shown(new), {"etag": f'"{new.version}"'})


def shown(conversion: Conversion) -> dict[str, Any]:
    """A conversion as it is told; money as decimals, instants as RFC 3339."""
    return {
        "conversion_id": conversion.key.id,
        "event": conversion.key.event,
        "partner": conversion.key.scope or None,
        "status": conversion.status.value,
        "status_word": conversion.status_word or None,
        "value": plain(conversion.value_micros),
        "net_value": plain(conversion.net_value_micros),
        "currency": conversion.currency,
        "payout": plain(conversion.payout_micros),
        "net_payout": plain(conversion.net_payout_micros),
        "payout_currency": conversion.payout_currency,
        "occurred_at": iso(conversion.occurred_at),
        "received_at": iso(conversion.received_at),
        "changed_at": iso(conversion.changed_at),
        "receipt": conversion.receipt,
        "click_id": conversion.click_id,
        "campaign": conversion.campaign,
        "coupon": conversion.coupon or None,
        "identities": list(conversion.identities),
        "subs": dict(conversion.subs),
        "parameters": dict(conversion.parameters),
        "excluded": conversion.excluded or None,
        "flags": list(conversion.flags),
        "entries": [_entry(entry) for entry in conversion.entries],
        "history": [{**asdict(it), "at": iso(it.at)} for it in conversion.history],
        "version": conversion.version,
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "kind": entry.kind,
        "value": plain(entry.value_micros),
        "payout": plain(entry.payout_micros),
        "reason": entry.reason,
        "at": iso(entry.at),
        "receipt": entry.receipt,
    }


def _check(said: Mapping[str, Any]) -> None:
    for name, value in said.items():
        if name != "version" and not isinstance(value, str):
            raise Refused("bad_field", f"{name}: text is expected", field=name)
        if len(str(value)) > LONGEST_REASON:
            raise Refused("bad_field", f"{name}: at most {LONGEST_REASON} characters", field=name)


def _found(call: Call, ledger: LedgerStore, event: str) -> list[Conversion]:
    """Claims under this ID: of the event that is named, else of every event that ever was."""
    registry = call.services.registry.snapshot(call.account)
    named = {span.name for it in registry.events.values() for span in it.names}
    names = named | set(registry.events)
    order = ConversionId(call.parameters["id"])
    found = [
        claim
        for name in sorted(names)
        if event in {"", name}
        for claim in ledger.claims(call.realm, name, order)
    ]
    if not found:
        raise NotFound("not_found", "no such conversion")
    return found


def _one(found: list[Conversion], said: Mapping[str, Any]) -> Conversion:
    """The claim that is meant: of the partner that is named ("" for the account's own)."""
    partner = said.get("partner")
    meant = [one for one in found if partner is None or one.key.scope == partner]
    if not meant:
        raise NotFound("not_found", "no such claim of this partner")
    if len(meant) > 1:
        claims = ", ".join(f"{one.key.event} by {one.key.scope or 'us'}" for one in meant)
        raise Conflict("ambiguous_conversion", claims)
    return meant[0]


def _order(call: Call, registry: Registry, said: Mapping[str, Any]) -> Order:
    services = call.services
    amount = None
    if "amount" in said:
        try:
            amount = micros_of(said["amount"])
        except ValueError as error:
            raise Refused("bad_field", f"amount: {error}", field="amount") from error
        if amount <= 0:
            raise Refused("bad_field", "amount: above 0", field="amount")
    return Order(
        who=call.who,
        at=services.clock(),
        receipt=Receipt(services.new_id("rcp")),
        reason=said.get("reason", ""),
        amount_micros=amount,
        entry_id=said.get("refund_id", ""),
        lock_after_seconds=registry.account.lock_after_seconds,
    )


def _note(call: Call, action: str, old: Conversion, new: Conversion, order: Order) -> None:
    def state(conversion: Conversion) -> dict[str, str]:
        told = shown(conversion)
        return {name: told[name] for name in ("status", "net_value", "net_payout")}

    call.services.registry.add_audit(
        AuditEntry(
            id=call.services.new_id("aud"),
            account=call.account,
            at=order.at,
            who=call.who,
            action=action,
            kind="conversion",
            thing=f"{old.key.event}/{old.key.id}/{old.key.scope}",
            before=state(old),
            after={**state(new), "reason": order.reason},
        )
    )


def _action_route(action: str) -> Route[Handler]:
    return Route("POST", f"/admin/conversions/{{id}}/{action}", partial(act, action), "admin")


ROUTES: list[Route[Handler]] = [
    Route("GET", "/admin/conversions/{id}", read, "admin"),
    *map(_action_route, ACTIONS),
]
