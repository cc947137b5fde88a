"""The export function: one step of writing an export, until it is done or time runs out.

The state machine calls it again while the answer says that there is more to do.
"""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from export.wiring import Services, services_of
from touchline.kernel.clock import system_clock
from touchline.kernel.ids import NewId, Realm, account_of, id_factory
from touchline.platform.connect import Connections
from touchline.platform.objects import S3Bucket
from touchline.platform.observability import Code, Log
from touchline.platform.patience import BATCH
from touchline.platform.settings import Aws, Export, load
from touchline.reporting.exports.job import RUNNING
from touchline.reporting.exports.sources import source_of
from touchline.reporting.exports.work import Worker

MARGIN_MS = 180_000
"""No group of rows is begun with less time left: the last file has to be put away."""


class Function:
    """The function over its services."""

    def __init__(self, services: Services, new_id: NewId, log: Log) -> None:
        self._services = services
        self._new_id = new_id
        self._log = log

    def handle(self, event: Mapping[str, Any], left_ms: Callable[[], int]) -> dict[str, Any]:
        """`{"realm", "export"}` in, the same and `done` out; with `failed` it is given up."""
        services, realm, name = self._services, Realm(event["realm"]), str(event["export"])
        export = services.exports.get(realm, name)
        if export is not None:
            worker = Worker(
                services.exports,
                services.bucket,
                lambda: self._new_id("file"),
                lambda: left_ms() > MARGIN_MS,
            )
            if event.get("failed"):
                export = worker.give_up(export)
            elif export.state == RUNNING:
                registry = services.cache.registry(account_of(realm))
                export = worker.work(export, source_of(export, services.stores, registry))
        done = export is None or export.state != RUNNING
        state, rows = (export.state, export.rows) if export else ("gone", 0)
        self._log.event(Code.EXPORT, export=name, state=state, rows=rows)
        return {"realm": realm, "export": name, "done": done}


class _Started:
    """Made at the first call, so that importing this file needs no environment."""

    function: Function | None = None


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The entry point."""
    if _Started.function is None:
        settings, aws = load(Export), load(Aws)
        connections = Connections(aws, client=settings.dynamo_client, patience=BATCH)
        bucket = S3Bucket(settings.export_bucket, aws)
        services = services_of(settings, connections, bucket, system_clock)
        new_id = id_factory(system_clock, secrets.randbits)
        _Started.function = Function(services, new_id, Log("export", system_clock))
    return _Started.function.handle(event, context.get_remaining_time_in_millis)
