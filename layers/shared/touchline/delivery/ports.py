"""What a worker needs from outside, as ports, and how much of everything it may use."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from touchline.delivery.alerts import Alerts
from touchline.delivery.platforms.credentials import AccessTokens
from touchline.delivery.registries import Registries, Sender
from touchline.delivery.request import Open
from touchline.delivery.schedule import Randbelow
from touchline.delivery.store import DeliveryStore
from touchline.kernel.clock import Clock
from touchline.kernel.ids import NewId
from touchline.platform.observability import Log
from touchline.platform.queue import Queue

Remaining = Callable[[], int]
"""Milliseconds until the function is stopped."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How a worker works."""

    deadline_seconds: float = 10.0
    margin_ms: int = 3_000  # to record what came of the last attempt
    lease_ms: int = 60_000
    at_once_per_endpoint: int = 5
    slow_ms: int = 250  # an endpoint that answers later than this is slow
    slow_workers: int = 10  # may wait for the answers of one slow endpoint at once
    wait_ms: int = 2_000  # a delivery due this soon is waited for
    loopback: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything from outside that a worker needs."""

    store: DeliveryStore
    registries: Registries
    sender: Sender
    queue: Queue
    clock: Clock
    new_id: NewId
    randbelow: Randbelow
    sleep: Callable[[float], Awaitable[None]]
    open_secret: Open
    access_tokens: AccessTokens
    log: Log
    alerts: Alerts
    limits: Limits = field(default_factory=Limits)
