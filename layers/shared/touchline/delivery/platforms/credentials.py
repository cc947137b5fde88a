"""Access tokens of ad platforms by OAuth 2.0 (RFC 6749 §6): the refresh token is exchanged through
the same guarded sender, and the access token kept until shortly before it ends."""

import json
from urllib.parse import urlencode

from touchline.delivery.guard import url_problem
from touchline.delivery.platforms.model import CREDENTIALS
from touchline.delivery.registries import Sender
from touchline.delivery.verdict import Answer, NoAnswer, Outgoing
from touchline.kernel.clock import MINUTE_MS, Clock
from touchline.registry.model import Endpoint

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, not a token
DEADLINE_SECONDS = 5.0
EARLY_MS = 2 * MINUTE_MS


class AccessTokens:
    """Access tokens by refresh token, for as long as this process lives."""

    def __init__(self, sender: Sender, clock: Clock, *, loopback: bool = False) -> None:
        self._sender = sender
        self._clock = clock
        self._loopback = loopback
        self._known: dict[str, tuple[str, int]] = {}

    async def token(self, endpoint: Endpoint) -> str | NoAnswer:
        """A token for an opened endpoint, or why there is none (never the receiver's fault)."""
        options = endpoint.options
        key = options.get("refresh_token", "")
        known = self._known.get(key)
        if known is not None and self._clock() < known[1]:
            return known[0]
        url = options.get("token_url", TOKEN_URL)
        if url_problem(
            url, allow_http=endpoint.allow_http, ports=endpoint.ports, loopback=self._loopback
        ):
            return NoAnswer("blocked_address")
        form = {
            "grant_type": "refresh_token",
            "client_id": options.get("client_id", ""),
            "client_secret": options.get("client_secret", ""),
            "refresh_token": key,
        }
        headers = {"content-type": "application/x-www-form-urlencoded"}
        request = Outgoing("POST", url, headers, urlencode(form).encode())
        result = await self._sender.send(request, DEADLINE_SECONDS)
        return self._kept(key, result)

    def _kept(self, key: str, result: Answer | NoAnswer) -> str | NoAnswer:
        if isinstance(result, NoAnswer):
            blocked = result.reason == "blocked_address"
            return NoAnswer(result.reason if blocked else CREDENTIALS, result.duration_ms)
        try:
            said = json.loads(result.body)
            token, seconds = str(said["access_token"]), int(said.get("expires_in", 300))
        except (ValueError, KeyError, TypeError):
            return NoAnswer(CREDENTIALS, result.duration_ms, result.status)
        if result.status != 200:
            return NoAnswer(CREDENTIALS, result.duration_ms, result.status)
        self._known[key] = (token, self._clock() + seconds * 1000 - EARLY_MS)
        return token
