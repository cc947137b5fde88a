"""One kept-alive HTTP/1.1 connection that carries one request at a time.

It reads only what AWS's JSON services answer: a status, headers, and a body of a stated length.
"""

import socket
import ssl
import zlib
from collections.abc import Callable

MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 32 * 1024 * 1024
"""DynamoDB answers at most 16 MB of data (BatchGetItem), in JSON."""


class BrokenAnswer(OSError):
    """The connection ended or spoke nonsense. `began` tells whether any byte had come."""

    def __init__(self, message: str, *, began: bool) -> None:
        super().__init__(message)
        self.began = began


class Connection:
    """Raises OSError (TimeoutError, BrokenAnswer among them) when the exchange fails."""

    def __init__(
        self, host: str, port: int, tls: Callable[[], ssl.SSLContext] | None, connect_seconds: float
    ) -> None:
        plain = socket.create_connection((host, port), connect_seconds)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._socket = tls().wrap_socket(plain, server_hostname=host) if tls else plain
        except OSError:
            plain.close()
            raise
        self.used = False
        self.reusable = True

    def exchange(self, request: bytes, read_seconds: float) -> tuple[int, bytes]:
        """Send the request; return the status and the body."""
        self.used = True
        self._socket.settimeout(read_seconds)
        self._socket.sendall(request)
        status, headers, rest = self._head()
        length = headers.get(b"content-length", b"")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            raise BrokenAnswer("an answer without a usable length", began=True)
        body = self._body(rest, int(length))
        checksum = headers.get(b"x-amz-crc32", b"")
        if checksum and checksum != str(zlib.crc32(body)).encode():
            raise BrokenAnswer("an answer whose checksum is wrong", began=True)
        self.reusable = headers.get(b"connection", b"").lower() != b"close"
        return status, body

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def _head(self) -> tuple[int, dict[bytes, bytes], bytes]:
        read = b""
        while b"\r\n\r\n" not in read:
            part = self._socket.recv(65_536)
            if not part or len(read) > MAX_HEAD_BYTES:
                raise BrokenAnswer("the connection ended before an answer", began=bool(read))
            read += part
        head, _, rest = read.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        words = first.split(b" ", 2)
        if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
            raise BrokenAnswer("not HTTP", began=True)
        headers = {}
        for line in lines:
            name, _, value = line.partition(b":")
            headers[name.strip().lower()] = value.strip()
        return int(words[1]), headers, rest

    def _body(self, rest: bytes, length: int) -> bytes:
        parts = [rest]
        missing = length - len(rest)
        while missing > 0:
            part = self._socket.recv(min(missing, 262_144))
            if not part:
                raise BrokenAnswer("the connection ended within an answer", began=True)
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)
