"""Batches of queue messages: one that fails comes again alone (IN-19, IN-20)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from touchline.platform.observability import Code, Log


def one_by_one(event: Mapping[str, Any], work: Callable[[str], object], log: Log) -> dict[str, Any]:
    """Work on every message's body, in order; those that raise are told and come again.

    Anything else that breaks is raised: then SQS brings the whole batch again.
    """
    records = event["Records"]
    failed = []
    for record in records:
        try:
            work(record["body"])
        except Exception as error:  # noqa: BLE001 - one message must not end the others
            failed.append(record["messageId"])
            log.fault(error, message=record["messageId"])
    log.event(Code.BATCH, records=len(records), failed=len(failed))
    return failures(failed)


def failures(messages: Iterable[str]) -> dict[str, Any]:
    """The answer that lets SQS bring these messages again, and no others."""
    return {"batchItemFailures": [{"itemIdentifier": name} for name in messages]}
