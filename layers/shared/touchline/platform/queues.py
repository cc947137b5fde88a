"""SQS behind the queue port, carried by the wire client or by boto3."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from touchline.kernel.errors import QueueUnavailable
from touchline.platform.queue import MAX_BATCH, MAX_DELAY_SECONDS, Message, Received, batches
from touchline.platform.wire.client import Fault, Unreachable, WireClient

SqsCall = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""Calls an operation of SQS. Raises QueueUnavailable."""


_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class SqsQueue:
    """One queue, by its URL."""

    def __init__(self, call: SqsCall, url: str) -> None:
        self._call = call
        self._url = url

    def send(self, body: str, *, delay_seconds: int = 0, group: str = "") -> None:
        """See the port."""
        said = _said(Message(body, delay_seconds, group))
        self._call("SendMessage", {"QueueUrl": self._url, **said})

    def send_many(self, messages: Sequence[Message]) -> list[Message]:
        """See the port."""
        failed: list[Message] = []
        for batch in batches(messages):
            for message in self._failed_of(batch):
                try:
                    self.send(
                        message.body, delay_seconds=message.delay_seconds, group=message.group
                    )
                except QueueUnavailable:
                    failed.append(message)
        return failed

    def waiting(self) -> int:
        """See the port."""
        asked = {"QueueUrl": self._url, "AttributeNames": list(_COUNTS)}
        counted = self._call("GetQueueAttributes", asked).get("Attributes") or {}
        return sum(int(counted.get(name, 0)) for name in _COUNTS)

    def receive(self) -> list[Received]:
        """See the port."""
        asked = {"QueueUrl": self._url, "MaxNumberOfMessages": MAX_BATCH}
        asked["MessageSystemAttributeNames"] = ["MessageGroupId"]
        found = self._call("ReceiveMessage", asked).get("Messages") or ()
        return [
            Received(one["Body"], one["ReceiptHandle"], _group(one.get("Attributes")))
            for one in found
        ]

    def delete(self, handle: str) -> None:
        """See the port."""
        self._call("DeleteMessage", {"QueueUrl": self._url, "ReceiptHandle": handle})

    def _failed_of(self, batch: Sequence[Message]) -> list[Message]:
        """What a batch did not take: HTTP 200 may well contain failed entries."""
        entries = [{"Id": str(at), **_said(message)} for at, message in enumerate(batch)]
        try:
            answer = self._call("SendMessageBatch", {"QueueUrl": self._url, "Entries": entries})
        except QueueUnavailable:
            return list(batch)
        taken = {entry["Id"] for entry in answer.get("Successful") or ()}
        return [message for at, message in enumerate(batch) if str(at) not in taken]


def wire_calls(client: WireClient) -> SqsCall:
    """SQS by the wire client."""

    def call(operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return client.call(operation, request)
        except (Fault, Unreachable, TypeError) as error:
            raise QueueUnavailable(f"{type(error).__name__}: {error}") from error

    return call


def may_retry(fault: Fault) -> bool:
    """Whether an error of SQS or SSM may go away by itself."""
    return fault.status >= 500 or "hrottl" in fault.kind


def _group(attributes: Any) -> str:
    return str((attributes or {}).get("MessageGroupId", ""))


def _said(message: Message) -> dict[str, Any]:
    said: dict[str, Any] = {"MessageBody": message.body}
    if message.delay_seconds > 0:
        said["DelaySeconds"] = min(message.delay_seconds, MAX_DELAY_SECONDS)
    if message.group:
        said["MessageGroupId"] = message.group
    return said
