"""Tokens: `tl_live_` or `tl_test_`, 160 random bits, and a checksum that tells typing errors (and
most inventions) from tokens before anything is read. Only the SHA-256 of a token is ever stored:
with 160 random bits a slow hash would add nothing."""

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import replace

from touchline.kernel.clock import Clock
from touchline.kernel.errors import Refused
from touchline.kernel.ids import AccountId, NewId, PartnerId, TokenId, base32
from touchline.kernel.values import dataclass
from touchline.registry.model import Token

LIVE = "tl_live_"
TEST = "tl_test_"
SITE = "tl_site_"
SCOPES = ("ingest", "site", "report", "admin")
ANY_ACCOUNT = AccountId("*")
"""The account of an operator's token that may act on every account."""

_RANDOM_DIGITS = 32
_CHECK_DIGITS = 6
_LENGTH = len(LIVE) + _RANDOM_DIGITS + _CHECK_DIGITS

RandomBits = Callable[[int], int]


def mint(random_bits: RandomBits, *, test: bool = False) -> str:
    """A fresh token's text: `tl_live_` + 32 random digits + 6 digits of checksum."""
    return _checked((TEST if test else LIVE) + base32(random_bits(160), _RANDOM_DIGITS))


def mint_site_key(random_bits: RandomBits) -> str:
    """A fresh site key. It stands in web pages, so it is a name more than a secret."""
    return _checked(SITE + base32(random_bits(100), 20))


def is_well_formed(text: str) -> bool:
    """Whether the text can be a token at all: prefix, length, checksum."""
    return (
        len(text) == _LENGTH
        and text.startswith((LIVE, TEST))
        and text.isascii()
        and _checked(text[:-_CHECK_DIGITS]) == text
    )


def hash_of(text: str) -> str:
    """What is stored of a token: 64 hex digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Draft:
    """What a token is to be. Account `*` is every account (an operator's)."""

    account: AccountId
    name: str
    scopes: tuple[str, ...]
    test: bool = False
    partner: PartnerId | None = None
    expires_at: int | None = None


def issue(
    draft: Draft, *, clock: Clock, new_id: NewId, random_bits: RandomBits
) -> tuple[Token, str]:
    """A fresh token and its text, which nobody can tell again.

    Raises Refused `bad_scope` for a scope that does not exist, or none, and for a partner's token
    that would have the rights of an operator.
    """
    if not draft.scopes or not set(draft.scopes) <= set(SCOPES):
        raise Refused("bad_scope", f"scopes are {', '.join(SCOPES)}", field="scopes")
    if draft.partner is not None and "admin" in draft.scopes:
        raise Refused("bad_scope", "a partner's token never has admin", field="scopes")
    text = mint(random_bits, test=draft.test)
    token = Token(
        id=TokenId(new_id("tok")),
        account=draft.account,
        name=draft.name,
        hash=hash_of(text),
        scopes=tuple(dict.fromkeys(draft.scopes)),
        test=draft.test,
        partner=draft.partner,
        created_at=clock(),
        expires_at=draft.expires_at,
    )
    return token, text


def is_valid(token: Token, at: int) -> bool:
    """Whether the token may be used at this instant; at `expires_at` itself it may not."""
    ended = token.expires_at is not None and at >= token.expires_at
    return not ended and (token.revoked_at is None or at < token.revoked_at)


def revoked(token: Token, at: int) -> Token:
    """The token, over from `at` on (earlier if it was already)."""
    ends = at if token.revoked_at is None else min(at, token.revoked_at)
    return replace(token, revoked_at=ends)


def _checked(body: str) -> str:
    return body + base32(zlib.crc32(body.encode()) & 0x3FFF_FFFF, _CHECK_DIGITS)
