"""Which services the reports function has, over which tables."""

from dataclasses import dataclass
from typing import Protocol

from reports.call import Services
from touchline.attribution.night.store import NightStore
from touchline.attribution.store import Spread
from touchline.kernel.clock import Clock
from touchline.kernel.ids import NewId
from touchline.ledger.store import LedgerStore
from touchline.platform.dynamo import Table
from touchline.platform.objects import Bucket
from touchline.platform.settings import Reports
from touchline.platform.workflows import Workflow
from touchline.registry.cache import RegistryCache
from touchline.registry.spend_store import SpendStore
from touchline.registry.store import RegistryStore
from touchline.registry.token_store import TokenStore
from touchline.reporting.exports.store import ExportStore


class Connected(Protocol):
    """Hands out tables by name (platform.connect.Connections)."""

    def table(self, name: str) -> Table:
        """The table of this name."""
        ...


@dataclass(frozen=True, slots=True)
class Outside:
    """What the function takes from its surroundings: where exports go, time, IDs, threads."""

    export_flow: Workflow
    bucket: Bucket
    clock: Clock
    new_id: NewId
    spread: Spread


def services_of(settings: Reports, connected: Connected, outside: Outside) -> Services:
    """Wire the services by the settings."""
    clock = outside.clock
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
        exports=ExportStore(results, clock),
        export_flow=outside.export_flow,
        bucket=outside.bucket,
        clock=clock,
        new_id=outside.new_id,
        spread=outside.spread,
    )
