"""Sending an import: patience, honesty, and nothing lost when it stops."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from cli.conversions_csv import Line, lines
from cli.import_journal import Fate
from cli.import_sending import Sender, Stopped


@dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Server:
    """Answers what the test says, then stores everything."""

    def __init__(self, *replies: Reply | OSError) -> None:
        self._replies = list(replies)
        self.requests: list[list[dict[str, Any]]] = []

    def post(self, body: bytes) -> Reply:
        items = json.loads(body)["items"]
        self.requests.append(items)
        reply = self._replies.pop(0) if self._replies else None
        if isinstance(reply, OSError):
            raise reply
        stored = [{"outcome": "stored", "receipt": f"rcp_{n}"} for n, _ in enumerate(items)]
        return reply or Reply(body=json.dumps({"results": stored}).encode())


def some_lines(how_many: int) -> list[Line]:
    text = "conversion_id\n" + "".join(f"A-{number}\n" for number in range(how_many))
    return list(lines(text.encode(), {}))


def sent(server: Server, found: list[Line], most: int = 100) -> tuple[list[Fate], list[float]]:
    slept: list[float] = []
    fates = [
        fate for fates in Sender(server.post, slept.append).send(found, most) for fate in fates
    ]
    return fates, slept


def test_every_line_gets_its_own_fate() -> None:
    server = Server()
    fates, _ = sent(server, some_lines(5), most=2)
    assert [len(items) for items in server.requests] == [2, 2, 1]
    assert [(fate.line, fate.outcome, fate.conversion_id) for fate in fates] == [
        (number + 2, "stored", f"A-{number}") for number in range(5)
    ]


def test_a_refused_line_tells_why_and_fails_nothing_else() -> None:
    refused = {
        "outcome": "quarantined",
        "receipt": "rcp_1-0",
        "reasons": ["bad_time"],
        "error": {"code": "bad_time", "message": "not a time"},
    }
    body = json.dumps({"results": [refused, {"outcome": "stored"}]}).encode()
    [first, second], _ = sent(Server(Reply(body=body)), some_lines(2))
    assert (first.taken, first.reasons, first.detail) == (False, "bad_time", "not a time")
    assert second.taken


def test_a_line_that_cannot_be_sent_is_told_and_the_rest_is_sent() -> None:
    found = list(lines(b"event,skip_hook\nlead,perhaps\nlead,no\n", {}))
    fates, _ = sent(Server(), found)
    assert [fate.outcome for fate in fates] == ["not_sent", "stored"]


def test_a_spilled_request_is_taken_whole() -> None:
    body = json.dumps({"outcome": "spilled", "receipt": "rcp_1"}).encode()
    fates, _ = sent(Server(Reply(body=body)), some_lines(3))
    assert [(fate.outcome, fate.taken) for fate in fates] == [("spilled", True)] * 3


def test_a_busy_server_is_waited_for_as_long_as_it_says() -> None:
    server = Server(Reply(429, headers={"retry-after": "7"}), Reply(503), OSError("reset"))
    fates, slept = sent(server, some_lines(1))
    assert [fate.outcome for fate in fates] == ["stored"]
    assert slept == [7, 2, 4]


@pytest.mark.parametrize(
    ("replies", "why"),
    [
        ([OSError("refused")] * 6, "nothing answers: refused"),
        ([Reply(503)] * 6, "answered 503"),
        ([Reply(200, b"<html>")], "is this Touchline"),
        ([Reply(200, b"[]")], "is this Touchline"),
        (
            [Reply(401, b'{"error": {"code": "unauthorized", "message": "m", "hint": "h"}}')],
            "401 unauthorized: m h",
        ),
    ],
)
def test_a_server_that_cannot_be_used_stops_the_import(replies: list[Any], why: str) -> None:
    with pytest.raises(Stopped, match=why):
        sent(Server(*replies), some_lines(1))


def test_what_was_answered_before_a_stop_is_known() -> None:
    server = Server(*[Reply(body=b'{"results": [{"outcome": "stored"}]}'), Reply(403)])
    sender = Sender(server.post, lambda _: None).send(some_lines(2), 1)
    assert [fate.outcome for fate in next(sender)] == ["stored"]
    with pytest.raises(Stopped):
        next(sender)
