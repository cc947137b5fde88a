"""Which services the export function has, over which tables."""

from dataclasses import dataclass
from typing import Protocol

from touchline.attribution.night.store import NightStore
from touchline.attribution.store import Spread, by_threads
from touchline.delivery.store import DeliveryStore
from touchline.kernel.clock import Clock
from touchline.ledger.store import LedgerStore
from touchline.platform.dynamo import Table
from touchline.platform.objects import Bucket
from touchline.platform.settings import Export
from touchline.registry.cache import RegistryCache
from touchline.registry.store import RegistryStore
from touchline.registry.token_store import TokenStore
from touchline.reporting.exports.sources import Stores
from touchline.reporting.exports.store import ExportStore

THREADS = 8


@dataclass(frozen=True, slots=True)
class Services:
    """What the function is wired to. It writes exports and nothing else."""

    exports: ExportStore
    bucket: Bucket
    stores: Stores
    cache: RegistryCache


class Connected(Protocol):
    """Hands out tables by name (platform.connect.Connections)."""

    def table(self, name: str) -> Table:
        """The table of this name."""
        ...


def services_of(
    settings: Export,
    connected: Connected,
    bucket: Bucket,
    clock: Clock,
    spread: Spread | None = None,
) -> Services:
    """Wire the services by the settings."""
    registry = connected.table(settings.registry_table)
    results = connected.table(settings.results_table)
    stores = Stores(
        ledger=LedgerStore(connected.table(settings.ledger_table)),
        results=results,
        published=NightStore(results, clock),
        deliveries=DeliveryStore(connected.table(settings.deliveries_table)),
        spread=spread or by_threads(THREADS),
        clock=clock,
    )
    cache = RegistryCache(RegistryStore(registry), TokenStore(registry), clock)
    return Services(ExportStore(results, clock), bucket, stores, cache)
