"""A stand-in for DynamoDB that answers at once, so that the clients' own cost is what is left."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


def serve(listener: socket.socket, answers: Mapping[str, bytes]) -> None:
    """Answer every request by its operation until the listener is closed."""
    framed = {
        operation.encode(): b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\n"
        b"content-length: %d\r\n\r\n%b" % (len(body), body)
        for operation, body in answers.items()
    }
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_converse, args=(connection, framed), daemon=True).start()


@contextmanager
def listening() -> Iterator[socket.socket]:
    """A listening socket on loopback, any free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def _converse(connection: socket.socket, framed: Mapping[bytes, bytes]) -> None:
    read = b""
    with connection:
        while True:
            head, found, rest = read.partition(b"\r\n\r\n")
            if found:
                length = _length(head)
                if len(rest) >= length:
                    connection.sendall(framed[_operation(head)])
                    read = rest[length:]
                    continue
            part = connection.recv(65_536)
            if not part:
                return
            read += part


def _length(head: bytes) -> int:
    return int(_header(head, b"content-length"))


def _operation(head: bytes) -> bytes:
    return _header(head, b"x-amz-target").rpartition(b".")[2]


def _header(head: bytes, name: bytes) -> bytes:
    for line in head.split(b"\r\n"):
        found, _, value = line.partition(b":")
        if found.lower() == name:
            return value.strip()
    raise ValueError(f"a request without {name.decode()}")
