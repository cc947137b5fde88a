"""The routes of the first page: who am I, how did the days go."""

from collections.abc import Mapping, Sequence
from typing import Any

from reports.call import Call, Handler
from reports.rows import answered_rows
from touchline.delivery.store import DeliveryStore
from touchline.kernel.clock import next_day
from touchline.platform.http_api import Response, Route, json_response
from touchline.reporting import events, goals
from touchline.reporting.ask import Ask, Days
from touchline.reporting.credit import credit_ask, credit_report
from touchline.reporting.live import delivery_counts
from touchline.reporting.overview import overview
from touchline.reporting.runs import runs_report


def me(call: Call) -> Response:
    """Who the token is, and what may be asked for."""
    registry, token = call.registry, call.token
    partners = [call.partner] if call.partner else sorted(registry.partners)
    account = registry.account
    rules = account.rules
    return json_response(
        200,
        {
            "account": {"id": account.id, "name": account.name, "currency": account.currency},
            "token": {
                "name": token.name,
                "scopes": list(token.scopes),
                "partner": token.partner,
                "test": token.test,
                "expires_at": token.expires_at,
            },
            "models": [*rules.models, *rules.data_driven_models],
            "events": sorted(registry.events),
            "partners": partners,
            "campaigns": [] if call.partner else sorted(registry.campaigns),
        },
    )


def first_page(call: Call) -> Response:
    """Totals, days, reasons and channels; for the account goals, deliveries and the night too."""
    services, account = call.services, call.registry.account
    parts = events.parts_of(services.nights, call.ask, services.spread)
    page = overview(parts, call.days, account.currency)
    if call.partner is not None:
        return json_response(200, page)
    sent = DeliveryStore(services.deliveries)
    recent = (next_day(call.today, -1), call.today)
    whole = {
        "channels": _channels(call),
        "goals": _goals(call),
        "deliveries": delivery_counts(sent, call.realm, recent),
        "last_run": _last_run(call),
    }
    return json_response(200, {**page, **whole})


def by_event(call: Call) -> Response:
    """Events by day."""
    report = events.event_report(_found(call), call.days)
    return answered_rows(call, report, _inner(report, "days"))


def delays(call: Call) -> Response:
    """Time to conversion."""
    report = events.delay_report(_parts(call), call.days)
    return answered_rows(call, report, _inner(report, "buckets"))


def cohorts(call: Call) -> Response:
    """Credit by the day of the touch."""
    model = call.request.first("model", call.registry.account.rules.models[0])
    report = events.cohort_report(_parts(call), call.days, model)
    return answered_rows(call, report, _inner(report, "by_touch_day"))


def goal_progress(call: Call) -> Response:
    """Every goal with how far it has come on the last day of the range."""
    call.whole_account_only()
    rows = _goals(call)
    return answered_rows(call, {"day": call.days.last, "goals": rows}, rows)


def _found(call: Call) -> events.Found:
    return events.found_in(call.services.nights, call.ask, call.services.spread)


def _parts(call: Call) -> Sequence[events.Part]:
    return _found(call).parts


def _inner(report: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The rows inside each event, each with its event and currency."""
    return [
        {"event": event["event"], "currency": event["currency"], **row}
        for event in report["events"]
        for row in event[name]
    ]


def _goals(call: Call) -> list[dict[str, Any]]:
    declared = list(call.registry.events.values())
    needed = goals.days_needed(declared, call.days.last)
    if needed is None:
        return []
    parts = events.parts_of(call.services.nights, Ask(call.realm, needed), call.services.spread)
    return goals.progress(declared, parts, call.days.last)


def _channels(call: Call) -> dict[str, Any]:
    """Credit by channel under one model: linear where the account has it."""
    models = call.registry.account.rules.models
    model = "linear" if "linear" in models else models[0]
    services, asked = call.services, credit_ask(model, "channel", models)
    return {**credit_report(services.nights, call.ask, asked, services.spread), "model": model}


def _last_run(call: Call) -> dict[str, Any] | None:
    """The newest run of the last 30 days, in short."""
    month = Ask(call.realm, Days(next_day(call.today, -30), call.today))
    rows = runs_report(call.services.nights, month, 1)["rows"]
    names = ("day", "run", "status", "received", "decided")
    return {name: rows[0][name] for name in names} if rows else None


ROUTES: list[Route[Handler]] = [
    Route("GET", "/reports/me", me, "report"),
    Route("GET", "/reports/overview", first_page, "report"),
    Route("GET", "/reports/events", by_event, "report"),
    Route("GET", "/reports/delays", delays, "report"),
    Route("GET", "/reports/cohorts", cohorts, "report"),
    Route("GET", "/reports/goals", goal_progress, "report"),
]
