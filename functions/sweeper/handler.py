"""Every minute: due and held deliveries, their sum, what intake left undone, old requests."""

from functools import cache
from typing import Any

from touchline.delivery.held import Holds
from touchline.delivery.store import DeliveryStore
from touchline.delivery.sweep import Sweeper
from touchline.intake.heal import Healer
from touchline.kernel.clock import system_clock
from touchline.ledger.store import LedgerStore
from touchline.platform import settings
from touchline.platform.connect import Connections
from touchline.platform.observability import Code, Log, Metric
from touchline.privacy.retention import Retention
from touchline.registry.cache import RegistryCache
from touchline.registry.store import RegistryStore
from touchline.registry.token_store import TokenStore


def sweep(sweeper: Sweeper, retention: Retention, healer: Healer, log: Log) -> dict[str, Any]:
    """One sweep, told in one line."""
    swept = sweeper.sweep()
    retained = retention.sweep()
    healed = healer.sweep()
    told = {
        "queued": swept.queued,
        "late": swept.late,
        "released": swept.released,
        "announced": swept.balance.announced,
        "unbalanced": swept.balance.difference,
        "linked": healed.links,
        "refunded": healed.refunds,
        "emptied": retained.emptied + retained.deleted,
    }
    log.event(Code.SWEEP, level="ERROR" if swept.balance.difference else "INFO", **told)
    log.metrics(
        {
            Metric.OVERDUE_DELIVERIES: swept.late,
            Metric.HEALED: swept.queued + swept.released + healed.links + healed.refunds,
            Metric.DELIVERIES_UNBALANCED: swept.balance.difference,
        }
    )
    return told


@cache
def _composed() -> tuple[Sweeper, Retention, Healer, Log]:
    wanted = settings.load(settings.Sweeper)
    connections = Connections(settings.load(settings.Aws), client=wanted.dynamo_client)
    table = connections.table(wanted.registry_table)
    registry = RegistryStore(table)
    registries = RegistryCache(registry, TokenStore(table), system_clock)
    store = DeliveryStore(connections.table(wanted.deliveries_table))
    queue = connections.queue(wanted.delivery_queue_url)
    holds = Holds(store, registries, queue, system_clock)
    sweeper = Sweeper(store, holds, queue, system_clock, registry.accounts)
    ledger = connections.table(wanted.ledger_table)
    retention = Retention(ledger, registry.raw_retentions, system_clock)
    healer = Healer(LedgerStore(ledger), registries.registry, registry.accounts, system_clock)
    log = Log("sweeper", system_clock, level=wanted.log_level)
    return sweeper, retention, healer, log


def lambda_handler(_: dict[str, Any], __: object) -> dict[str, Any]:
    """The entry point."""
    return sweep(*_composed())
