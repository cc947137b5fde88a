"""Every minute: due deliveries, held ones, the sum of all, and requests kept long enough."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from touchline.delivery.held import Holds
from touchline.delivery.store import DeliveryStore
from touchline.delivery.sweep import Sweeper
from touchline.intake.heal import relink
from touchline.kernel.clock import MINUTE_MS, Clock, system_clock
from touchline.kernel.ids import AccountId, realm_of
from touchline.ledger.store import LedgerStore
from touchline.platform import settings
from touchline.platform.connect import Connections
from touchline.platform.observability import Code, Log, Metric
from touchline.privacy.retention import Retention
from touchline.registry.cache import RegistryCache
from touchline.registry.store import RegistryStore
from touchline.registry.token_store import TokenStore

HEAL_EVERY_MS = 5 * MINUTE_MS
HEAL_FROM_MS, HEAL_TO_MS = 15 * MINUTE_MS, MINUTE_MS
"""How long ago a conversion changed whose links are looked after: a crash left them out, or not."""


def sweep(
    sweeper: Sweeper, retention: Retention, heal: Callable[[], int], log: Log
) -> dict[str, Any]:
    """One sweep, told in one line."""
    swept = sweeper.sweep()
    heal()
    retained = retention.sweep()
    told = {
        "queued": swept.queued,
        "late": swept.late,
        "released": swept.released,
        "announced": swept.balance.announced,
        "unbalanced": swept.balance.difference,
        "emptied": retained.emptied + retained.deleted,
    }
    log.event(Code.SWEEP, level="ERROR" if swept.balance.difference else "INFO", **told)
    log.metrics(
        {
            Metric.OVERDUE_DELIVERIES: swept.late,
            Metric.HEALED: swept.queued + swept.released,
            Metric.DELIVERIES_UNBALANCED: swept.balance.difference,
        }
    )
    return told


def healing(
    ledger: LedgerStore, accounts: Callable[[], Iterable[AccountId]], clock: Clock
) -> Callable[[], int]:
    """Makes links that a crash of intake left out; every five minutes, else nothing."""

    def heal() -> int:
        now = clock()
        if now % HEAL_EVERY_MS >= MINUTE_MS:
            return 0
        realms = [realm_of(one, test=test) for one in accounts() for test in (False, True)]
        span = (now - HEAL_FROM_MS, now - HEAL_TO_MS)
        return sum(relink(ledger, realm, *span) for realm in realms)

    return heal


@cache
def _composed() -> tuple[Sweeper, Retention, Callable[[], int], Log]:
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
    retention = Retention(ledger, registries.registry, registry.accounts, system_clock)
    heal = healing(LedgerStore(ledger), registry.accounts, system_clock)
    return sweeper, retention, heal, Log("sweeper", system_clock, level=wanted.log_level)


def lambda_handler(_: dict[str, Any], __: object) -> dict[str, Any]:
    """The entry point."""
    return sweep(*_composed())
