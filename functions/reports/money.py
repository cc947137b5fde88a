"""The routes of money and of rows one by one: spend with its return, decisions to export."""

from dataclasses import replace

from reports.call import Call, Handler
from reports.rows import answered_rows
from touchline.platform.http_api import Response, Route
from touchline.registry.spend import spent_in
from touchline.reporting.ask import limit_asked
from touchline.reporting.credit import credit_ask, credit_report
from touchline.reporting.decided import page_of, place_of
from touchline.reporting.returns import returns_dimension, returns_rows

PAGE = 200


def spend(call: Call) -> Response:
    """What was spent by channel or campaign, beside what one model says it earned."""
    call.whole_account_only()
    rules, first = call.registry.account.rules, call.request.first
    group_by = returns_dimension(first("group_by"))
    model = first("model", "linear" if "linear" in rules.models else rules.models[0])
    services, known = call.services, (*rules.models, *rules.data_driven_models)
    asked = credit_ask(model, group_by, known)
    credit = credit_report(services.nights, call.ask, asked, services.spread)["rows"]
    spent = services.spend.between(call.realm, call.days.first, call.days.last)
    rows = returns_rows(spent_in(spent, group_by), credit, group_by)
    body = {"from": call.days.first, "to": call.days.last, "model": model, "group_by": group_by}
    return answered_rows(call, {**body, "rows": rows}, rows)


def decisions(call: Call) -> Response:
    """Decisions one by one, in order of day; go on with `cursor=` until `next` is null."""
    first = call.request.first
    rows, following = page_of(
        call.services.results,
        call.services.nights,
        replace(call.ask, partner=call.partner_meant),
        limit_asked(first, PAGE),
        place_of(first("cursor")),
    )
    body = {"from": call.days.first, "to": call.days.last, "rows": rows, "next": following}
    return answered_rows(call, body, rows)


ROUTES: list[Route[Handler]] = [
    Route("GET", "/reports/spend", spend, "report"),
    Route("GET", "/reports/decisions", decisions, "report"),
]
