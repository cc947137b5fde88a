"""The admin function: operators declare, correct and look after things."""

import secrets
from dataclasses import dataclass
from typing import Any, Protocol

from admin import declared, tokens, trail
from admin.call import Call, Handler, Services
from touchline.kernel.clock import Clock, system_clock
from touchline.kernel.ids import NewId, id_factory
from touchline.platform.connect import Connections
from touchline.platform.dynamo import Table
from touchline.platform.http_api import Request, Response, Router, answered, request_of
from touchline.platform.observability import Code, Log
from touchline.platform.patience import BATCH
from touchline.platform.queue import Queue
from touchline.platform.settings import Admin, Aws, load
from touchline.registry.cache import RegistryCache
from touchline.registry.contracts import parse
from touchline.registry.declare import Registrar
from touchline.registry.store import RegistryStore
from touchline.registry.token_store import TokenStore
from touchline.registry.tokens import RandomBits

ROUTER: Router[Handler] = Router([*declared.ROUTES, *tokens.ROUTES, *trail.ROUTES])


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
        self._log.event(
            Code.REQUEST, method=request.method, status=answer["statusCode"], receipt=receipt
        )
        return answer

    def _answer(self, request: Request) -> Response:
        found = ROUTER.find(request.method, request.path)
        token = self._services.cache.token(request.bearer())
        call = Call(request, dict(found.parameters), token, self._services)
        return found.route.target(call)


@dataclass(frozen=True, slots=True)
class Around:
    """What the function takes from its surroundings: time, IDs, chance."""

    clock: Clock
    new_id: NewId
    random_bits: RandomBits


class Connected(Protocol):
    """Hands out tables and queues by name (platform.connect.Connections)."""

    def table(self, name: str) -> Table:
        """The table of this name."""
        ...

    def queue(self, url: str) -> Queue:
        """The queue of this URL."""
        ...


def services_of(settings: Admin, connected: Connected, around: Around) -> Services:
    """Wire the services by the settings."""
    table = connected.table(settings.registry_table)
    registry, token_store = RegistryStore(table), TokenStore(table)
    registrar = Registrar(
        registry, parse, around.clock, around.new_id, around.random_bits, checks={}
    )
    return Services(
        settings=settings,
        ledger=connected.table(settings.ledger_table),
        results=connected.table(settings.results_table),
        deliveries=connected.table(settings.deliveries_table),
        delivery_queue=connected.queue(settings.delivery_queue_url),
        registry=registry,
        tokens=token_store,
        cache=RegistryCache(registry, token_store, around.clock),
        registrar=registrar,
        clock=around.clock,
        new_id=around.new_id,
        random_bits=around.random_bits,
    )


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
