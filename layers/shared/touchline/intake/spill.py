"""The message that a request becomes when the table does not take it. Pure.

It holds everything that receiving needs, so that draining is the same use case once more, under
the original receipt: whatever of it was stored already is recognised by that.
"""

import base64
import json
from typing import Any

from touchline.intake.arrival import Arrival
from touchline.intake.caller import Caller
from touchline.kernel.ids import AccountId, PartnerId, Receipt
from touchline.kernel.values import dataclass
from touchline.ledger.model import Envelope

VERSION = 1


@dataclass(frozen=True, slots=True)
class Spilled:
    """A request that waits, and who sent it."""

    account: AccountId
    test: bool
    partner: PartnerId | None
    site: bool
    arrival: Arrival


def pack(caller: Caller, arrival: Arrival) -> str:
    """The message: ASCII JSON with the bytes in base64, so that the queue takes any content."""
    envelope = arrival.envelope
    return json.dumps(
        {
            "version": VERSION,
            "account": caller.account.id,
            "test": caller.test,
            "partner": caller.partner.id if caller.partner else None,
            "site": caller.site,
            "receipt": arrival.receipt,
            "received_at": arrival.received_at,
            "route": arrival.route,
            "method": envelope.method,
            "path": envelope.path,
            "raw_query": envelope.raw_query,
            "headers": dict(envelope.headers),
            "body": base64.b64encode(envelope.body).decode(),
            "source_ip": envelope.source_ip,
        },
        separators=(",", ":"),
    )


def unpack(message: str, recorded_at: int) -> Spilled:
    """The request of a message, recorded now. Raises ValueError for anything else."""
    try:
        said: dict[str, Any] = json.loads(message)
        if said["version"] != VERSION:
            raise ValueError(f"version {said['version']}")
        envelope = Envelope(
            method=said["method"],
            path=said["path"],
            raw_query=said["raw_query"],
            headers=said["headers"],
            body=base64.b64decode(said["body"], validate=True),
            received_at=said["received_at"],
            source_ip=said["source_ip"],
        )
        arrival = Arrival(
            receipt=Receipt(said["receipt"]),
            received_at=said["received_at"],
            recorded_at=recorded_at,
            route=said["route"],
            envelope=envelope,
        )
        partner = PartnerId(said["partner"]) if said["partner"] else None
        return Spilled(AccountId(said["account"]), said["test"], partner, said["site"], arrival)
    except (KeyError, TypeError) as error:
        raise ValueError("not a spilled request") from error
