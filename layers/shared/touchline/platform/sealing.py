"""Secrets at rest: AES-256-GCM under a key that lies in SSM Parameter Store, never in a variable.

A sealed text is `sealed:v1:<16 digits of the text's SHA-256>:<base64 of nonce and ciphertext>`;
the digits name the secret to operators without telling it. Plain text opens as itself, so that
secrets written before there was a key keep working.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from touchline.kernel.errors import StoreRefused, StoreUnavailable

PREFIX = "sealed:v1:"
NONCE_BYTES = 12
KEY_BYTES = 32
RandomBytes = Callable[[int], bytes]


class Seals:
    """Seals and opens texts. The key is fetched when first needed and kept."""

    def __init__(self, fetch_key: Callable[[], bytes], random_bytes: RandomBytes) -> None:
        self._fetch_key = fetch_key
        self._random_bytes = random_bytes
        self._cipher: AESGCM | None = None

    def seal(self, text: str) -> str:
        """The sealed text; a sealed one and the empty one stay as they are."""
        if not text or text.startswith(PREFIX):
            return text
        nonce = self._random_bytes(NONCE_BYTES)
        named = f"{PREFIX}{hashlib.sha256(text.encode()).hexdigest()[:16]}:"
        sealed = self._ready().encrypt(nonce, text.encode(), named.encode())
        return named + base64.b64encode(nonce + sealed).decode("ascii")

    def open(self, text: str) -> str:
        """The text that was sealed. Raises StoreRefused when it was sealed by another key."""
        if not text.startswith(PREFIX):
            return text
        try:
            named, colon, sealed = text.rpartition(":")
            raw = base64.b64decode(sealed, validate=True)
            bound = f"{named}{colon}".encode()
            opened = self._ready().decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound)
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise StoreRefused("a sealed secret does not open with the stack's key") from error
        return opened.decode()

    def _ready(self) -> AESGCM:
        if self._cipher is None:
            self._cipher = AESGCM(self._fetch_key())
        return self._cipher


class SsmKey:
    """The key in Parameter Store; made there when it is missing and `create` is given."""

    def __init__(
        self, ssm: Callable[[], Any], name: str, create: RandomBytes | None = None
    ) -> None:
        self._ssm = ssm
        self._name = name
        self._create = create

    def __call__(self) -> bytes:
        """The 32 bytes of the key. Raises StoreUnavailable."""
        ssm = self._ssm()
        try:
            return self._read(ssm)
        except ssm.exceptions.ParameterNotFound as missing:
            if self._create is None:
                raise StoreUnavailable("there is no sealing key yet") from missing
        fresh = base64.b64encode(self._create(KEY_BYTES)).decode("ascii")
        try:
            ssm.put_parameter(Name=self._name, Value=fresh, Type="SecureString", Overwrite=False)
        except ssm.exceptions.ParameterAlreadyExists:
            return self._read(ssm)  # somebody else made it first: theirs counts
        return self._read(ssm)

    def _read(self, ssm: Any) -> bytes:
        answer = ssm.get_parameter(Name=self._name, WithDecryption=True)
        return base64.b64decode(answer["Parameter"]["Value"])
