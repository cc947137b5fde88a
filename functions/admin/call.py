"""What an admin route is given: the request, who asks, and the services that it may use."""

import difflib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from touchline.kernel.clock import Clock
from touchline.kernel.errors import Forbidden, Refused
from touchline.kernel.ids import AccountId, NewId, Realm, realm_of
from touchline.platform.dynamo import Table
from touchline.platform.http_api import Request, Response
from touchline.platform.queue import KeptQueue, Queue
from touchline.platform.sealing import Seals
from touchline.platform.settings import Admin
from touchline.platform.watch import Gauge, Watch
from touchline.registry.cache import RegistryCache
from touchline.registry.callers import admitted
from touchline.registry.declare import Registrar
from touchline.registry.model import Token
from touchline.registry.spend_store import SpendStore
from touchline.registry.store import RegistryStore
from touchline.registry.token_store import TokenStore
from touchline.registry.tokens import ANY_ACCOUNT, RandomBits

MAX_BODY_BYTES = 256 * 1024
ANY_VERSION = "*"
"""What `If-Match` says for "whatever is there now" (RFC 9110, 13.1.1)."""


@dataclass(frozen=True, slots=True)
class Services:
    """What the admin function is wired to."""

    settings: Admin
    ledger: Table
    results: Table
    deliveries: Table
    delivery_queue: Queue
    queues: Mapping[str, KeptQueue]
    watch: Watch
    ages: Mapping[str, Gauge]
    registry: RegistryStore
    spend: SpendStore
    tokens: TokenStore
    cache: RegistryCache
    registrar: Registrar
    seals: Seals
    clock: Clock
    new_id: NewId
    random_bits: RandomBits


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted request. `parameters` are the decoded segments of the path."""

    request: Request
    parameters: dict[str, str]
    token: Token
    services: Services

    @property
    def who(self) -> str:
        """The author of a change, for the audit trail."""
        return f"{self.token.id} ({self.token.name})"

    @property
    def account(self) -> AccountId:
        """The account meant: the token's own, or `?account=` with an operator's token.

        Raises Forbidden, Refused `account_needed`.
        """
        return admitted(self.token, "admin", self.request.first("account"))

    @property
    def realm(self) -> Realm:
        """The realm meant: the test side with a test token or `?test=1`."""
        return realm_of(self.account, test=self.token.test or self.request.first("test") == "1")

    @property
    def is_operator(self) -> bool:
        """Whether the token acts on every account."""
        return self.token.account == ANY_ACCOUNT

    def account_named(self, account: str) -> AccountId:
        """The account of the path, if the token may act on it. Raises Forbidden."""
        return admitted(self.token, "admin", account)

    def operator_only(self) -> None:
        """Raises Forbidden unless the token acts on every account."""
        if not (self.is_operator and "admin" in self.token.scopes):
            raise Forbidden("forbidden_account", "this needs an operator's token")

    def body(self, known: Collection[str] | None = None) -> dict[str, Any]:
        """The JSON object of the body, {} for none; `known` are the fields that it may have (None:
        whoever reads it will say). Raises Refused `bad_body`, `body_too_large`, `unknown_field`.
        """
        raw = self.request.body
        if len(raw) > MAX_BODY_BYTES:
            raise Refused("body_too_large")
        try:
            said = orjson.loads(raw or b"{}")
        except orjson.JSONDecodeError as error:
            raise Refused("bad_body", str(error)) from error
        if not isinstance(said, dict):
            raise Refused("bad_body", "not a JSON object")
        if known is not None:
            _check_known(said, known)
        return said

    def version(self, said: Any = None) -> int | None:
        """The version that the caller read: `If-Match: "3"`, `?version=3` or the body's; None when
        it names none, or `*`. Raises Refused `bad_field`.
        """
        found = self._stated_version(said)
        if found in {"", ANY_VERSION}:
            return None
        if not (found.isascii() and found.isdigit() and len(found) < 16):
            raise Refused("bad_field", "version: a whole number", field="version")
        return int(found)

    def needed_version(self, said: Any = None) -> int | None:
        """The same, where a caller who saw no version could undo what another did.

        Raises Refused `version_needed`, `bad_field`.
        """
        if not self._stated_version(said):
            raise Refused("version_needed", field="version")
        return self.version(said)

    def _stated_version(self, said: Any) -> str:
        stated = self.request.header("if-match").strip('"W/ ') or self.request.first("version")
        return stated or ("" if said is None else str(said))


def _check_known(said: Collection[str], known: Collection[str]) -> None:
    for name in sorted(set(said) - set(known)):
        near = difflib.get_close_matches(name, known, 1)
        allowed = f"known are {', '.join(sorted(known))}" if known else "no field is known here"
        hint = f"did you mean `{near[0]}`?" if near else allowed
        raise Refused("unknown_field", f"{name[:64]}: {hint}", field=name[:64])


Handler = Callable[[Call], Response]
