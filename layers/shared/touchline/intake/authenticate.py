"""From credentials to a caller. Unknown, wrong, expired and revoked tokens look the same (401)."""

from typing import Protocol

from touchline.intake.caller import Caller, caller_of
from touchline.kernel.errors import Forbidden, Unauthorized
from touchline.kernel.ids import AccountId, CampaignId
from touchline.registry.model import Partner, Registry, Token
from touchline.registry.tokens import ANY_ACCOUNT

INGEST = "ingest"
SITE = "site"


class Registrar(Protocol):
    """Answers from what was declared, at most 60 s old."""

    def token(self, text: str) -> Token:
        """The valid token. Raises Unauthorized, or StoreUnavailable when it cannot be known."""

    def registry(self, account: AccountId) -> Registry:
        """Everything declared for an account."""

    def latest(self, account: AccountId) -> Registry:
        """The same, read just now."""

    def site(self, site_key: str) -> AccountId | None:
        """The account of a site key."""

    def campaign(self, campaign: CampaignId) -> AccountId | None:
        """The account of a campaign."""


def by_token(registrar: Registrar, text: str, allowed: tuple[str, ...], source_ip: str) -> Caller:
    """The caller who bears a token with one of the allowed scopes.

    Raises Unauthorized, Forbidden (`forbidden_scope`, `ip_not_allowed`, `partner_switched_off`) or
    StoreUnavailable.
    """
    if not text:
        raise Unauthorized
    token = registrar.token(text)
    if not set(allowed) & set(token.scopes):
        raise Forbidden("forbidden_scope")
    if token.account == ANY_ACCOUNT:
        raise Forbidden("forbidden_account", "an operator's token sends nothing itself")
    registry = registrar.registry(token.account)
    caller = caller_of(
        registry, partner=token.partner, test=token.test, site=INGEST not in token.scopes
    )
    if caller.partner:
        _check_address(caller.partner, source_ip)
    return caller


LONGEST_SITE_KEY = 64
"""Characters: ours have 34, and what is longer may be too long for any key of the table."""


def by_site_key(registrar: Registrar, site_key: str) -> Caller:
    """The caller who bears a site's public key; it may record visits and identify visitors."""
    account = registrar.site(site_key) if 0 < len(site_key) <= LONGEST_SITE_KEY else None
    if account is None:
        raise Unauthorized
    return caller_of(registrar.registry(account), site=True)


def _check_address(partner: Partner, source_ip: str) -> None:
    if partner.ip_allow and not is_allowed(source_ip, partner.ip_allow):
        raise Forbidden("ip_not_allowed")


def is_allowed(source_ip: str, allowed: tuple[str, ...]) -> bool:
    """Whether an address lies in one of the networks; what cannot be read allows nothing."""
    from ipaddress import ip_address, ip_network  # noqa: PLC0415 - most partners have no list

    try:
        address = ip_address(source_ip)
    except ValueError:
        return False
    plain = getattr(address, "ipv4_mapped", None) or address
    for network in allowed:
        try:
            if plain in ip_network(network, strict=False):
                return True
        except ValueError:
            continue
    return False
