"""DynamoDB streams of the ledger and the results to deliveries and their queue."""

import json
from functools import cache
from typing import Any

from touchline.delivery.outbox import Outbox
from touchline.delivery.referral_store import ReferralCounts
from touchline.delivery.store import DeliveryStore
from touchline.kernel.clock import system_clock
from touchline.kernel.errors import StoreRefused
from touchline.ledger.store import LedgerStore
from touchline.platform import settings
from touchline.platform.batches import one_by_one
from touchline.platform.connect import Connections
from touchline.platform.observability import Code, Log
from touchline.platform.queue import Queue
from touchline.platform.stream import change_of, records_of
from touchline.registry.cache import RegistryCache
from touchline.registry.store import RegistryStore
from touchline.registry.token_store import TokenStore


def announce(event: dict[str, Any], outbox: Outbox, dead: Queue, log: Log) -> dict[str, Any]:
    """Announce every record. A damaged one is kept whole among the dead letters; when a table or
    queue is down the error goes on to Lambda, which brings the batch again (announcing again
    changes nothing)."""
    made = failed = 0
    for name, record in records_of(event):
        try:
            made += outbox.announce(change_of(record))
        except (ValueError, KeyError, TypeError, StoreRefused) as error:
            failed += 1
            log.fault(error, record=name)
            dead.send(json.dumps(record))
    log.event(Code.BATCH, records=len(event.get("Records") or ()), announced=made, failed=failed)
    return {"announced": made, "failed": failed}


def announce_again(event: dict[str, Any], outbox: Outbox, log: Log) -> dict[str, Any]:
    """Announce records that were redriven; one that still cannot be read is a dead letter again
    after its tries."""
    return one_by_one(event, lambda body: outbox.announce(change_of(json.loads(body))), log)


@cache
def _composed() -> tuple[Outbox, Queue, Log]:
    wanted = settings.load(settings.Outbox)
    connections = Connections(settings.load(settings.Aws), client=wanted.dynamo_client)
    registry = connections.table(wanted.registry_table)
    deliveries = connections.table(wanted.deliveries_table)
    outbox = Outbox(
        DeliveryStore(deliveries),
        RegistryCache(RegistryStore(registry), TokenStore(registry), system_clock),
        LedgerStore(connections.table(wanted.ledger_table)),
        ReferralCounts(deliveries),
        connections.queue(wanted.delivery_queue_url),
        system_clock,
    )
    dead = connections.queue(wanted.outbox_dead_letter_queue_url)
    return outbox, dead, Log("outbox", system_clock, level=wanted.log_level)


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """The entry point."""
    outbox, dead, log = _composed()
    if any("body" in record for record in event.get("Records") or ()):
        return announce_again(event, outbox, log)
    return announce(event, outbox, dead, log)
