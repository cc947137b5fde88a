"""An HTTP server on loopback that does what a script says, connection by connection."""

import contextlib
import json
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Act = Callable[[socket.socket], bool]
"""Serves one request on a connection; True to keep the connection open for the next."""


class ScriptedServer:
    """Takes the next act for every request; the last act repeats."""

    def __init__(self, *acts: Act) -> None:
        self.acts = list(acts)
        self.requests: list[bytes] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._start(self._accept)

    def stop(self) -> None:
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(timeout=5)

    def _start(self, work: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while request := _read_request(connection):
                self.requests.append(request)
                act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
                if not act(connection):
                    break
        connection.close()


@contextmanager
def scripted(*acts: Act) -> Iterator[ScriptedServer]:
    """A server for the length of a `with` block."""
    server = ScriptedServer(*acts)
    try:
        yield server
    finally:
        server.stop()


def answer(value: Any, status: int = 200, *, close: bool = False, crc: int | None = None) -> Act:
    """Answer with JSON, with the checksum that DynamoDB sends."""
    body = json.dumps(value).encode()
    checksum = zlib.crc32(body) if crc is None else crc
    head = f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\nx-amz-crc32: {checksum}\r\n"
    return raw(
        head.encode() + (b"connection: close\r\n" if close else b"") + b"\r\n" + body,
        keep=not close,
    )


def fault(kind: str, status: int = 400) -> Act:
    """Answer with an error of DynamoDB."""
    return answer({"__type": f"com.amazonaws.dynamodb.v20120810#{kind}", "message": "m"}, status)


def raw(data: bytes, *, keep: bool = False) -> Act:
    """Send just these bytes."""

    def act(connection: socket.socket) -> bool:
        connection.sendall(data)
        return keep

    return act


def hang_up(_: socket.socket) -> bool:
    """Close without an answer."""
    return False


def silent(until: threading.Event) -> Act:
    """Say nothing until the event is set."""

    def act(_: socket.socket) -> bool:
        until.wait(120)
        return False

    return act


def _read_request(connection: socket.socket) -> bytes:
    read = b""
    while b"\r\n\r\n" not in read:
        part = connection.recv(65_536)
        if not part:
            return b""
        read += part
    head, _, rest = read.partition(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.startswith(b"content-length")
    )
    while len(rest) < length:
        rest += connection.recv(65_536)
    return head + b"\r\n\r\n" + rest
