"""Who sends: the account, its mode, the partner, what the token may do."""

from dataclasses import dataclass

from touchline.kernel.errors import Forbidden
from touchline.kernel.ids import AccountId, Realm, is_test, realm_of
from touchline.registry.model import Account, Partner, Registry


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated sender. `site` is True for what runs in browsers and is no secret."""

    realm: Realm
    registry: Registry
    partner: Partner | None = None
    site: bool = False

    @property
    def account(self) -> Account:
        """The account that the caller sends to."""
        return self.registry.account

    @property
    def test(self) -> bool:
        """Whether what the caller sends stays apart from live data."""
        return is_test(self.realm)

    @property
    def scope(self) -> str:
        """The scope of conversion keys: the partner's ID, "" for the account's own systems."""
        return self.partner.id if self.partner else ""

    def must_be(self, account: str) -> None:
        """Raise Forbidden unless the account that a request names is the caller's."""
        if account != self.account.id:
            raise Forbidden("forbidden_account")


def caller_of(
    registry: Registry, *, partner: str | None = None, test: bool = False, site: bool = False
) -> Caller:
    """The caller for a partner of the registry (None: the account's own systems).

    Raises Forbidden `partner_inactive` for a partner that was deleted or switched off.
    """
    realm = realm_of(AccountId(registry.account.id), test=test)
    if partner is None:
        return Caller(realm, registry, None, site)
    found = next((known for known in registry.partners.values() if known.id == partner), None)
    if found is None or not found.active:
        raise Forbidden("partner_inactive")
    return Caller(realm, registry, found, site)
