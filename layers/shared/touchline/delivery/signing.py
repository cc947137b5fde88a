"""Standard Webhooks signatures (standardwebhooks.com): `v1` HMAC-SHA256 and `v1a` ed25519.

Signed are the bytes `{id}.{timestamp}.{body}`. Every secret valid at the instant signs, so a
receiver verifies with the old or the new one while they are exchanged.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from touchline.kernel.clock import HOUR_MS
from touchline.registry.model import Secret

HMAC_PREFIX = "whsec_"
ED25519_PREFIX = "whsk_"
PUBLIC_PREFIX = "whpk_"
OVERLAP_MS = 24 * HOUR_MS
"""How long the old secret goes on signing beside the new one."""
MAX_OLD = 10
TOLERANCE_SECONDS = 300


class BadSecret(ValueError):
    """A secret is not `whsec_` or `whsk_` with base64 of the right length."""


def new_secret(random_bytes: Callable[[int], bytes], *, ed25519: bool = False) -> str:
    """A fresh secret: `whsec_` with 32 random bytes, or `whsk_` with an ed25519 seed."""
    prefix = ED25519_PREFIX if ed25519 else HMAC_PREFIX
    return prefix + base64.b64encode(random_bytes(32)).decode("ascii")


def rotated(secrets: Sequence[Secret], value: str, now: int) -> tuple[Secret, ...]:
    """The secrets with a new one first; those still open end in 24 hours; at most 10 old stay."""
    old = [
        Secret(known.value, known.from_at, _earlier(known.until_at, now + OVERLAP_MS))
        for known in secrets
        if known.until_at is None or known.until_at > now
    ]
    return (Secret(value, now), *old[:MAX_OLD])


def valid(secrets: Sequence[Secret], now: int) -> tuple[Secret, ...]:
    """The secrets valid in `[from_at, until_at)`."""
    return tuple(
        known
        for known in secrets
        if known.from_at <= now and (known.until_at is None or now < known.until_at)
    )


def signed_headers(
    message_id: str, body: bytes, secrets: Sequence[Secret], now: int
) -> Mapping[str, str]:
    """`webhook-id`, `webhook-timestamp` (seconds) and, when a secret is valid, `webhook-signature`.

    Raises BadSecret.
    """
    seconds = now // 1000
    headers = {"webhook-id": message_id, "webhook-timestamp": str(seconds)}
    signatures = [sign(known.value, message_id, seconds, body) for known in valid(secrets, now)]
    if signatures:
        headers["webhook-signature"] = " ".join(signatures)
    return headers


def sign(secret: str, message_id: str, seconds: int, body: bytes) -> str:
    """`v1,<base64>` or `v1a,<base64>` over the bytes to send. Raises BadSecret."""
    content = _content(message_id, seconds, body)
    key = _key(secret)
    if secret.startswith(ED25519_PREFIX):
        made = Ed25519PrivateKey.from_private_bytes(key[:32]).sign(content)
        return f"v1a,{base64.b64encode(made).decode('ascii')}"
    made = hmac.new(key, content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(made).decode('ascii')}"


def public_key(secret: str) -> str:
    """The `whpk_…` that verifies what a `whsk_…` signs; "" for an HMAC secret. Raises BadSecret."""
    if not secret.startswith(ED25519_PREFIX):
        return ""
    private = Ed25519PrivateKey.from_private_bytes(_key(secret)[:32])
    return PUBLIC_PREFIX + base64.b64encode(private.public_key().public_bytes_raw()).decode("ascii")


def verifies(key: str, headers: Mapping[str, str], body: bytes, now: int) -> bool:
    """Whether one of the signatures is the key's and the timestamp is within five minutes.

    `key` is `whsec_…`, `whsk_…` or `whpk_…`; header names are lower case. Raises BadSecret.
    """
    stamp = headers.get("webhook-timestamp", "")
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        return False
    if abs(now // 1000 - int(stamp)) > TOLERANCE_SECONDS:
        return False
    message_id = headers.get("webhook-id", "")
    given = headers.get("webhook-signature", "").split(" ")
    if key.startswith(PUBLIC_PREFIX):
        return any(_public_verifies(key, one, message_id, int(stamp), body) for one in given)
    expected = sign(key, message_id, int(stamp), body).encode("ascii")
    return any(hmac.compare_digest(expected, one.encode("utf-8", "replace")) for one in given)


def _public_verifies(key: str, signature: str, message_id: str, seconds: int, body: bytes) -> bool:
    version, _, encoded = signature.partition(",")
    if version != "v1a":
        return False
    public = Ed25519PublicKey.from_public_bytes(_decoded(key.removeprefix(PUBLIC_PREFIX)))
    try:
        public.verify(base64.b64decode(encoded), _content(message_id, seconds, body))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _content(message_id: str, seconds: int, body: bytes) -> bytes:
    return f"{message_id}.{seconds}.".encode() + body


def _key(secret: str) -> bytes:
    for prefix, lengths in ((HMAC_PREFIX, range(24, 65)), (ED25519_PREFIX, (32, 64))):
        if secret.startswith(prefix):
            key = _decoded(secret.removeprefix(prefix))
            if len(key) not in lengths:
                raise BadSecret(f"{prefix} with a key of {len(key)} bytes")
            return key
    raise BadSecret(f"a secret starts with {HMAC_PREFIX} or {ED25519_PREFIX}")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSecret("not base64") from error


def _earlier(one: int | None, other: int) -> int:
    return other if one is None else min(one, other)
