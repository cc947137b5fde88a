"""The routes of attribution: credit, paths, what was not attributed, runs, one conversion."""

from collections.abc import Mapping
from typing import Any

from reports.call import Call, Handler
from reports.rows import answered_rows
from touchline.kernel.errors import NotFound
from touchline.kernel.ids import ConversionId, EventName
from touchline.ledger.decisions import decision_of
from touchline.ledger.model import Conversion
from touchline.ledger.result_keys import decision_key
from touchline.platform.http_api import Response, Route, json_response
from touchline.reporting.ask import limit_asked
from touchline.reporting.credit import credit_ask, credit_report
from touchline.reporting.day_facts import (
    assists_report,
    match_rate_report,
    paths_report,
    unattributed_report,
)
from touchline.reporting.fits import fits_report
from touchline.reporting.runs import runs_report
from touchline.reporting.trace import found, seen_by, trace


def attribution(call: Call) -> Response:
    """Credit by a dimension, models side by side."""
    first = call.request.first
    asked = credit_ask(first("model"), first("group_by"), _models(call))
    services = call.services
    return _table(call, credit_report(services.nights, call.ask, asked, services.spread))


def paths(call: Call) -> Response:
    """The paths that converted most."""
    call.whole_account_only()
    services, limit = call.services, limit_asked(call.request.first)
    return _table(call, paths_report(services.nights, call.ask, limit, services.spread))


def fits(call: Call) -> Response:
    """What the data-driven models of the last day were fitted on and found."""
    call.whole_account_only()
    asked = credit_ask(call.request.first("model"), "", _models(call))
    services = call.services
    return _table(call, fits_report(services.nights, call.ask, asked.models, services.spread))


def assists(call: Call) -> Response:
    """For each channel the conversions that it began, assisted and ended."""
    call.whole_account_only()
    services = call.services
    return _table(call, assists_report(services.nights, call.ask, services.spread))


def unattributed(call: Call) -> Response:
    """Conversions without credit, by reason."""
    call.whole_account_only()
    services = call.services
    return _table(call, unattributed_report(services.nights, call.ask, services.spread))


def match_rate(call: Call) -> Response:
    """Which keys matched conversions to touches."""
    call.whole_account_only()
    services = call.services
    return _table(call, match_rate_report(services.nights, call.ask, services.spread))


def runs(call: Call) -> Response:
    """Runs of nights, newest first."""
    call.whole_account_only()
    limit = limit_asked(call.request.first)
    return _table(call, runs_report(call.services.nights, call.ask, limit))


def conversion(call: Call) -> Response:
    """Every claim under this ID with its decision."""
    order = ConversionId(call.parameters["id"])
    asked = call.request.first("event")
    names = [EventName(asked)] if asked else call.event_names
    claims = [
        claim for event in names for claim in call.services.ledger.claims(call.realm, event, order)
    ]
    if call.partner is not None:
        claims = [one for one in claims if call.partner in {one.partner, one.key.scope}]
    if not claims:
        raise NotFound("not_found", f"no conversion {order}")
    traces = [_trace(call, claim) for claim in claims]
    if call.partner is not None:
        traces = [seen_by(call.partner, told) for told in traces]
    return json_response(200, found(traces))


def _trace(call: Call, claim: Conversion) -> dict[str, Any]:
    row = call.services.results.get(decision_key(call.realm, claim.key, claim.occurred_at))
    return trace(claim, decision_of(row) if row else None)


def _models(call: Call) -> tuple[str, ...]:
    rules = call.registry.account.rules
    return tuple(dict.fromkeys((*rules.models, *rules.data_driven_models)))


def _table(call: Call, report: Mapping[str, Any]) -> Response:
    """The report as JSON, or its rows alone in the format that the caller accepts."""
    return answered_rows(call, report, report["rows"])


ROUTES: list[Route[Handler]] = [
    Route("GET", "/reports/attribution", attribution, "report"),
    Route("GET", "/reports/paths", paths, "report"),
    Route("GET", "/reports/fits", fits, "report"),
    Route("GET", "/reports/assists", assists, "report"),
    Route("GET", "/reports/unattributed", unattributed, "report"),
    Route("GET", "/reports/match-rate", match_rate, "report"),
    Route("GET", "/reports/runs", runs, "report"),
    Route("GET", "/reports/conversions/{id}", conversion, "report"),
]
