"""The admin function: operators declare, correct and look after things."""

import secrets
from typing import Any

from admin import (
    care,
    conversions,
    declared,
    deliveries,
    endpoints,
    erasure,
    people,
    quarantine,
    spend,
    tokens,
    trail,
)
from admin.call import Call, Handler, Services
from admin.wiring import Around, services_of
from touchline.kernel.clock import system_clock
from touchline.kernel.ids import id_factory
from touchline.platform.connect import Connections
from touchline.platform.http_api import Request, Response, Router, answered, request_of
from touchline.platform.observability import Code, Log
from touchline.platform.patience import BATCH
from touchline.platform.settings import Admin, Aws, load
from touchline.registry.callers import check_may

ROUTER: Router[Handler] = Router(
    [
        *declared.ROUTES,
        *care.ROUTES,
        *tokens.ROUTES,
        *trail.ROUTES,
        *quarantine.ROUTES,
        *conversions.ROUTES,
        *erasure.ROUTES,
        *people.ROUTES,
        *endpoints.ROUTES,
        *deliveries.ROUTES,
        *spend.ROUTES,
    ]
)


class Function:
    """The function over its services."""

    def __init__(self, services: Services, log: Log) -> None:
        self._services = services
        self._log = log

    def handle(self, event: dict[str, Any]) -> dict[str, Any]:
        """Answer one request of API Gateway."""
        request = request_of(event)
        receipt = self._services.new_id("rcp")
        answer = answered(lambda: self._answer(request), receipt, self._log.fault)
        changed = request.method != "GET" and answer["statusCode"] < 400
        self._log.event(
            Code.ADMIN_CHANGE if changed else Code.REQUEST,
            method=request.method,
            status=answer["statusCode"],
            receipt=receipt,
        )
        return answer

    def _answer(self, request: Request) -> Response:
        found = ROUTER.find(request.method, request.path)
        token = self._services.cache.token(request.bearer())
        if found.route.scope:
            check_may(token, found.route.scope, request.first("account"))
        call = Call(request, dict(found.parameters), token, self._services)
        return found.route.target(call)


class _Started:
    """Made at the first call, so that importing this file needs no environment."""

    function: Function | None = None


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The entry point."""
    if _Started.function is None:
        settings = load(Admin)
        connections = Connections(load(Aws), client=settings.dynamo_client, patience=BATCH)
        log = Log("admin", system_clock, level=settings.log_level)
        around = Around(system_clock, id_factory(system_clock), secrets.randbits)
        _Started.function = Function(services_of(settings, connections, around), log)
    return _Started.function.handle(event)
