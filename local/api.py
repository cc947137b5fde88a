"""A small client of the HTTP API, for the demo and the tests that run against a deployed stack."""

import http.client
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT_SECONDS = 60
PATIENCE = 15
"""Tries of a call that is answered 503."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body read as JSON; numbers with a point stay exact enough for tests (float)."""
        return json.loads(self.body)

    @property
    def outcome(self) -> str:
        """`stored`, `duplicate`, …"""
        return self.headers.get("x-touchline-outcome", "")

    @property
    def receipt(self) -> str:
        """`rcp_…`."""
        return self.headers.get("x-touchline-receipt", "")


@dataclass(frozen=True, slots=True)
class Api:
    """A base URL and the credentials that go with every call."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def with_token(self, token: str, *, scheme: str = "ApiKey") -> "Api":
        """The same API, called with a token."""
        return Api(self.url, {**self.headers, "authorization": f"{scheme} {token}"})

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Answer:
        """GET it; redirects are not followed."""
        return self.send("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, content: Any) -> Answer:
        """POST a value as JSON."""
        body = json.dumps(content).encode()
        return self.send("POST", path, body, {"content-type": "application/json"})

    def send(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send just these bytes; on 503 again after Retry-After, as senders should: a machine that
        is busy with something else makes the tables slow. Raises OSError when nothing answers."""
        for _ in range(PATIENCE):
            answer = self._send(method, path, body, headers)
            if answer.status != 503:
                break
            threading.Event().wait(float(answer.headers.get("retry-after", 1)))
        return answer

    def _send(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None
    ) -> Answer:
        base = urlsplit(self.url)
        connection = http.client.HTTPConnection(base.netloc, timeout=TIMEOUT_SECONDS)
        try:
            sent = {**self.headers, **(headers or {})}
            connection.request(method, base.path + path, body or None, sent)
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, named, answer.read())
        finally:
            connection.close()
