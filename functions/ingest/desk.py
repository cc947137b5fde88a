"""What the ingest function is made of; one per process, put together when Lambda starts it."""

import secrets

from ingest.partner import Partner
from ingest.web import Web
from touchline.intake.allowance import Allowances
from touchline.intake.authenticate import Registrar
from touchline.intake.clicks import Memory
from touchline.intake.ports import Desk
from touchline.intake.signature import Open
from touchline.intake.store import IntakeStore
from touchline.intake.visit_keeping import Keeper
from touchline.kernel.clock import Clock, system_clock
from touchline.kernel.ids import NewId, id_factory
from touchline.kernel.values import dataclass
from touchline.ledger.store import LedgerStore
from touchline.platform.connect import Connections
from touchline.platform.dynamo import Table
from touchline.platform.observability import Log
from touchline.platform.patience import INTAKE, Patience
from touchline.platform.queue import Queue
from touchline.platform.settings import Aws, Ingest, load
from touchline.registry.cache import RegistryCache
from touchline.registry.store import RegistryStore
from touchline.registry.token_store import TokenStore


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that intake's functions work with."""

    ledger: LedgerStore
    intake: IntakeStore
    registrar: Registrar
    spill: Queue
    clock: Clock
    new_id: NewId
    log: Log
    open_secret: Open

    def partner(self) -> Partner:
        """The routes of partners, back ends and sites' scripts."""
        allowances = Allowances(self.intake, self.clock, self.new_id("proc"))
        return Partner(
            registrar=self.registrar,
            desk=Desk(self.ledger),
            spill=self.spill,
            allowances=allowances,
            signatures=self.intake,
            open_secret=self.open_secret,
            clock=self.clock,
            log=self.log,
        )

    def web(self) -> Web:
        """The routes that browsers ask for."""
        keeper = Keeper(self.ledger, self.spill)
        memory = Memory(self.intake, self.intake, self.open_secret)
        return Web(self.registrar, keeper, memory, self.new_id, self.clock)


def parts(
    *,
    ledger: Table,
    registry: Table,
    spill: Queue,
    clock: Clock,
    new_id: NewId,
    log: Log,
    open_secret: Open,
) -> Parts:
    """The parts over two tables and a queue."""
    registrar = RegistryCache(RegistryStore(registry), TokenStore(registry), clock)
    return Parts(
        LedgerStore(ledger),
        IntakeStore(ledger),
        registrar,
        spill,
        clock,
        new_id,
        log,
        open_secret,
    )


def from_environment(service: str, patience: Patience = INTAKE) -> Parts:
    """The parts as the environment names them. Opens the connection to the tables."""
    settings = load(Ingest)
    connected = Connections(load(Aws), client=settings.dynamo_client, patience=patience)
    return parts(
        ledger=connected.table(settings.ledger_table),
        registry=connected.table(settings.registry_table),
        spill=connected.queue(settings.spill_queue_url),
        clock=system_clock,
        new_id=id_factory(system_clock, secrets.randbits),
        log=Log(service, system_clock, level=settings.log_level),
        open_secret=connected.seals(settings.sealing_key_parameter).open,
    )
