"""Who is one person: the identities that are known to be one, the log of links, taking one back."""

from collections.abc import Mapping, Sequence
from typing import Any

from admin.call import Call, Handler
from touchline.attribution.walk import walk
from touchline.kernel.clock import day_of, iso, start_of
from touchline.kernel.errors import NotFound, Refused
from touchline.ledger.identity import Identity, parse
from touchline.ledger.model import Link, Surroundings
from touchline.ledger.store import LedgerStore
from touchline.platform.http_api import Response, Route, json_response
from touchline.registry.audit import AuditEntry

FIELDS = frozenset({"one", "other"})


def person(call: Call) -> Response:
    """Everybody that an identity is linked to, as the night walks, with every link's source."""
    rules = call.services.registry.snapshot(call.account).account.rules
    ledger, start = LedgerStore(call.services.ledger), _asked(call.parameters["identity"])
    known: dict[Identity, Surroundings] = {}
    now = call.services.clock()

    def read(identities: Sequence[Identity]) -> Mapping[Identity, Surroundings]:
        known.update({one: ledger.around(call.realm, one, now) for one in identities})
        return known

    [found] = walk([[start]], read, rules)
    links = {frozenset((one.one, one.other)): one for at in known.values() for one in at.links}
    if not links and not found.touches:
        raise NotFound("not_found", f"nothing is known under {start}")
    return json_response(
        200,
        {
            "identities": list(found.identities),
            "touches": len(found.touches),
            "remarks": list(found.remarks),
            "links": [_shown(one) for one in sorted(links.values(), key=_place)],
        },
    )


def log(call: Call) -> Response:
    """Links that were made or undone on a UTC day (`?day=`; today when left out)."""
    day = call.request.first("day") or day_of(call.services.clock())
    try:
        start_of(day)
    except ValueError as error:
        raise Refused("bad_field", "day: written YYYY-MM-DD", field="day") from error
    ledger = LedgerStore(call.services.ledger)
    links = sorted(ledger.links_changed_on(call.realm, day), key=_place)
    return json_response(200, {"day": day, "items": [_shown(one) for one in links]})


def undo(call: Call) -> Response:
    """Take a link back (`{"one": "crm:7", "other": "visitor:v1"}`); tonight decides anew."""
    said = call.body(FIELDS)
    one, other = (_identity(said, name) for name in ("one", "other"))
    at = call.services.clock()
    if not LedgerStore(call.services.ledger).undo_link(call.realm, one, other, at):
        raise NotFound("not_found", "no such link, or it was undone already")
    call.services.registry.add_audit(
        AuditEntry(
            id=call.services.new_id("aud"),
            account=call.account,
            at=at,
            who=call.who,
            action="undo",
            kind="link",
            thing=f"{one} {other}",
        )
    )
    told = {"undone": True, "one": one, "other": other, "decided_again_in_the_night_of": day_of(at)}
    return json_response(200, told)


def _asked(text: str) -> Identity:
    try:
        return parse(text)
    except Refused as error:
        raise NotFound("not_found", "nobody is known under what is no identity") from error


def _identity(said: Mapping[str, Any], name: str) -> Identity:
    value = said.get(name)
    if not isinstance(value, str):
        raise Refused("bad_field", f"{name}: an identity, written domain:value", field=name)
    return parse(value)


def _shown(link: Link) -> dict[str, Any]:
    one, other = sorted((link.one, link.other))
    return {
        "one": one,
        "other": other,
        "at": iso(link.at),
        "source": link.source,
        "receipt": link.receipt,
        "undone_at": iso(link.undone_at) if link.undone_at else None,
    }


def _place(link: Link) -> tuple[int, list[Identity]]:
    return (link.at, sorted((link.one, link.other)))


ROUTES: list[Route[Handler]] = [
    Route("GET", "/admin/people/{identity}", person, "admin"),
    Route("GET", "/admin/links", log, "admin"),
    Route("POST", "/admin/links/undo", undo, "admin"),
]
