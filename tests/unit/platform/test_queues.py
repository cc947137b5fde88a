"""Messages are cut into batches that SQS takes, and those it does not take are sent one by one."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from touchline.kernel.errors import QueueUnavailable
from touchline.platform.queue import MAX_BATCH, MAX_BATCH_BYTES, Message, batches
from touchline.platform.queues import SqsQueue


class Sqs:
    """Answers as SQS does; refuses the bodies it is told to, in batches or altogether."""

    def __init__(self, *, not_in_batch: str = "", never: str = "") -> None:
        self.not_in_batch = set(not_in_batch)
        self.never = set(never)
        self.taken: list[str] = []
        self.asked: list[Mapping[str, Any]] = []
        self.down = False

    def __call__(self, operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append(request)
        if self.down:
            raise QueueUnavailable("down")
        if operation == "SendMessage":
            return self._one(request)
        refused = self.not_in_batch | self.never
        good = [entry for entry in request["Entries"] if entry["MessageBody"] not in refused]
        self.taken += [entry["MessageBody"] for entry in good]
        failed = [{"Id": e["Id"]} for e in request["Entries"] if e not in good]
        return {"Successful": [{"Id": entry["Id"]} for entry in good], "Failed": failed}

    def _one(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        if request["MessageBody"] in self.never:
            raise QueueUnavailable("never")
        self.taken.append(request["MessageBody"])
        return {}


@given(st.lists(st.integers(0, MAX_BATCH_BYTES), max_size=40))
def test_batches_keep_order_and_limits(sizes: list[int]) -> None:
    messages = [Message("x" * size) for size in sizes]
    cut = batches(messages)
    assert [message for batch in cut for message in batch] == messages
    for batch in cut:
        assert 1 <= len(batch) <= MAX_BATCH
        assert len(batch) == 1 or sum(len(m.body) for m in batch) <= MAX_BATCH_BYTES


def test_what_a_batch_did_not_take_is_sent_again_one_by_one() -> None:
    """I6: HTTP 200 may well contain failed entries."""
    sqs = Sqs(not_in_batch="b")
    failed = SqsQueue(sqs, "url").send_many([Message(text) for text in "abc"])
    assert failed == []
    assert sorted(sqs.taken) == ["a", "b", "c"]


def test_what_is_never_taken_is_given_back() -> None:
    """I6: none is dropped."""
    sqs = Sqs(never="b")
    assert SqsQueue(sqs, "url").send_many([Message("a"), Message("b")]) == [Message("b")]


def test_a_queue_that_is_down_gives_everything_back() -> None:
    sqs = Sqs()
    sqs.down = True
    messages = [Message(str(n)) for n in range(25)]
    assert SqsQueue(sqs, "url").send_many(messages) == messages


def test_delays_are_at_most_what_sqs_delays_and_groups_are_named() -> None:
    sqs = Sqs()
    SqsQueue(sqs, "url").send("a", delay_seconds=5_000, group="acme")
    SqsQueue(sqs, "url").send("b", delay_seconds=-3)
    assert sqs.asked[0]["DelaySeconds"] == 900
    assert sqs.asked[0]["MessageGroupId"] == "acme"
    assert "DelaySeconds" not in sqs.asked[1]
