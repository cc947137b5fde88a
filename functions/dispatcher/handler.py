"""The delivery queue to partners' endpoints."""

import asyncio
import random
import time
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from touchline.delivery.alerts import Alerts
from touchline.delivery.dispatch import Dispatcher
from touchline.delivery.jobs import Job, job_of
from touchline.delivery.platforms.credentials import AccessTokens
from touchline.delivery.ports import Limits, Surroundings
from touchline.delivery.sender import HttpSender
from touchline.delivery.store import DeliveryStore
from touchline.kernel.clock import system_clock
from touchline.kernel.ids import id_factory
from touchline.platform import settings
from touchline.platform.batches import failures
from touchline.platform.connect import Connections
from touchline.platform.observability import Code, Log
from touchline.registry.cache import RegistryCache
from touchline.registry.store import RegistryStore
from touchline.registry.token_store import TokenStore

Around = Callable[[HttpSender], Surroundings]


def dispatch(
    event: dict[str, Any], around: Around, sender: HttpSender, remaining: Callable[[], int]
) -> dict[str, Any]:
    """Work on all messages at once (not `one_by_one`: a slow receiver would delay the others)."""

    async def work() -> dict[str, Any]:
        async with sender:
            surroundings = around(sender)
            jobs, unread = _jobs(event, surroundings.log)
            undone = await Dispatcher(surroundings).run(list(jobs.values()), remaining)
            again = [*unread, *(name for name, job in jobs.items() if job in undone)]
            surroundings.log.event(Code.BATCH, records=len(jobs) + len(unread), failed=len(again))
            return failures(again)

    return asyncio.run(work())


def _jobs(event: dict[str, Any], log: Log) -> tuple[dict[str, Job], list[str]]:
    jobs: dict[str, Job] = {}
    unread = []
    for record in event["Records"]:
        try:
            jobs[record["messageId"]] = job_of(record["body"])
        except ValueError as error:
            unread.append(record["messageId"])
            log.fault(error, message=record["messageId"])
    return jobs, unread


@cache
def _composed() -> tuple[Around, Callable[[], HttpSender]]:
    wanted = settings.load(settings.Dispatcher)
    aws = settings.load(settings.Aws)
    connections = Connections(aws, client=wanted.dynamo_client)
    registry = connections.table(wanted.registry_table)
    registries = RegistryCache(RegistryStore(registry), TokenStore(registry), system_clock)
    store = DeliveryStore(connections.table(wanted.deliveries_table))
    queue = connections.queue(wanted.delivery_queue_url)
    loopback = wanted.allow_loopback_receivers

    def around(sender: HttpSender) -> Surroundings:
        return Surroundings(
            store=store,
            registries=registries,
            sender=sender,
            queue=queue,
            clock=system_clock,
            new_id=id_factory(system_clock),
            randbelow=random.randrange,
            sleep=asyncio.sleep,
            open_secret=connections.seals(wanted.sealing_key_parameter).open,
            access_tokens=AccessTokens(sender, system_clock, loopback=loopback),
            log=Log("dispatcher", system_clock, level=wanted.log_level),
            alerts=Alerts(store, registries, queue),
            limits=Limits(loopback=loopback),
        )

    return around, partial(HttpSender, monotonic=time.monotonic, loopback=loopback)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The entry point."""
    around, make_sender = _composed()
    return dispatch(event, around, make_sender(), context.get_remaining_time_in_millis)
