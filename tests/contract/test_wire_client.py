"""The wire client against a server that misbehaves as it is told to."""

import json
import threading
from collections.abc import Iterator

import pytest

from tests.scripted_server import ScriptedServer, answer, fault, hang_up, raw, scripted, silent
from touchline.kernel.errors import ConditionFailed, StoreRefused, StoreUnavailable
from touchline.platform.dynamo import Key, Missing, Table
from touchline.platform.dynamo.table import DynamoTable
from touchline.platform.dynamo.wire import WireTransport, may_retry
from touchline.platform.patience import INTAKE, Patience
from touchline.platform.wire.client import DYNAMODB, WireClient, place_of
from touchline.platform.wire.signing import Credentials

PATIENT = Patience(attempts=3, connect_seconds=20, read_seconds=20, total_seconds=90)
"""A busy machine must not look like a silent server."""
IMPATIENT = Patience(attempts=3, connect_seconds=20, read_seconds=0.2, total_seconds=90)
ITEM = {"pk": "p", "sk": "s"}
KEY = Key("p", "s")
STORED = answer({"Item": {"pk": {"S": "p"}, "sk": {"S": "s"}}})


class Wires:
    """Makes clients of scripted servers, and closes them."""

    def __init__(self) -> None:
        self._made: list[WireClient] = []

    def client(self, server: ScriptedServer, patience: Patience = PATIENT) -> WireClient:
        made = WireClient(
            DYNAMODB,
            place_of(DYNAMODB, "eu-west-1", f"http://127.0.0.1:{server.port}"),
            "eu-west-1",
            credentials=lambda: Credentials("AKID", "secret", "session"),
            patience=patience,
            clock=lambda: 1_767_225_600_000,
            sleep=lambda _: None,
            retryable=may_retry,
        )
        self._made.append(made)
        return made

    def table(self, server: ScriptedServer, patience: Patience = PATIENT) -> Table:
        return DynamoTable(
            WireTransport(self.client(server, patience)), "t", patience, lambda _: None
        )

    def close(self) -> None:
        for made in self._made:
            made.close()


@pytest.fixture
def wires() -> Iterator[Wires]:
    made = Wires()
    yield made
    made.close()


def test_a_request_is_signed_and_says_what_it_wants(wires: Wires) -> None:
    with scripted(STORED) as server:
        assert wires.table(server).get(KEY) == ITEM
        head, _, body = server.requests[0].decode().partition("\r\n\r\n")
    assert head.startswith("POST / HTTP/1.1\r\n")
    assert "x-amz-target: DynamoDB_20120810.GetItem" in head
    assert f"host: 127.0.0.1:{server.port}" in head
    assert "x-amz-security-token: session" in head
    assert "authorization: AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/dynamodb" in head
    assert json.loads(body)["TableName"] == "t"


def test_one_connection_serves_many_requests(wires: Wires) -> None:
    with scripted(STORED) as server:
        table = wires.table(server)
        for _ in range(5):
            table.get(KEY)
        assert (server.connections, len(server.requests)) == (1, 5)


def test_a_connection_opened_ahead_is_used(wires: Wires) -> None:
    with scripted(STORED) as server:
        client = wires.client(server)
        client.open()
        client.call("GetItem", {})
        assert server.connections == 1


def test_opening_ahead_fails_silently_and_the_call_tells() -> None:
    with scripted(STORED) as server:
        pass
    wires = Wires()
    client = wires.client(server)
    client.open()
    table = DynamoTable(WireTransport(client), "t", PATIENT, lambda _: None)
    with pytest.raises(StoreUnavailable):
        table.get(KEY)


def test_a_kept_connection_that_was_closed_meanwhile_costs_no_attempt(wires: Wires) -> None:
    """LO-05: after a freeze the other side has hung up; the next request opens a new connection."""
    once = Patience(attempts=1, connect_seconds=20, read_seconds=20, total_seconds=90)
    with scripted(answer({}), hang_up, STORED) as server:
        table = wires.table(server, once)
        table.get(KEY)
        assert table.get(KEY) == ITEM


def test_a_connection_that_the_server_closes_is_not_kept(wires: Wires) -> None:
    with scripted(answer({}, close=True)) as server:
        table = wires.table(server)
        table.get(KEY)
        table.get(KEY)
        assert server.connections == 2


@pytest.mark.parametrize(
    "act",
    [
        fault("ProvisionedThroughputExceededException"),
        fault("ThrottlingException"),
        fault("InternalServerError", 500),
        raw(b"HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nbusy"),
        hang_up,
        raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}"),
        raw(b"not http at all\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\n\r\n{}"),
        raw(b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n{}"),
        raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{}"),
        answer({}, crc=1),
    ],
)
def test_what_may_pass_is_tried_again_within_the_budget(wires: Wires, act: object) -> None:
    """I1, I3: and when it does not pass, the store is unavailable."""
    with scripted(act, STORED) as server:  # type: ignore[arg-type]
        assert wires.table(server).get(KEY) == ITEM
        assert len(server.requests) == 2
    with scripted(act) as server:  # type: ignore[arg-type]
        with pytest.raises(StoreUnavailable):
            wires.table(server).get(KEY)
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (fault("ValidationException"), StoreRefused),
        (fault("AccessDeniedException"), StoreRefused),
        (raw(b"HTTP/1.1 400 Bad\r\ncontent-length: 0\r\n\r\n"), StoreRefused),
        (raw(b"HTTP/1.1 404 X\r\ncontent-length: 2\r\n\r\n[]"), StoreRefused),
    ],
)
def test_what_is_wrong_is_not_tried_again(
    wires: Wires, act: object, error: type[Exception]
) -> None:
    with scripted(act) as server:  # type: ignore[arg-type]
        with pytest.raises(error):
            wires.table(server).get(KEY)
        assert len(server.requests) == 1


def test_silence_ends_at_the_time_out(wires: Wires) -> None:
    """I1"""
    done = threading.Event()
    with scripted(silent(done)) as server:
        with pytest.raises(StoreUnavailable):
            wires.table(server, IMPATIENT).put(ITEM)
        assert server.connections <= 3
        done.set()


def test_no_attempt_begins_when_the_budget_is_used_up(wires: Wires) -> None:
    """IN-15: all attempts together end within the total."""
    done = threading.Event()
    short = Patience(attempts=9, connect_seconds=0.3, read_seconds=0.3, total_seconds=0.35)
    with scripted(silent(done)) as server:
        with pytest.raises(StoreUnavailable):
            wires.table(server, short).put(ITEM)
        assert server.connections <= 2
        done.set()


def test_intake_leaves_time_to_spill_before_a_sender_gives_up() -> None:
    """IN-15: some networks give up after 2 s."""
    assert INTAKE.total_seconds <= 1.5
    assert INTAKE.attempts >= 2


def test_a_put_whose_answer_was_lost_meets_itself(wires: Wires) -> None:
    """IN-04, I2: the second attempt finds the first one's row; the caller sees which it is."""
    there = {"pk": {"S": "p"}, "sk": {"S": "s"}, "attempt": {"S": "mine"}}
    met = answer(
        {"__type": "x#ConditionalCheckFailedException", "message": "m", "Item": there}, 400
    )
    with scripted(hang_up, met) as server, pytest.raises(ConditionFailed) as failed:
        wires.table(server).put({**ITEM, "attempt": "mine"}, condition=Missing("pk"))
    assert failed.value.existing == {**ITEM, "attempt": "mine"}


def test_text_that_has_no_bytes_is_refused(wires: Wires) -> None:
    """I12: a lone surrogate."""
    with scripted(STORED) as server:
        with pytest.raises(StoreRefused):
            wires.table(server).put({**ITEM, "text": "\ud800"})
        assert server.requests == []


def test_many_threads_have_connections_of_their_own(wires: Wires) -> None:
    with scripted(STORED) as server:
        table = wires.table(server)
        threads = [threading.Thread(target=table.get, args=(KEY,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.requests) == 8


@pytest.mark.parametrize(
    ("region", "endpoint", "host", "tls"),
    [
        ("eu-west-1", "", "dynamodb.eu-west-1.amazonaws.com", True),
        ("cn-north-1", "", "dynamodb.cn-north-1.amazonaws.com.cn", True),
        ("eu-west-1", "http://127.0.0.1:4566", "127.0.0.1:4566", False),
        ("eu-west-1", "https://dynamo.example", "dynamo.example", True),
        ("eu-west-1", "http://emulator", "emulator", False),
    ],
)
def test_where_the_service_is(region: str, endpoint: str, host: str, tls: bool) -> None:
    place = place_of(DYNAMODB, region, endpoint)
    assert (place.host_header, place.tls) == (host, tls)
