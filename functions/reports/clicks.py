"""The route of clicks: those of one partner, newest first."""

from reports.call import Call, Handler
from reports.rows import answered_rows
from touchline.intake.visit import SUBS
from touchline.kernel.errors import NotFound, Refused
from touchline.ledger.identity import CLICK, Identity
from touchline.platform.http_api import Response, Route, json_response
from touchline.reporting.ask import limit_asked
from touchline.reporting.clicks import ClickAsk, clicks_page, shown


def clicks(call: Call) -> Response:
    """Clicks of one partner, newest first; go on with `cursor=` until `next` is null.

    `listed` says whether its new clicks are listed at all.
    """
    first, asked = call.request.first, click_ask(call)
    rows, following = clicks_page(
        call.services.ledger,
        call.services.spread,
        asked,
        limit=limit_asked(first),
        cursor=first("cursor"),
    )
    listed = call.registry.partners[asked.partner].list_clicks
    days = {"from": call.days.first, "to": call.days.last}
    return answered_rows(call, {**days, "listed": listed, "rows": rows, "next": following}, rows)


def click_ask(call: Call) -> ClickAsk:
    """Which clicks are asked for. Raises Refused `partner_needed`."""
    first = call.request.first
    partner = call.partner_meant
    if partner is None:
        raise Refused("partner_needed", field="partner")
    subs = {name: first(name) for name in SUBS if first(name)}
    now = call.services.clock()
    return ClickAsk(call.realm, partner, call.days, now, first("campaign"), subs)


def click(call: Call) -> Response:
    """One click by its ID, as its partner may see it."""
    known = Identity(f"{CLICK}:{call.parameters['id']}")
    found = call.services.ledger.first_touch(call.realm, known, call.services.clock())
    if found is None or call.partner not in {None, found.partner}:
        raise NotFound("not_found", f"no click {call.parameters['id'][:60]}")
    return json_response(200, shown(found))


ROUTES: list[Route[Handler]] = [
    Route("GET", "/reports/clicks", clicks, "report"),
    Route("GET", "/reports/clicks/{id}", click, "report"),
]
