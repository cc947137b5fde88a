"""A queue as fair between groups as SQS is: a noisy tenant's messages do not go before a quiet
one's. Delays are real (of the event loop's time); safe between threads."""

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count
from threading import Lock

from touchline.delivery.jobs import Job, job_of
from touchline.platform.queue import Message


class FairQueue:
    """Groups take turns. `seconds` is the clock of the delays."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._delayed: list[tuple[float, int, Message]] = []
        self._waiting: dict[str, deque[str]] = {}
        self._number = count()
        self._lock = Lock()

    def send(self, body: str, *, delay_seconds: int = 0, group: str = "") -> None:
        self.send_many([Message(body, delay_seconds, group)])

    def send_many(self, messages: Sequence[Message]) -> list[Message]:
        with self._lock:
            for message in messages:
                due = self._seconds() + message.delay_seconds
                heapq.heappush(self._delayed, (due, next(self._number), message))
        return []

    def take(self, most: int = 10) -> list[Job]:
        """A batch: one message of each group in turn."""
        with self._lock:
            while self._delayed and self._delayed[0][0] <= self._seconds():
                message = heapq.heappop(self._delayed)[2]
                self._waiting.setdefault(message.group, deque()).append(message.body)
            return [job_of(body) for body in self._in_turn(most)]

    def _in_turn(self, most: int) -> list[str]:
        taken: list[str] = []
        while self._waiting and len(taken) < most:
            group, bodies = next(iter(self._waiting.items()))
            taken.append(bodies.popleft())
            del self._waiting[group]
            if bodies:
                self._waiting[group] = bodies  # behind the others
        return taken
