"""Calls to one AWS JSON service: signed, kept alive, tried again within a budget of time."""

import random
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from touchline.kernel.clock import Clock, Sleep
from touchline.kernel.values import dataclass
from touchline.platform.patience import Patience
from touchline.platform.wire.connection import BrokenAnswer, Connection
from touchline.platform.wire.signing import Credentials, Signer


@dataclass(frozen=True, slots=True)
class Service:
    """How a service is spoken to."""

    name: str
    target: str  # what stands before the operation in X-Amz-Target
    content_type: str = "application/x-amz-json-1.0"


DYNAMODB = Service("dynamodb", "DynamoDB_20120810")
SQS = Service("sqs", "AmazonSQS")
CLOUDWATCH = Service("monitoring", "GraniteServiceVersion20100801")
SSM = Service("ssm", "AmazonSSM", "application/x-amz-json-1.1")


class Unreachable(Exception):
    """No answer came within the patience. Whether the request was carried out is unknown."""


class Fault(Exception):
    """The service answered with an error."""

    def __init__(self, status: int, kind: str, message: str, answer: Mapping[str, Any]) -> None:
        super().__init__(f"{kind}: {message}")
        self.status = status
        self.kind = kind
        self.message = message
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service is."""

    host: str
    port: int
    tls: bool

    @property
    def host_header(self) -> str:
        """The host as the request names it: with the port unless it is the scheme's own."""
        usual = 443 if self.tls else 80
        return self.host if self.port == usual else f"{self.host}:{self.port}"


def place_of(service: Service, region: str, endpoint_url: str = "") -> Place:
    """AWS's own endpoint in the region, or the given one (plain HTTP is for local emulators)."""
    if not endpoint_url:
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        return Place(f"{service.name}.{region}.{suffix}", 443, tls=True)
    parts = urlsplit(endpoint_url)
    tls = parts.scheme == "https"
    return Place(parts.hostname or "", parts.port or (443 if tls else 80), tls)


class WireClient:
    """Thread-safe: idle connections lie in a stack; each call takes one or opens one."""

    def __init__(  # noqa: PLR0913 - everything it needs from outside, by name
        self,
        service: Service,
        place: Place,
        region: str,
        *,
        credentials: Callable[[], Credentials],
        patience: Patience,
        clock: Clock,
        sleep: Sleep,
        retryable: Callable[[Fault], bool],
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        self._service = service
        self._place = place
        self._signer = Signer(service.name, region, place.host_header)
        self._credentials = credentials
        self._patience = patience
        self._clock = clock
        self._sleep = sleep
        self._retryable = retryable
        self._make_tls = tls
        self._tls: ssl.SSLContext | None = None
        self._idle: list[Connection] = []

    def open(self) -> None:
        """Connect ahead of the first call (in INIT, where time is free). Failure waits for it."""
        try:
            self._idle.append(self._connect(self._patience.connect_seconds))
        except OSError:
            return

    def close(self) -> None:
        """Close the idle connections. (A Lambda function never does: it is frozen, not ended.)"""
        while self._idle:
            self._idle.pop().close()

    def call(self, operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The service's answer. Raises Fault or Unreachable; both only after the retries."""
        body = orjson.dumps(request)
        ends = time.monotonic() + self._patience.total_seconds
        for attempt in range(1, self._patience.attempts + 1):
            last = attempt == self._patience.attempts
            try:
                return self._once(operation, body, ends)
            except Fault as fault:
                if last or not self._retryable(fault):
                    raise
                failure: Exception = fault
            except OSError as error:
                if last:
                    raise Unreachable(type(error).__name__) from error
                failure = error
            pause = self._patience.pause(attempt, random.random())  # noqa: S311 - jitter
            if time.monotonic() + pause >= ends:
                if isinstance(failure, Fault):
                    raise failure
                raise Unreachable(type(failure).__name__) from failure
            self._sleep(pause)
        raise Unreachable("no attempt was allowed")

    def _once(self, operation: str, body: bytes, ends: float) -> Mapping[str, Any]:
        target = f"{self._service.target}.{operation}"
        headers = self._signer.headers(
            self._credentials(), target, self._service.content_type, body, self._clock()
        )
        request = f"POST / HTTP/1.1\r\n{headers}content-length: {len(body)}\r\n\r\n".encode() + body
        status, answer = self._exchange(request, ends)
        if status == 200:
            return orjson.loads(answer) if answer else {}
        raise _fault(status, answer)

    def _exchange(self, request: bytes, ends: float) -> tuple[int, bytes]:
        while True:
            connection, reused = self._take(ends)
            try:
                answer = connection.exchange(request, self._left(ends, self._patience.read_seconds))
            except OSError as error:
                connection.close()
                # a kept connection that the other side had closed meanwhile: nothing was read,
                # so this is no attempt; the next idle one, or a new one, is asked at once
                if reused and _was_stale(error):
                    continue
                raise
            if connection.reusable:
                self._idle.append(connection)
            else:
                connection.close()
            return answer

    def _take(self, ends: float) -> tuple[Connection, bool]:
        try:
            connection = self._idle.pop()
        except IndexError:
            return self._connect(self._left(ends, self._patience.connect_seconds)), False
        return connection, True

    def _connect(self, seconds: float) -> Connection:
        place = self._place
        return Connection(place.host, place.port, self._context if place.tls else None, seconds)

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = self._make_tls()
        return self._tls

    def _left(self, ends: float, most: float) -> float:
        left = min(ends - time.monotonic(), most)
        if left <= 0:
            raise TimeoutError("the budget of time is used up")
        return left


def _was_stale(error: OSError) -> bool:
    if isinstance(error, BrokenAnswer):
        return not error.began
    return isinstance(error, ConnectionError)


def _fault(status: int, answer: bytes) -> Fault:
    try:
        said = orjson.loads(answer)
    except orjson.JSONDecodeError:
        said = {}
    if not isinstance(said, dict):
        said = {}
    kind = str(said.get("__type") or said.get("code") or status).rpartition("#")[2]
    message = str(said.get("message") or said.get("Message") or "")
    return Fault(status, kind, message, said)
