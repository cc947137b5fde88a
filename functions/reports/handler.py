"""The reports function: analysts and partners ask, the console is served."""

from typing import Any

from reports import clicks, credit, deliveries, exports, live, money, overview
from reports.call import Call, Handler, Services
from reports.console import Console, folder
from reports.wiring import Outside, services_of
from touchline.attribution.store import by_threads
from touchline.kernel.clock import system_clock
from touchline.kernel.ids import id_factory
from touchline.platform.connect import Connections
from touchline.platform.http_api import (
    Request,
    Response,
    Router,
    answered,
    request_of,
)
from touchline.platform.objects import S3Bucket
from touchline.platform.observability import Code, Log
from touchline.platform.patience import BATCH
from touchline.platform.settings import Aws, Reports, load
from touchline.platform.workflows import StateMachine

THREADS = 8
ROUTER: Router[Handler] = Router(
    [
        *overview.ROUTES,
        *live.ROUTES,
        *money.ROUTES,
        *credit.ROUTES,
        *clicks.ROUTES,
        *deliveries.ROUTES,
        *exports.ROUTES,
    ]
)


class Function:
    """The function over its services and the console's files."""

    def __init__(self, services: Services, console: Console, log: Log) -> None:
        self._services = services
        self._console = console
        self._log = log

    def handle(self, event: dict[str, Any]) -> dict[str, Any]:
        """Answer one request of API Gateway."""
        request = request_of(event)
        receipt = self._services.new_id("rcp")
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
        call = Call(request, dict(found.parameters), token, self._services)
        call.check()
        return found.route.target(call)


class _Started:
    """Made at the first call, so that importing this file needs no environment."""

    function: Function | None = None


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The entry point."""
    if _Started.function is None:
        settings, aws = load(Reports), load(Aws)
        connections = Connections(aws, client=settings.dynamo_client, patience=BATCH)
        outside = Outside(
            StateMachine(settings.export_state_machine_arn, aws),
            S3Bucket(settings.export_bucket, aws),
            system_clock,
            id_factory(system_clock),
            by_threads(THREADS),
        )
        services = services_of(settings, connections, outside)
        log = Log("reports", system_clock, level=settings.log_level)
        _Started.function = Function(services, Console(folder()), log)
    return _Started.function.handle(event)
