"""HMAC signatures of clicks and postbacks, carried in the URL.

The sender appends to the query either `tl_ts` (seconds since 1970, within 300 s of our clock) or
`tl_exp` (good until that second, at most 7 days ahead), optionally `tl_key` (the key's ID), and

    tl_sig = hex(HMAC-SHA256(secret, METHOD \\n path?query \\n hex(SHA-256(body))))

where `query` is the query exactly as sent, without the pair `tl_sig`. A signature works once
(`Seen`): the caller asks before it acts and remembers after it has stored.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from touchline.kernel.clock import DAY_MS, SECOND_MS
from touchline.kernel.errors import StoreRefused
from touchline.kernel.ids import PartnerId, Realm
from touchline.kernel.values import dataclass
from touchline.registry.model import Partner, Signing, SigningKey

TOLERANCE_MS = 300 * SECOND_MS
"""Both ways, as the Standard Webhooks library has it (stripe-python misses the future side)."""
LONGEST_MS = 7 * DAY_MS
"""How far ahead `tl_exp` may lie; used signatures are remembered for as long."""

SIGNATURE, TIMESTAMP, EXPIRY, KEY = "tl_sig", "tl_ts", "tl_exp", "tl_key"
PARAMETERS = frozenset({SIGNATURE, TIMESTAMP, EXPIRY, KEY})
"""The names above: no dialect uses them, and they are no part of a conversion."""

Open = Callable[[str], str]
"""Opens a key's sealed secret. Raises StoreRefused when it cannot be, StoreUnavailable."""

_HEX = re.compile(r"[0-9a-f]{64}")
_SECONDS = re.compile(r"[0-9]{9,11}")


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature covers: the request as it came."""

    method: str
    path: str
    raw_query: str
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`refusal` is a reason code, "" when the signature holds; `signature` names it once parsed.

    `good_until` (ms) is when it stops holding by itself, so when it may be forgotten.
    """

    refusal: str = ""
    signature: str = ""
    good_until: int = 0


UNSIGNED = Verdict("signature_missing")


class Seen(Protocol):
    """Remembers signatures that were used."""

    def was_used(self, realm: Realm, partner: PartnerId, signature: str) -> bool:
        """Whether the signature was used before."""

    def remember_use(
        self, realm: Realm, partner: PartnerId, signature: str, good_until: int, *, by: str
    ) -> bool:
        """Remember until `good_until` or longer that it was used; False when another did before.

        `by` names who uses it, so that a try whose answer was lost knows itself again.
        """


def sign(request: Signed, key: SigningKey) -> str:
    """The signature, 64 hex digits, of a request whose query has no `tl_sig` yet."""
    unsigned = [pair for pair in request.raw_query.split("&") if not _is(pair, SIGNATURE)]
    message = "\n".join(
        (
            request.method.upper(),
            f"{request.path}?{'&'.join(unsigned)}",
            hashlib.sha256(request.body).hexdigest(),
        )
    )
    secret = key.secret.encode("utf-8", "surrogatepass")
    return hmac.new(secret, message.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def judge(
    signing: Signing, partner: Partner, request: Signed, now: int, open_secret: Open
) -> Verdict | None:
    """What the partner's rule says about a request; None when it asks for no signature.

    Anything but a declared mode is judged like ENFORCE, and a partner without a valid key refuses
    everything: a mistake in the set-up never opens the door. Raises StoreUnavailable.
    """
    if signing == Signing.OFF:
        return None
    return verify(partner.signing_keys, request, now, open_secret)


def verify(keys: Iterable[SigningKey], request: Signed, now: int, open_secret: Open) -> Verdict:
    """Judge a request at `now` (ms) by the keys that are valid then.

    Raises StoreUnavailable when it cannot be known, and nothing for any content of a request.
    """
    given = _values(request.raw_query, SIGNATURE)
    if not given:
        return UNSIGNED
    deadline = _times(request.raw_query)
    named = _values(request.raw_query, KEY)
    if len(given) != 1 or not _HEX.fullmatch(given[0]) or deadline is None or len(named) > 1:
        return Verdict("signature_malformed")
    valid = [key for key in keys if _is_valid(key, now) and (not named or key.id == named[0])]
    offered = given[0].encode()
    opened = [key for one in valid if (key := _opened(one, open_secret)) is not None]
    matches = [hmac.compare_digest(sign(request, key).encode(), offered) for key in opened]
    if not any(matches):
        return Verdict("bad_signature")
    return Verdict(deadline.refusal(now), given[0], deadline.until)


@dataclass(frozen=True, slots=True)
class _Deadline:
    since: int
    until: int
    late: str

    def refusal(self, now: int) -> str:
        if now > self.until:
            return self.late
        return "signature_early" if now < self.since else ""


def _times(raw_query: str) -> _Deadline | None:
    """When the signature holds (ms), from exactly one of `tl_ts` and `tl_exp`; digits only."""
    stamps, expiries = _values(raw_query, TIMESTAMP), _values(raw_query, EXPIRY)
    both = [*stamps, *expiries]
    if len(both) != 1 or not both[0].isascii() or not _SECONDS.fullmatch(both[0]):
        return None
    at = int(both[0]) * SECOND_MS
    if stamps:
        return _Deadline(at - TOLERANCE_MS, at + TOLERANCE_MS, "signature_stale")
    return _Deadline(at - LONGEST_MS, at, "signature_expired")


def _values(raw_query: str, name: str) -> list[str]:
    return [pair[len(name) + 1 :] for pair in raw_query.split("&") if _is(pair, name)]


def _is(pair: str, name: str) -> bool:
    return pair == name or pair.startswith(f"{name}=")


def _opened(key: SigningKey, open_secret: Open) -> SigningKey | None:
    """The key with its secret as text; None for one that does not open, so that it fits nothing."""
    try:
        return replace(key, secret=open_secret(key.secret))
    except StoreRefused:
        return None


def _is_valid(key: SigningKey, now: int) -> bool:
    """Valid in `[from_at, until_at)`; a key without a secret never is."""
    return bool(key.secret) and key.from_at <= now and (key.until_at is None or now < key.until_at)
