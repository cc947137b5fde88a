"""The routes that look at single conversions as they are: the last ones, one, or many by ID."""

from collections.abc import Mapping
from typing import Any

from reports.call import Call, Handler
from touchline.delivery.rows import READ_MS
from touchline.delivery.store import DeliveryStore
from touchline.intake.dialects import status_of
from touchline.kernel.errors import Refused
from touchline.kernel.ids import ConversionId, EventName, PartnerId
from touchline.platform.http_api import Response, Route, json_response
from touchline.registry.retention import first_day_kept
from touchline.reporting import live
from touchline.reporting.ask import limit_asked
from touchline.reporting.lookup import MOST_IDS, looked_up


def now(call: Call) -> Response:
    """The last conversions with what became of each."""
    rows = live.latest(window_of(call), sight_of(call), call.today, limit_asked(call.request.first))
    return json_response(200, {"at": call.services.clock(), "conversions": rows})


def stages(call: Call) -> Response:
    """Every claim to one order, of any event or of `?event=`, through its stages."""
    order = ConversionId(call.parameters["id"])
    asked = call.request.first("event")
    events = [EventName(asked)] if asked else call.event_names
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


def lookup(call: Call) -> Response:
    """What is known under up to 100 IDs, and what a partner's status words mean.

    The body holds `ids` and, if wanted, `words`. Raises Refused `bad_body`, `bad_field`.
    """
    said = call.body()
    ids, words = _texts(said, "ids"), _texts(said, "words")
    asked = call.request.first("event")
    events = [EventName(asked)] if asked else call.event_names
    window, partner = (
        window_of(call),
        call.registry.partners.get(PartnerId(call.partner_meant or "")),
    )
    found = looked_up(
        call.services.ledger,
        window.results,
        call.services.spread,
        sight_of(call),
        events,
        [ConversionId(name) for name in ids],
    )
    meant = {word: status_of(word, partner, {}) for word in words}
    return json_response(200, {"rows": found, "words": meant})


def _texts(said: Mapping[str, Any], name: str) -> list[str]:
    texts = said.get(name, [])
    if not isinstance(texts, list) or not all(isinstance(one, str) and one for one in texts):
        raise Refused("bad_field", f"{name}: a list of texts", field=name)
    if len(texts) > MOST_IDS:
        raise Refused("bad_field", f"{name}: at most {MOST_IDS}", field=name)
    return texts


ROUTES: list[Route[Handler]] = [
    Route("GET", "/reports/live", now, "report"),
    Route("GET", "/reports/stages/{id}", stages, "report"),
    Route("POST", "/reports/lookup", lookup, "report"),
]
