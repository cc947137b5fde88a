"""The routes that look at this moment: what came in last, and one order through its stages."""

from reports.call import Call, Handler
from touchline.delivery.rows import READ_MS
from touchline.delivery.store import DeliveryStore
from touchline.kernel.ids import ConversionId, EventName
from touchline.platform.http_api import Response, Route, json_response
from touchline.registry.retention import first_day_kept
from touchline.reporting import live
from touchline.reporting.ask import limit_asked


def now(call: Call) -> Response:
    """The last conversions with what became of each."""
    rows = live.latest(window_of(call), sight_of(call), call.today, limit_asked(call.request.first))
    return json_response(200, {"at": call.services.clock(), "conversions": rows})


def stages(call: Call) -> Response:
    """Every claim to one order, of any event or of `?event=`, through its stages."""
    order = ConversionId(call.parameters["id"])
    asked = call.request.first("event")
    events = [EventName(asked)] if asked else sorted(call.registry.events)
    claims = [
        one for event in events for one in call.services.ledger.claims(call.realm, event, order)
    ]
    rows = live.stages(window_of(call), sight_of(call), claims)
    return json_response(200, {"at": call.services.clock(), "claims": rows})


def window_of(call: Call) -> live.Window:
    """Where this call looks."""
    services = call.services
    sent = DeliveryStore(services.deliveries)
    return live.Window(services.ledger, services.results, sent, services.spread)


def sight_of(call: Call) -> live.Sight:
    """What this call's token may see."""
    now = call.services.clock()
    return live.Sight(
        call.realm,
        call.registry.endpoints,
        call.partner,
        sent_after=now - READ_MS,
        first_day=first_day_kept(call.registry.account.raw_retention_seconds, now),
    )


ROUTES: list[Route[Handler]] = [
    Route("GET", "/reports/live", now, "report"),
    Route("GET", "/reports/stages/{id}", stages, "report"),
]
