"""The messages of the delivery queue. The delivery's row, not the message, is the truth."""

import json
from dataclasses import dataclass

from touchline.delivery.model import Delivery
from touchline.kernel.ids import EndpointId, Realm
from touchline.platform.queue import MAX_DELAY_SECONDS, Message, Queue


@dataclass(frozen=True, slots=True)
class Job:
    """Look at this delivery: perhaps it is due."""

    realm: Realm
    delivery: str
    endpoint: EndpointId


def job_of(body: str) -> Job:
    """Read a message. Raises ValueError for anything that is none of ours."""
    try:
        said = json.loads(body)
        names = said["realm"], said["delivery"], said["endpoint"]
    except (TypeError, KeyError) as error:
        raise ValueError("not a delivery's message") from error
    if not all(isinstance(name, str) and name for name in names):
        raise ValueError("not a delivery's message")
    realm, delivery, endpoint = names
    return Job(Realm(realm), delivery, EndpointId(endpoint))


def message_of(delivery: Delivery, now: int) -> Message:
    """The message that looks at a delivery when its time has come (a fraction of a second before).

    The group is the endpoint, so that the queue is fair between endpoints.
    """
    body = {"realm": delivery.realm, "delivery": delivery.id, "endpoint": delivery.endpoint}
    delay = min(max(0, delivery.next_at - now) // 1000, MAX_DELAY_SECONDS)
    group = f"{delivery.realm}/{delivery.endpoint}"[:128]
    return Message(json.dumps(body, separators=(",", ":")), delay, group)


def send_message(queue: Queue, delivery: Delivery, now: int) -> None:
    """Send the message that looks at a delivery. Raises QueueUnavailable."""
    message = message_of(delivery, now)
    queue.send(message.body, delay_seconds=message.delay_seconds, group=message.group)
