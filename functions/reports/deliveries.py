"""The routes about what was sent: the log, one delivery, endpoints, the sum."""

from reports.call import Call, Handler
from reports.rows import answered_rows
from touchline.delivery.model import State
from touchline.delivery.rows import READ_MS
from touchline.delivery.store import DeliveryStore
from touchline.kernel.errors import Refused
from touchline.platform.http_api import Response, Route, json_response
from touchline.reporting.ask import limit_asked
from touchline.reporting.deliveries import Wanted, balanced, detailed, endpoints, listed


def log(call: Call) -> Response:
    """Deliveries of the range, oldest first."""
    first = call.request.first
    wanted = Wanted(
        _over(call),
        endpoint=first("endpoint"),
        state=_state(first("state")),
        type=first("type"),
        event=first("event"),
        conversion=first("conversion"),
        partner=call.partner,
    )
    page = listed(
        _store(call),
        call.registry,
        call.realm,
        call.days,
        wanted,
        limit=limit_asked(first),
        cursor=first("cursor"),
    )
    return answered_rows(call, page, page["deliveries"])


def _state(said: str) -> str:
    if said and said not in set(State):
        raise Refused("bad_field", f"state: {', '.join(State)}", field="state")
    return said


def one(call: Call) -> Response:
    """One delivery with its attempts: request, response, duration, what comes next."""
    name = call.parameters["id"]
    wanted = Wanted(_over(call), partner=call.partner)
    return json_response(200, detailed(_store(call), call.registry, call.realm, name, wanted))


def of_endpoints(call: Call) -> Response:
    """Every endpoint: is it sent to, is its breaker open, how much is held."""
    found = endpoints(_store(call), call.registry, call.realm, call.partner)
    return answered_rows(call, {"endpoints": found}, found)


def balance(call: Call) -> Response:
    """Announced less delivered, held, failed, cancelled and pending: 0, or something was lost."""
    call.whole_account_only()
    return json_response(200, balanced(_store(call), call.realm, call.days))


def _over(call: Call) -> int:
    return call.services.clock() - READ_MS


def _store(call: Call) -> DeliveryStore:
    return DeliveryStore(call.services.deliveries)


ROUTES: list[Route[Handler]] = [
    Route("GET", "/reports/deliveries", log, "report"),
    Route("GET", "/reports/deliveries/balance", balance, "report"),
    Route("GET", "/reports/deliveries/{id}", one, "report"),
    Route("GET", "/reports/endpoints", of_endpoints, "report"),
]
