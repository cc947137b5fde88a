"""Which services the reports function has, over which tables."""

from typing import Protocol

from reports.call import Services
from touchline.attribution.night.store import NightStore
from touchline.attribution.store import Spread
from touchline.kernel.clock import Clock
from touchline.ledger.store import LedgerStore
from touchline.platform.dynamo import Table
from touchline.platform.settings import Reports
from touchline.registry.cache import RegistryCache
from touchline.registry.spend_store import SpendStore
from touchline.registry.store import RegistryStore
from touchline.registry.token_store import TokenStore


class Connected(Protocol):
    """Hands out tables by name (platform.connect.Connections)."""

    def table(self, name: str) -> Table:
        """The table of this name."""
        ...


def services_of(settings: Reports, connected: Connected, clock: Clock, spread: Spread) -> Services:
    """Wire the services by the settings."""
    table = connected.table(settings.registry_table)
    registry = RegistryStore(table)
    ledger, results = (
        connected.table(settings.ledger_table),
        connected.table(settings.results_table),
    )
    return Services(
        ledger=LedgerStore(ledger),
        nights=NightStore(results, clock),
        ledger_table=ledger,
        results=results,
        deliveries=connected.table(settings.deliveries_table),
        registry=registry,
        spend=SpendStore(table),
        cache=RegistryCache(registry, TokenStore(table), clock),
        clock=clock,
        spread=spread,
    )
