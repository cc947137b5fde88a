"""Names of things. Each is a string with a type of its own, so that none is taken for another."""

import secrets
import string
from collections.abc import Callable
from typing import NewType

AccountId = NewType("AccountId", str)
Realm = NewType("Realm", str)
"""Where rows live: the account itself, or its test side (`shop`, `shop~test`)."""

PartnerId = NewType("PartnerId", str)
CampaignId = NewType("CampaignId", str)
EndpointId = NewType("EndpointId", str)
TokenId = NewType("TokenId", str)
EventName = NewType("EventName", str)
ConversionId = NewType("ConversionId", str)
"""The sender's transaction ID; unique within one event of one account."""
TouchId = NewType("TouchId", str)
ClickId = NewType("ClickId", str)
Receipt = NewType("Receipt", str)
"""`rcp_…`: names one received request in answers, logs and stored rows."""

NewId = Callable[[str], str]
"""Makes a fresh ID with the given prefix. Taken as an argument everywhere."""

TEST_SUFFIX = "~test"
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def realm_of(account: AccountId, *, test: bool = False) -> Realm:
    """The realm of an account: `realm_of("shop", test=True) == "shop~test"`."""
    return Realm(account + TEST_SUFFIX if test else account)


def account_of(realm: Realm) -> AccountId:
    """The account that a realm belongs to."""
    return AccountId(realm.removesuffix(TEST_SUFFIX))


def is_test(realm: Realm) -> bool:
    """Whether the realm is an account's test side."""
    return realm.endswith(TEST_SUFFIX)


def base32(number: int, digits: int) -> str:
    """Crockford base 32, lower case, padded with zeros to `digits`; sorts like the number."""
    out = []
    for _ in range(digits):
        number, low = divmod(number, 32)
        out.append(_CROCKFORD[low])
    return "".join(reversed(out))


def id_factory(
    clock: Callable[[], int], random_bits: Callable[[int], int] = secrets.randbits
) -> NewId:
    """IDs that sort by time: prefix, 10 digits of milliseconds, 16 random digits (80 bits)."""

    def new_id(prefix: str) -> str:
        return f"{prefix}_{base32(clock(), 10)}{base32(random_bits(80), 16)}"

    return new_id


def born_at(made: str) -> int:
    """The instant inside an ID of `id_factory`. Raises ValueError for anything else."""
    digits = made.partition("_")[2][:10]
    if len(digits) < 10:
        raise ValueError("not an ID with a time in it")
    at = 0
    for digit in digits:
        at = at * 32 + _CROCKFORD.index(digit)
    return at


SLUG = frozenset(string.ascii_lowercase + string.digits + "-_.")


def is_slug(text: str) -> bool:
    """Whether the text can name a thing of the registry: 1 to 64 of a-z, 0-9, `-`, `_`, `.`."""
    return 1 <= len(text) <= 64 and SLUG.issuperset(text) and text[0] not in "-_."
