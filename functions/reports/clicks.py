"""The route of clicks: those of one partner, newest first."""

from reports.call import Call, Handler
from reports.rows import answered_rows
from touchline.intake.visit import SUBS
from touchline.kernel.errors import Refused
from touchline.platform.http_api import Response, Route
from touchline.reporting.ask import limit_asked
from touchline.reporting.clicks import ClickAsk, clicks_page


def clicks(call: Call) -> Response:
    """Clicks of one partner, newest first; go on with `cursor=` until `next` is null."""
    first = call.request.first
    rows, following = clicks_page(
        call.services.ledger,
        call.services.spread,
        click_ask(call),
        limit=limit_asked(first),
        cursor=first("cursor"),
    )
    body = {"from": call.days.first, "to": call.days.last, "rows": rows, "next": following}
    return answered_rows(call, body, rows)


def click_ask(call: Call) -> ClickAsk:
    """Which clicks are asked for. Raises Refused `partner_needed`."""
    first = call.request.first
    partner = call.partner_meant
    if partner is None:
        raise Refused("partner_needed", field="partner")
    subs = {name: first(name) for name in SUBS if first(name)}
    now = call.services.clock()
    return ClickAsk(call.realm, partner, call.days, now, first("campaign"), subs)


ROUTES: list[Route[Handler]] = [Route("GET", "/reports/clicks", clicks, "report")]
