"""Which services the admin function has, over which tables and queues."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from admin.call import Services
from touchline.delivery.saving import check_endpoint, finish_endpoint
from touchline.intake.landing import check_landing
from touchline.intake.saving import finish_partner
from touchline.kernel.clock import Clock
from touchline.kernel.ids import NewId
from touchline.platform.dynamo import Table
from touchline.platform.queue import KeptQueue
from touchline.platform.sealing import Seals
from touchline.platform.settings import Admin
from touchline.platform.watch import Gauge, Watch
from touchline.registry.cache import RegistryCache
from touchline.registry.contracts import parse
from touchline.registry.declare import Check, Finish, Registrar
from touchline.registry.kinds import CAMPAIGN, ENDPOINT, PARTNER
from touchline.registry.spend_store import SpendStore
from touchline.registry.store import RegistryStore
from touchline.registry.token_store import TokenStore
from touchline.registry.tokens import RandomBits


@dataclass(frozen=True, slots=True)
class Around:
    """What the function takes from its surroundings: time, IDs, chance."""

    clock: Clock
    new_id: NewId
    random_bits: RandomBits


def checks_of(settings: Admin) -> Mapping[str, Check]:
    """What other rooms know about declared things, by kind: asked before anything is saved."""
    loopback = settings.allow_loopback_receivers
    return {CAMPAIGN.name: check_landing, ENDPOINT.name: check_endpoint(loopback=loopback)}


def finishes_of(seals: Seals) -> Mapping[str, Finish]:
    """Their last touch on what is saved (a secret made and sealed), by kind."""
    return {
        ENDPOINT.name: finish_endpoint(seals.seal, secrets.token_bytes),
        PARTNER.name: finish_partner(seals.seal),
    }


class Connected(Protocol):
    """Hands out tables and queues by name (platform.connect.Connections)."""

    def table(self, name: str) -> Table:
        """The table of this name."""
        ...

    def queue(self, url: str) -> KeptQueue:
        """The queue of this URL."""
        ...

    def watch(self, alarm_prefix: str) -> Watch:
        """Who watches the stack whose alarms' names begin so."""
        ...

    def seals(self, parameter: str, *, create: bool = False, kms_key: str = "") -> Seals:
        """Seals by the keys of this parameter."""
        ...


def services_of(settings: Admin, connected: Connected, around: Around) -> Services:
    """Wire the services by the settings."""
    table = connected.table(settings.registry_table)
    registry, token_store = RegistryStore(table), TokenStore(table)
    seals = connected.seals(
        settings.sealing_key_parameter, create=True, kms_key=settings.kms_key_arn
    )
    registrar = Registrar(
        registry,
        parse,
        around.clock,
        around.new_id,
        around.random_bits,
        checks_of(settings),
        finishes_of(seals),
    )
    return Services(
        settings=settings,
        ledger=connected.table(settings.ledger_table),
        results=connected.table(settings.results_table),
        deliveries=connected.table(settings.deliveries_table),
        delivery_queue=connected.queue(settings.delivery_queue_url),
        queues={name: connected.queue(url) for name, url in queues_of(settings).items()},
        watch=connected.watch(settings.alarm_prefix),
        ages=ages_of(settings),
        registry=registry,
        spend=SpendStore(table),
        tokens=token_store,
        cache=RegistryCache(registry, token_store, around.clock),
        registrar=registrar,
        seals=seals,
        clock=around.clock,
        new_id=around.new_id,
        random_bits=around.random_bits,
    )


def queues_of(settings: Admin) -> Mapping[str, str]:
    """The URLs of the stack's queues by what lies in them, as far as the settings name them."""
    urls = {
        "delivery": settings.delivery_queue_url,
        "delivery_dead_letters": settings.delivery_dead_letter_queue_url,
        "spill": settings.spill_queue_url,
        "spill_dead_letters": settings.spill_dead_letter_queue_url,
        "outbox": settings.outbox_queue_url,
        "outbox_dead_letters": settings.outbox_dead_letter_queue_url,
        "failures": settings.failure_queue_url,
    }
    return {name: url for name, url in urls.items() if url}


def ages_of(settings: Admin) -> Mapping[str, Gauge]:
    """How many seconds the oldest record has waited: of every queue, and of the streams."""
    urls = queues_of(settings)
    ages = {
        name: Gauge("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", url.rpartition("/")[2])
        for name, url in urls.items()
    }
    if settings.outbox_function:
        ages["streams"] = Gauge(
            "AWS/Lambda", "IteratorAge", "FunctionName", settings.outbox_function, 1000
        )
    return ages
