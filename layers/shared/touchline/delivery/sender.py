"""Sending one request: to an address that was judged when it was dialled, within a wall-clock
deadline, at most 64 KiB read, no redirects, no proxies, certificates verified."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from touchline.delivery.guard import address_allowed
from touchline.delivery.verdict import Answer, NoAnswer, Outgoing, Result

MAX_READ = 64 * 1024
KEPT_HEADERS = frozenset({"retry-after", "date", "content-type", "content-length", "location"})
"""Of an answer only these are looked at or logged."""
USER_AGENT = "Touchline/1 (+webhooks)"

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host, as text. Raises socket.gaierror."""
Monotonic = Callable[[], float]

_TEMPORARY = {socket.EAI_AGAIN, socket.EAI_SYSTEM, socket.EAI_MEMORY, socket.EAI_FAIL}


class AddressBlocked(OSError):
    """The address is none that Touchline sends to. Its text never leaves this file."""


class HttpSender:
    """Sends over HTTP/1.1 with one pool of connections; used as `async with HttpSender(...)`.

    `loopback` is for the local stack alone. `trust` replaces the certificate authorities (tests).
    """

    def __init__(
        self,
        *,
        monotonic: Monotonic,
        resolve: Resolve | None = None,
        loopback: bool = False,
        trust: ssl.SSLContext | None = None,
        connections: int = 0,
    ) -> None:
        self._monotonic = monotonic
        self._resolve = resolve
        self._loopback = loopback
        self._trust = trust
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None
        self._threads: ThreadPoolExecutor | None = None

    async def __aenter__(self) -> Self:
        self._threads = ThreadPoolExecutor(4, "resolve")
        resolver = _GuardedResolver(self._resolve or _system(self._threads), self._allowed)
        connector = aiohttp.TCPConnector(
            resolver=resolver,
            use_dns_cache=False,
            socket_factory=self._socket,
            limit=self._connections,
            ssl=self._trust or True,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            trust_env=False,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),  # ours is one deadline over everything
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def send(self, request: Outgoing, deadline_seconds: float) -> Result:
        """Send and read the answer. Never raises for what the other side or the network does."""
        if self._session is None:
            raise RuntimeError("the sender is not open")
        started = self._monotonic()

        def passed() -> int:
            return int((self._monotonic() - started) * 1000)

        try:
            async with asyncio.timeout(deadline_seconds):
                return await self._exchange(self._session, request, passed)
        except TimeoutError:
            return NoAnswer("timeout", passed())
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return NoAnswer(_reason_of(error), passed())

    async def _exchange(
        self, session: aiohttp.ClientSession, request: Outgoing, passed: Callable[[], int]
    ) -> Answer:
        headers = {"user-agent": USER_AGENT, "accept-encoding": "identity", **request.headers}
        async with session.request(
            request.method,
            URL(request.url, encoded=True),
            headers=headers,
            data=request.body or None,
            allow_redirects=False,
            skip_auto_headers=("Content-Type",),
        ) as response:
            body, whole = await _read(response.content)
            if not whole:
                response.close()
            return Answer(
                status=response.status,
                headers={
                    name.lower(): value
                    for name, value in response.headers.items()
                    if name.lower() in KEPT_HEADERS
                },
                body=body,
                bytes_read=len(body),
                truncated=not whole,
                duration_ms=passed(),
            )

    def _allowed(self, address: str) -> bool:
        return address_allowed(address, loopback=self._loopback)

    def _socket(self, found: Any) -> socket.socket:
        """The socket for one address; the last word before it is dialled."""
        family, kind, protocol, _, address = found
        if not self._allowed(str(address[0])):
            raise AddressBlocked
        return socket.socket(family, kind, protocol)


async def _read(stream: aiohttp.StreamReader) -> tuple[bytes, bool]:
    """At most 64 KiB, and whether that was all."""
    chunks: list[bytes] = []
    left = MAX_READ
    while left > 0:
        chunk = await stream.read(left)
        if not chunk:
            return b"".join(chunks), True
        chunks.append(chunk)
        left -= len(chunk)
    return b"".join(chunks), stream.at_eof()


class _GuardedResolver(AbstractResolver):
    """Gives out addresses only when every one of the answer is allowed."""

    def __init__(self, resolve: Resolve, allowed: Callable[[str], bool]) -> None:
        self._resolve = resolve
        self._allowed = allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        addresses = await self._resolve(host, port)
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        if not all(self._allowed(address) for address in addresses):
            raise AddressBlocked
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in addresses
            if family in {socket.AF_UNSPEC, socket.AF_INET6 if ":" in address else socket.AF_INET}
        ]

    async def close(self) -> None:
        """Nothing to close."""


def _system(threads: ThreadPoolExecutor) -> Resolve:
    """The machine's resolver, in threads that nobody waits for when they hang."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        found = await asyncio.get_running_loop().run_in_executor(
            threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return tuple(dict.fromkeys(str(address[0]) for *_, address in found))

    return resolve


_KINDS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((AddressBlocked,), "blocked_address"),
    ((ssl.SSLError, ssl.CertificateError), "tls_failed"),
    ((aiohttp.ClientConnectorError,), "connect_failed"),
    ((aiohttp.ClientResponseError, aiohttp.http.HttpProcessingError), "bad_answer"),
    ((aiohttp.InvalidURL,), "bad_request_target"),
)


def _reason_of(error: BaseException) -> str:
    """The reason code of an error; its text is never told, it may name addresses inside."""
    causes = list(_causes(error))
    lookup = next((cause for cause in causes if isinstance(cause, socket.gaierror)), None)
    if lookup is not None:
        return "resolver_unavailable" if lookup.errno in _TEMPORARY else "dns_failed"
    for kinds, reason in _KINDS:
        if any(isinstance(cause, kinds) for cause in causes):
            return reason
    return "connection_lost"


def _causes(error: BaseException | None, depth: int = 0) -> Iterator[BaseException]:
    """The error and everything it was raised from, groups taken apart."""
    if error is None or depth > 8:
        return
    yield error
    inner: list[BaseException | None] = [error.__cause__, error.__context__]
    inner.append(getattr(error, "os_error", None))
    if isinstance(error, BaseExceptionGroup):
        inner += error.exceptions
    for cause in inner:
        if cause is not error:
            yield from _causes(cause, depth + 1)
