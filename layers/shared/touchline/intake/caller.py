"""Who sends: the account, its mode, the partner, what the token may do."""

from touchline.kernel.errors import Forbidden
from touchline.kernel.ids import PartnerId, Realm, is_test, realm_of
from touchline.kernel.values import dataclass
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
    registry: Registry, *, partner: PartnerId | None = None, test: bool = False, site: bool = False
) -> Caller:
    """The caller for a partner of the registry (None: the account's own systems).

    Raises Forbidden `partner_switched_off` for a partner that was deleted or switched off.
    """
    found = registry.partners.get(partner) if partner else None
    if partner and (found is None or not found.active):
        raise Forbidden("partner_switched_off")
    return Caller(realm_of(registry.account.id, test=test), registry, found, site)


def former_caller(
    registry: Registry, *, partner: PartnerId | None, test: bool, site: bool
) -> Caller:
    """Who sent what was accepted before; what became of the partner since is no matter."""
    found = registry.partners.get(partner, Partner(partner)) if partner else None
    return Caller(realm_of(registry.account.id, test=test), registry, found, site)
