"""What every queue keeps, carried by boto3 or by the wire client, on the emulator's SQS."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from touchline.kernel.errors import QueueUnavailable
from touchline.platform.connect import Connections
from touchline.platform.queue import KeptQueue, Message
from touchline.platform.settings import Aws


@dataclass(frozen=True, slots=True)
class Queued:
    """A queue, and how the test looks into it."""

    queue: KeptQueue
    url: str
    sqs: Any

    def bodies(self) -> list[str]:
        found: list[str] = []
        while True:
            answer = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
            messages = answer.get("Messages", [])
            if not messages:
                return sorted(found)
            found += [message["Body"] for message in messages]


@pytest.fixture(params=["wire", "boto3"])
def queued(
    request: pytest.FixtureRequest, emulated: Aws, sqs: Any, fresh_name: str
) -> Iterator[Queued]:
    url = sqs.create_queue(QueueName=fresh_name)["QueueUrl"]
    with closing(Connections(emulated, client=request.param)) as connections:
        yield Queued(connections.queue(url), url, sqs)


def test_a_message_arrives_as_it_was_sent(queued: Queued) -> None:
    body = json.dumps({"text": "żółć ☃ <&>", "raw": "AP8="})
    queued.queue.send(body)
    assert queued.bodies() == [body]


def test_many_messages_all_arrive(queued: Queued) -> None:
    messages = [Message(f"{number:02}", group="acme") for number in range(23)]
    assert queued.queue.send_many(messages) == []
    assert queued.bodies() == [message.body for message in messages]


def test_a_queue_that_is_not_there_is_unavailable(queued: Queued, emulated: Aws) -> None:
    with closing(Connections(emulated, client="wire")) as connections:
        lost = connections.queue(f"{queued.url}-lost")
        with pytest.raises(QueueUnavailable):
            lost.send("x")
        assert lost.send_many([Message("x")]) == [Message("x")]


def test_what_lies_in_a_queue_is_counted_taken_and_deleted(queued: Queued) -> None:
    queue = queued.queue
    queue.send("one", group="acme")
    queue.send("later", delay_seconds=60)
    assert queue.waiting() == 2
    (found,) = queue.receive()
    assert found.body == "one"
    assert queue.waiting() == 2
    queue.delete(found.handle)
    assert queue.waiting() == 1
    assert queue.receive() == []
