"""Identities: `domain:value`, one string per way of knowing a person (or a browser, or a click).

Emails and phones are hashed on arrival. Google and Meta normalise emails differently, so an email
makes two identities and matches data hashed by either rule.
"""

import hashlib
import re
from typing import NewType

from touchline.kernel.errors import Refused

Identity = NewType("Identity", str)
"""`salesforce:72349876`, `visitor:…`, `click:…`, `email_google:<sha256>`, `phone:<sha256>`."""

VISITOR = "visitor"
CLICK = "click"
EMAIL_GOOGLE = "email_google"
EMAIL_META = "email_meta"
PHONE = "phone"
RESERVED_DOMAINS = frozenset({VISITOR, CLICK, EMAIL_GOOGLE, EMAIL_META, PHONE})

BLOCKED_VALUES = frozenset(
    {
        *("", "null", "none", "nil", "undefined", "unknown", "unset", "n/a", "na", "nan"),
        *("0", "-1", "--", "true", "false", "guest", "anonymous", "test", "[object object]"),
        *("not set", "(not set)", "{user_id}", "{{user_id}}"),
        "00000000-0000-0000-0000-000000000000",
    }
)
"""What broken senders put where an ID belongs; merging on one would join strangers."""

_DOMAIN = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_GMAIL_HOSTS = frozenset({"gmail.com", "googlemail.com"})
_MAX_VALUE = 256


def identity(domain: str, value: str) -> Identity:
    """The identity of a value in a domain.

    Raises Refused `bad_identity` for a domain that is no slug or a value that is empty, too long
    or not printable, and `blocked_identity` for a placeholder such as `null`.
    """
    domain = domain.strip().lower()
    value = value.strip()
    if not _DOMAIN.fullmatch(domain):
        raise Refused("bad_identity", "the domain is 1 to 40 of a-z, 0-9, _ . -", field=domain[:40])
    if value.lower() in BLOCKED_VALUES:
        raise Refused("blocked_identity", f"a placeholder, not an ID, in domain {domain}")
    if len(value.encode("utf-8", "replace")) > _MAX_VALUE or not value.isprintable():
        raise Refused("bad_identity", f"the value is too long or not printable, in {domain}")
    return Identity(f"{domain}:{value}")


def parse(text: str) -> Identity:
    """Read `domain:value`. Raises Refused like `identity`."""
    domain, colon, value = text.partition(":")
    if not colon:
        raise Refused("bad_identity", "an identity is written domain:value")
    return identity(domain, value)


def domain_of(known: Identity) -> str:
    """`domain_of("crm:7") == "crm"`."""
    return known.partition(":")[0]


def of_email(text: str) -> tuple[Identity, ...]:
    """The identities of an email address, plain or already hashed (64 hex digits: both rules).

    Raises Refused `bad_email`.
    """
    text = text.strip().lower()
    if _SHA256.fullmatch(text):
        return (Identity(f"{EMAIL_GOOGLE}:{text}"), Identity(f"{EMAIL_META}:{text}"))
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise Refused("bad_email", "not an email address", field="email")
    return (
        Identity(f"{EMAIL_GOOGLE}:{_sha256(_for_google(text))}"),
        Identity(f"{EMAIL_META}:{_sha256(text)}"),
    )


def of_phone(text: str) -> tuple[Identity, ...]:
    """The identities of a phone number with its country code, plain or already hashed.

    Two again: Meta hashes the digits alone, Google hashes E.164 with its plus sign. A hash made
    by a sender is taken as it is. Raises Refused `bad_phone`.
    """
    text = text.strip().lower()
    if _SHA256.fullmatch(text):
        return (Identity(f"{PHONE}:{text}"),)
    digits = re.sub(r"[\s().+/-]", "", text).lstrip("0")
    if not digits.isascii() or not digits.isdigit() or not 7 <= len(digits) <= 15:
        raise Refused("bad_phone", "7 to 15 digits with the country code", field="phone")
    plain = Identity(f"{PHONE}:{_sha256(digits)}")
    with_plus = Identity(f"{PHONE}:{_sha256('+' + digits)}")
    return (plain, with_plus)


def _for_google(email: str) -> str:
    """Google's rule: at gmail.com and googlemail.com, dots and what follows a plus do not count."""
    name, _, host = email.rpartition("@")
    if host in _GMAIL_HOSTS:
        name = name.partition("+")[0].replace(".", "")
    return f"{name}@{host}"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
