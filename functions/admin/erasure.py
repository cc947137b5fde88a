"""Erasing a person: what would go (`dry_run`), or that it went, with a receipt."""

from typing import Any

from admin.call import Call, Handler
from admin.said import flag, text
from touchline.intake.people import known_as
from touchline.kernel.errors import Refused
from touchline.platform.http_api import Response, Route, json_response
from touchline.privacy.erase import Asked, Eraser
from touchline.privacy.store import PrivacyStore
from touchline.registry.audit import AuditEntry

FIELDS = frozenset({"identity", "dry_run"})


def erase(call: Call) -> Response:
    """`{"identity": "email:jane@example.com", "dry_run": true}`; tells counts, never values."""
    said = call.body(FIELDS)
    asked, dry_run = _asked(call, said), flag(said, "dry_run")
    services = call.services
    registry = services.registry.snapshot(call.account)
    eraser = Eraser(
        PrivacyStore(services.ledger, services.results, services.deliveries),
        services.delivery_queue,
        services.clock,
        services.new_id,
        services.random_bits,
    )
    if dry_run:
        found = eraser.find(asked, registry)
        plan = {"counts": dict(found.counts), "remarks": list(found.remarks)}
        return json_response(200, {"erased": False, **plan})
    done = eraser.erase(asked, registry)
    services.registry.add_audit(
        AuditEntry(
            id=services.new_id("aud"),
            account=call.account,
            at=services.clock(),
            who=call.who,
            action="erase",
            kind="person",
            thing=done.receipt,
            after=dict(done.counts),
        )
    )
    return json_response(
        200,
        {
            "erased": True,
            "receipt": done.receipt,
            "counts": dict(done.counts),
            "told": list(done.told),
            "untold": list(done.untold),
            "remarks": list(done.remarks),
            "restate": list(done.restate),
        },
    )


def _asked(call: Call, said: dict[str, Any]) -> Asked:
    named = text(said, "identity")
    if ":" not in named:
        raise Refused("bad_field", "identity: written domain:value", field="identity")
    domain, _, value = named.partition(":")
    return Asked(call.realm, known_as(domain, value), (value.strip(),), call.who)


ROUTES: list[Route[Handler]] = [Route("POST", "/admin/erase", erase, "admin")]
