"""The registry as a warm function sees it: read again after 5 s, and what was read may serve for
60 s while the table does not answer. So a revocation or change works within 60 s (SE-07), and an
outage of the table shorter than that refuses nobody (I17)."""

from collections.abc import Callable
from typing import Generic, TypeVar

from touchline.kernel.clock import HOUR_MS, SECOND_MS, Clock
from touchline.kernel.errors import StoreError, StoreUnavailable, Unauthorized
from touchline.kernel.ids import AccountId, CampaignId
from touchline.registry.model import Registry, Token
from touchline.registry.store import RegistryStore
from touchline.registry.token_store import TokenStore
from touchline.registry.tokens import hash_of, is_valid, is_well_formed

FRESH_MS = 5 * SECOND_MS
STALE_MS = 60 * SECOND_MS
MOST = 2_000
"""Entries kept of each kind; a process that meets more forgets all and starts again."""

Kept = TypeVar("Kept")


class _Kept(Generic[Kept]):
    """What was read lately, by key."""

    def __init__(self, read: Callable[[str], Kept], clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._found: dict[str, tuple[int, Kept]] = {}

    def get(self, key: str, fresh_ms: int = FRESH_MS) -> Kept:
        """Fresh from the table, or what was read at most 60 s ago. Raises StoreUnavailable."""
        now = self._clock()
        known = self._found.get(key)
        if known is not None and now - known[0] < fresh_ms:
            return known[1]
        try:
            value = self._read(key)
        except StoreUnavailable:
            if known is not None and now - known[0] < STALE_MS:
                return known[1]
            raise
        if value is None:  # unknown keys are anybody's invention: keeping them would fill memory
            self._found.pop(key, None)
            return value
        if len(self._found) >= MOST:
            self._found.clear()
        self._found[key] = (now, value)
        return value


class RegistryCache:
    """One per process."""

    def __init__(self, store: RegistryStore, tokens: TokenStore, clock: Clock) -> None:
        self._clock = clock
        self._store = tokens
        self._tokens = _Kept(tokens.by_hash, clock)
        self._registries = _Kept(lambda key: store.snapshot(AccountId(key)), clock)
        self._campaigns = _Kept(lambda key: store.account_of_campaign(CampaignId(key)), clock)
        self._sites = _Kept(store.account_of_site, clock)
        self._noted: dict[str, int] = {}

    def token(self, text: str) -> Token:
        """The valid token with this text.

        Raises Unauthorized, the same for every kind of wrong token: text without a token's shape
        costs nothing, any other one read, none a write. Raises StoreUnavailable when it cannot
        be known (never Unauthorized then: partners do not resend after a 401).
        """
        if not is_well_formed(text):
            raise Unauthorized
        token = self._tokens.get(hash_of(text))
        if token is None or not is_valid(token, self._clock()):
            raise Unauthorized
        self._note_use(token)
        return token

    def registry(self, account: AccountId) -> Registry:
        """The account's snapshot. Raises NotFound `not_found` for an unknown account."""
        return self._registries.get(account)

    def latest(self, account: AccountId) -> Registry:
        """The account's snapshot, at most a second old: for who misses something in `registry`
        that was perhaps declared just now. Raises NotFound `not_found`."""
        return self._registries.get(account, SECOND_MS)

    def campaign(self, campaign: CampaignId) -> AccountId | None:
        """Whose campaign it is, None for an unknown one."""
        return self._campaigns.get(campaign)

    def site(self, site_key: str) -> AccountId | None:
        """Whose site key it is, None for an unknown one."""
        return self._sites.get(site_key)

    def _note_use(self, token: Token) -> None:
        now = self._clock()
        if now - self._noted.get(token.id, -HOUR_MS) < HOUR_MS:
            return
        self._noted[token.id] = now
        try:
            self._store.used(token, now, every_ms=HOUR_MS)
        except StoreError:  # a note for operators: no request fails for it
            return
