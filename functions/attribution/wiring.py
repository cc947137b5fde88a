"""What the attribution function works with, over which tables."""

from collections.abc import Callable
from typing import Protocol

from touchline.attribution.night.office import Tools
from touchline.attribution.store import by_threads
from touchline.kernel.clock import Clock
from touchline.kernel.ids import NewId
from touchline.platform.dynamo import Table
from touchline.platform.settings import Attribution, Aws
from touchline.platform.workflows import StateMachine
from touchline.registry.store import RegistryStore

THREADS = 8
"""Reads on their way at once: a table answers in milliseconds, and we need microseconds."""


class Connected(Protocol):
    """Hands out tables by name (platform.connect.Connections)."""

    def table(self, name: str) -> Table:
        """The table of this name."""
        ...


def tools_of(
    settings: Attribution, aws: Aws, connected: Connected, clock: Clock, new_id: NewId
) -> Callable[[Callable[[], bool]], Tools]:
    """Makes the tools of one invocation, given whether it has time for more."""
    spread = by_threads(THREADS)
    arn = settings.night_state_machine_arn
    start = StateMachine(arn, aws).start if arn else None

    def make(enough_time: Callable[[], bool]) -> Tools:
        return Tools(
            ledger=connected.table(settings.ledger_table),
            results=connected.table(settings.results_table),
            registrar=RegistryStore(connected.table(settings.registry_table)),
            clock=clock,
            owner=new_id("own"),
            spread=spread,
            enough_time=enough_time,
            threshold=settings.night_shard_threshold,
            start=start,
        )

    return make
