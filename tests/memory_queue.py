"""A queue in memory: what was sent lies in `messages`. `fail(n)` lets the next n sends fail."""

from collections.abc import Sequence

from touchline.kernel.errors import QueueUnavailable
from touchline.platform.queue import Message, Received


class MemoryQueue:
    """Remembers what was sent, in order."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._failures = 0

    def fail(self, times: int = 1) -> None:
        self._failures += times

    def mend(self) -> None:
        self._failures = 0

    def bodies(self) -> list[str]:
        return [message.body for message in self.messages]

    def send(self, body: str, *, delay_seconds: int = 0, group: str = "") -> None:
        if self._failures:
            self._failures -= 1
            raise QueueUnavailable("the queue is down (as the test wants it)")
        self.messages.append(Message(body, delay_seconds, group))

    def send_many(self, messages: Sequence[Message]) -> list[Message]:
        failed = []
        for message in messages:
            try:
                self.send(message.body, delay_seconds=message.delay_seconds, group=message.group)
            except QueueUnavailable:
                failed.append(message)
        return failed

    def waiting(self) -> int:
        return len(self.messages)

    def receive(self) -> list[Received]:
        return [
            Received(message.body, f"{at}#{message.body}", message.group)
            for at, message in enumerate(self.messages[:10])
        ]

    def delete(self, handle: str) -> None:
        body = handle.partition("#")[2]
        at = next(at for at, message in enumerate(self.messages) if message.body == body)
        del self.messages[at]
