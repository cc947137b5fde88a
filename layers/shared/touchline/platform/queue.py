"""A queue of text messages (SQS behind the port)."""

from collections.abc import Sequence
from typing import Protocol

from touchline.kernel.values import dataclass

MAX_DELAY_SECONDS = 900
"""SQS delays a message no longer than this."""
MAX_BATCH = 10
MAX_BATCH_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `group` names the tenant, so that a noisy one does not delay the others."""

    body: str
    delay_seconds: int = 0
    group: str = ""


class Queue(Protocol):
    """Raises `kernel.errors.QueueUnavailable` when a message was not taken."""

    def send(self, body: str, *, delay_seconds: int = 0, group: str = "") -> None:
        """Send one message."""
        ...

    def send_many(self, messages: Sequence[Message]) -> list[Message]:
        """Send any number; the failed ones are tried again one by one.

        Returns those that still failed (I6): the caller must not lose them.
        """
        ...


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it lies in a queue; `handle` lets it be deleted."""

    body: str
    handle: str
    group: str = ""


class KeptQueue(Queue, Protocol):
    """A queue whose content can be looked after. Raises QueueUnavailable."""

    def waiting(self) -> int:
        """About how many messages lie in it, those under way and delayed included."""
        ...

    def receive(self) -> list[Received]:
        """Up to ten messages, hidden from others for a while; none when it is empty."""
        ...

    def delete(self, handle: str) -> None:
        """Take out a message that was received."""
        ...


def batches(messages: Sequence[Message]) -> list[list[Message]]:
    """Cut into batches of at most 10 messages and 1 MiB, in order."""
    cut: list[list[Message]] = []
    size = 0
    for message in messages:
        length = len(message.body.encode("utf-8", "surrogatepass"))
        if not cut or len(cut[-1]) == MAX_BATCH or size + length > MAX_BATCH_BYTES:
            cut.append([])
            size = 0
        cut[-1].append(message)
        size += length
    return cut
