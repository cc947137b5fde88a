"""Intake: API Gateway's default route. Wiring only."""

import gc
from collections.abc import Mapping
from functools import cache
from typing import Any

from ingest.desk import Parts, from_environment
from ingest.web import Answer
from touchline.kernel.errors import Refused
from touchline.kernel.ids import Receipt
from touchline.platform.http_api import Response, Router, answered, request_of
from touchline.platform.observability import Code, Metric
from touchline.platform.settings import on_lambda

MAX_BODY = 256 * 1024
CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, POST, OPTIONS",
    "access-control-allow-headers": "authorization, content-type",
    "access-control-max-age": "86400",
}

NOTEWORTHY = {
    "duplicate": Metric.DUPLICATE,
    "quarantined": Metric.QUARANTINED,
    "refused": Metric.REFUSED,
}
"""Outcomes that are counted; each costs log bytes, and what is stored the tables count."""


class Ingest:
    """One HTTP request in, one answer out."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._router: Router[Answer] = Router((*parts.partner().routes(), *parts.web().routes()))

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Answer; never raises, never 500 for what a sender sent."""
        parts = self._parts
        started = parts.clock()
        receipt = Receipt(parts.new_id("rcp"))
        template: list[str] = []
        answer = answered(lambda: self._respond(event, receipt, template), receipt, parts.log.fault)
        parts.log.event(
            Code.REQUEST,
            route="".join(template),
            status=answer["statusCode"],
            outcome=answer["headers"]["x-touchline-outcome"],
            receipt=receipt,
            duration_ms=parts.clock() - started,
        )
        noteworthy = NOTEWORTHY.get(answer["headers"]["x-touchline-outcome"])
        if noteworthy is not None:
            parts.log.metrics({noteworthy: 1})
        return answer

    def _respond(self, event: Mapping[str, Any], receipt: Receipt, template: list[str]) -> Response:
        request = request_of(event)
        if request.method == "OPTIONS":
            return Response(204, CORS)
        if len(request.body) > MAX_BODY:
            raise Refused("body_too_large")
        found = self._router.find(request.method, request.path)
        template.append(found.route.template)
        response = found.route.target(request, found.parameters, receipt)
        return Response(
            response.status,
            {"access-control-allow-origin": "*", **response.headers},
            response.body,
            response.cookies,
        )


@cache
def _made() -> Ingest:
    made = Ingest(from_environment("ingest"))
    gc.freeze()  # what lives as long as the process need not be looked at again
    return made


def lambda_handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """What API Gateway calls."""
    return _made().handle(event)


if on_lambda():
    _made()  # while Lambda starts it, with the CPU that start gets
