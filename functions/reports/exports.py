"""The routes of exports: ask for one, see how far each is, fetch the files."""

from dataclasses import replace
from typing import Any

from reports.call import Call, Handler
from touchline.kernel.errors import NotFound, QueueUnavailable, Refused, TooMany
from touchline.platform.http_api import Response, Route, json_response
from touchline.reporting.ask import limit_asked
from touchline.reporting.exports.job import FAILED, FILTERS, RUNNING, Export, check_kind, told

LINK_SECONDS = 900
RUNNING_MOST = 5
LOOKED_AT = 50
RETRY_AFTER_SECONDS = 60


def ask(call: Call) -> Response:
    """Begin an export of the rows that the report of this name would answer."""
    first, now = call.request.first, call.services.clock()
    report, form = first("report"), first("format", "csv")
    check_kind(report, form)
    partner = call.partner_meant
    if report == "clicks" and partner is None:
        raise Refused("partner_needed", field="partner")
    export = Export(
        realm=call.realm,
        id=call.services.new_id("exp"),
        report=report,
        format=form,
        days=call.days,
        asked_at=now,
        changed_at=now,
        partner=partner,
        viewer=call.partner,
        filters={name: first(name) for name in FILTERS[report] if first(name)},
    )
    running = [one for one in _seen(call, LOOKED_AT) if one.standing(now) == RUNNING]
    if len(running) >= RUNNING_MOST:
        raise TooMany(
            "too_many_exports",
            ", ".join(one.id for one in running),
            retry_after_seconds=RETRY_AFTER_SECONDS,
        )
    kept = call.services.exports.keep(export)
    try:
        call.services.export_flow.start({"realm": kept.realm, "export": kept.id})
    except QueueUnavailable:
        call.services.exports.keep(replace(kept, state=FAILED))
        raise
    return json_response(202, told(kept, now))


def listed(call: Call) -> Response:
    """Exports, newest first, and how far each is."""
    now, limit = call.services.clock(), limit_asked(call.request.first)
    return json_response(200, {"rows": [told(one, now) for one in _seen(call, limit)]})


def one(call: Call) -> Response:
    """One export; when it is done, with a link to each file that holds for a quarter of an hour."""
    export = call.services.exports.get(call.realm, call.parameters["id"])
    if export is None or not _sees(call, export):
        raise NotFound("not_found", f"no export {call.parameters['id'][:60]}")
    body = told(export, call.services.clock())
    if body["state"] == "done":
        body["files"] = [_with_link(call, export, at) for at in range(len(export.files))]
    return json_response(200, body)


def _with_link(call: Call, export: Export, number: int) -> dict[str, Any]:
    file, name = export.files[number], export.name_of(number)
    link = call.services.bucket.link(file.key, name, LINK_SECONDS)
    return {
        "name": name,
        "rows": file.rows,
        "bytes": file.bytes,
        "url": link,
        "url_seconds": LINK_SECONDS,
    }


def _seen(call: Call, limit: int) -> list[Export]:
    return [one for one in call.services.exports.latest(call.realm, limit) if _sees(call, one)]


def _sees(call: Call, export: Export) -> bool:
    """A partner sees the exports that it asked for; everybody else sees all."""
    return call.partner in {None, export.viewer}


ROUTES: list[Route[Handler]] = [
    Route("POST", "/reports/exports", ask, "report"),
    Route("GET", "/reports/exports", listed, "report"),
    Route("GET", "/reports/exports/{id}", one, "report"),
]
