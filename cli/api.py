"""The HTTP API as commands call it: JSON in, JSON out, errors with what to do about them."""

import http.client
import json
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from cli.target import Target

TIMEOUT_SECONDS = 60
WHOSE = "is --api-url the base URL of a stack (its output ApiUrl)?"


class ApiRefused(Exception):
    """The API refused: its reason code, sentence and hint."""

    def __init__(self, status: int, error: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(error.get("code", f"http_{status}"))
        self.message = str(error.get("message", f"the API answered {status}"))
        self.hint = str(error.get("hint", "" if error else WHOSE))
        super().__init__(self.message)


class NotReachable(Exception):
    """Nothing answers there; the text says what to do."""


class NotOneAccount(Exception):
    """The token may act on several accounts and none is named, or on none at all."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Send(Protocol):
    """Sends one request. Raises OSError when nothing answers."""

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The answer to a request; `path` has its query."""
        ...


class Api:
    """One stack's API, called with one token."""

    def __init__(self, target: Target, send: Send | None = None) -> None:
        self.target = target
        self._send = send or http_sender(target.api_url)

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a GET."""
        return self.call("GET", path, query=query)

    def text(self, path: str, accept: str, **query: Any) -> str:
        """The body of a GET in the media type asked for. Raises ApiRefused, NotReachable."""
        reply = self.send("GET", path, query=query, headers={"accept": accept})
        if reply.status >= 400:
            said = _json(reply.body)
            raise ApiRefused(reply.status, said.get("error", {}) if isinstance(said, dict) else {})
        return reply.body.decode()

    def items(self, path: str, **query: Any) -> Iterator[Any]:
        """Every item of a list, page after page."""
        cursor = None
        while True:
            page = self.get(path, **query, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The JSON of the answer (None when it is empty). Raises ApiRefused, NotReachable."""
        reply = self.send(method, path, body, query=query, headers=headers)
        said = _json(reply.body)
        if reply.status >= 400:
            error = said.get("error") if isinstance(said, dict) else None
            raise ApiRefused(reply.status, error if isinstance(error, dict) else {})
        if reply.status >= 300 or (reply.body and said is None):
            raise NotReachable(f"{self.target.api_url} answers, but not as Touchline: {WHOSE}")
        return said

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The answer whatever its status. Raises NotReachable."""
        asked = urlencode({k: v for k, v in (query or {}).items() if v not in (None, "")})
        raw = b"" if body is None else json.dumps(body).encode()
        sent = {
            "authorization": f"Bearer {self.target.token}",
            "accept": "application/json",
            **({"content-type": "application/json"} if body is not None else {}),
            **(headers or {}),
        }
        try:
            return self._send(method, f"{path}?{asked}" if asked else path, sent, raw)
        except (OSError, http.client.HTTPException) as error:
            raise NotReachable(
                f"nothing answers at {self.target.api_url} ({type(error).__name__}):"
                " is the stack up (`make up`)? Is --api-url right?"
            ) from error

    def account(self, named: str = "") -> str:
        """The account meant: the named one, or the only one there is. Raises NotOneAccount."""
        if named:
            return named
        found = [item["id"] for item in self.items("/admin/accounts")]
        if len(found) == 1:
            return str(found[0])
        if not found:
            raise NotOneAccount("there is no account yet: declare one with `touchline apply`")
        raise NotOneAccount(f"say which account with --account: {', '.join(found)}")


def http_sender(api_url: str) -> Send:
    """Sends by HTTP to a base URL; redirects are not followed."""
    base = urlsplit(api_url)

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if base.scheme == "https":
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                base.netloc, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
            )
        else:
            connection = http.client.HTTPConnection(base.netloc, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, base.path.rstrip("/") + path, body or None, dict(headers))
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, named, answer.read())
        finally:
            connection.close()

    return send


def segment(text: str) -> str:
    """Text as one segment of a path."""
    return quote(text, safe="")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None
