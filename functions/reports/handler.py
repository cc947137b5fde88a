"""The reports function: analysts and partners ask, the console is served."""

from typing import Any

from reports import credit, deliveries, live, money, overview
from reports.call import Call, Handler, Services
from reports.console import Console, folder
from reports.wiring import services_of
from touchline.attribution.store import by_threads
from touchline.kernel.clock import system_clock
from touchline.kernel.ids import NewId, id_factory
from touchline.platform.connect import Connections
from touchline.platform.http_api import (
    Request,
    Response,
    Router,
    answered,
    request_of,
)
from touchline.platform.observability import Code, Log
from touchline.platform.patience import BATCH
from touchline.platform.settings import Aws, Reports, load

THREADS = 8
ROUTER: Router[Handler] = Router(
    [*overview.ROUTES, *live.ROUTES, *money.ROUTES, *credit.ROUTES, *deliveries.ROUTES]
)


class Function:
    """The function over its services and the console's files."""

    def __init__(self, services: Services, console: Console, new_id: NewId, log: Log) -> None:
        self._services = services
        self._console = console
        self._new_id = new_id
        self._log = log

    def handle(self, event: dict[str, Any]) -> dict[str, Any]:
        """Answer one request of API Gateway."""
        request = request_of(event)
        receipt = self._new_id("rcp")
        answer = answered(lambda: self._answer(request), receipt, self._log.fault)
        self._log.event(
            Code.REQUEST, method=request.method, status=answer["statusCode"], receipt=receipt
        )
        return answer

    def _answer(self, request: Request) -> Response:
        if request.path.strip("/").partition("/")[0] == "console":
            return self._console.answer(request)
        found = ROUTER.find(request.method, request.path)
        token = self._services.cache.token(request.bearer())
        return found.route.target(Call(request, dict(found.parameters), token, self._services))


class _Started:
    """Made at the first call, so that importing this file needs no environment."""

    function: Function | None = None


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The entry point."""
    if _Started.function is None:
        settings = load(Reports)
        connections = Connections(load(Aws), client=settings.dynamo_client, patience=BATCH)
        services = services_of(settings, connections, system_clock, by_threads(THREADS))
        log = Log("reports", system_clock, level=settings.log_level)
        _Started.function = Function(services, Console(folder()), id_factory(system_clock), log)
    return _Started.function.handle(event)
