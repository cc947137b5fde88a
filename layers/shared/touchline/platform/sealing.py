"""Secrets at rest: AES-256-GCM under keys that lie in SSM Parameter Store, never in a variable.

A sealed text is `sealed:v1:<16 digits of the text's SHA-256>:<base64 of nonce and ciphertext>`;
the digits name the secret to operators without telling it.

The parameter holds one key or several, parted by blanks: the first seals, every one opens. So a
key is rotated by putting a new one in front, and nothing is deployed for it.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from touchline.kernel.clock import MINUTE_MS, Clock
from touchline.kernel.errors import StoreRefused, StoreUnavailable
from touchline.platform.wire.client import Fault, Unreachable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PREFIX = "sealed:v1:"
NONCE_BYTES = 12
KEY_BYTES = 32
KEPT_MS = MINUTE_MS
"""How old the known keys may be when one seals, or when none of them opens a text."""

RandomBytes = Callable[[int], bytes]
FetchKeys = Callable[[], tuple[bytes, ...]]
"""The keys, the newest first. Raises StoreUnavailable."""

SsmCall = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""Calls an operation of Parameter Store. Raises Fault, Unreachable."""


class Seals:
    """Seals and opens texts. The keys are fetched when first needed."""

    def __init__(self, fetch_keys: FetchKeys, random_bytes: RandomBytes, clock: Clock) -> None:
        self._fetch_keys = fetch_keys
        self._random_bytes = random_bytes
        self._clock = clock
        self._ciphers: tuple[AESGCM, ...] = ()
        self._fetched_at = 0

    def seal(self, text: str) -> str:
        """The sealed text; a sealed one and the empty one stay as they are."""
        if not text or text.startswith(PREFIX):
            return text
        if self._is_old():
            self._fetch()
        nonce = self._random_bytes(NONCE_BYTES)
        named = f"{PREFIX}{hashlib.sha256(text.encode()).hexdigest()[:16]}:"
        sealed = self._ciphers[0].encrypt(nonce, text.encode(), named.encode())
        return named + base64.b64encode(nonce + sealed).decode("ascii")

    def open(self, text: str) -> str:
        """The text that was sealed ("" is none). Raises StoreRefused for what is not sealed, or by
        another key, and StoreUnavailable."""
        if not text:
            return text
        if not text.startswith(PREFIX):
            raise StoreRefused("a secret is not sealed")
        opened = self._opened(text)
        if opened is None and self._is_old():
            self._fetch()
            opened = self._opened(text)
        if opened is None:
            raise StoreRefused("a sealed secret does not open with the stack's keys")
        return opened

    def _opened(self, text: str) -> str | None:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - slow, see _fetch

        named, colon, sealed = text.rpartition(":")
        bound = f"{named}{colon}".encode()
        for cipher in self._ciphers:
            try:
                raw = base64.b64decode(sealed, validate=True)
                return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound).decode()
            except (InvalidTag, binascii.Error, ValueError):
                continue
        return None

    def _is_old(self) -> bool:
        return not self._ciphers or self._clock() - self._fetched_at >= KEPT_MS

    def _fetch(self) -> None:
        # a tenth of intake's import, and most of intake never needs it
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        try:
            keys = self._fetch_keys()
        except StoreUnavailable:
            if not self._ciphers:
                raise
            return  # those that are known go on
        self._ciphers = tuple(AESGCM(key) for key in keys)
        self._fetched_at = self._clock()


class SsmKeys:
    """The keys in Parameter Store; the first is made there when `create` is given.

    `kms_key` is the customer's own key that a made parameter is encrypted with, "" for AWS's.
    """

    def __init__(
        self, call: SsmCall, name: str, create: RandomBytes | None = None, kms_key: str = ""
    ) -> None:
        self._call = call
        self._name = name
        self._create = create
        self._kms_key = kms_key

    def __call__(self) -> tuple[bytes, ...]:
        """The keys of 32 bytes, the newest first. Raises StoreUnavailable."""
        try:
            try:
                return self._read()
            except Fault as fault:
                if fault.kind != "ParameterNotFound":
                    raise
                if self._create is None:
                    raise StoreUnavailable("there is no sealing key yet") from fault
            self._make(self._create)
            return self._read()
        except (Fault, Unreachable, ValueError) as error:
            raise StoreUnavailable(f"the sealing key: {type(error).__name__}") from error

    def _read(self) -> tuple[bytes, ...]:
        answer = self._call("GetParameter", {"Name": self._name, "WithDecryption": True})
        texts = str(answer["Parameter"]["Value"]).split()
        return tuple(base64.b64decode(text, validate=True) for text in texts)

    def _make(self, random_bytes: RandomBytes) -> None:
        fresh = base64.b64encode(random_bytes(KEY_BYTES)).decode("ascii")
        said = {"Name": self._name, "Value": fresh, "Type": "SecureString", "Overwrite": False}
        if self._kms_key:
            said["KeyId"] = self._kms_key
        try:
            self._call("PutParameter", said)
        except Fault as fault:
            if fault.kind != "ParameterAlreadyExists":  # somebody made it first: theirs counts
                raise
