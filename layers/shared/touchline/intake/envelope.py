"""The request as it came, without its credentials: bytes in, bytes stored."""

import re
from collections.abc import Mapping

from touchline.ledger.model import Envelope

KEPT_HEADERS = ("content-type", "content-encoding", "user-agent", "referer", "idempotency-key")
"""What is needed to read a request again. Credentials, cookies and traces are not kept."""

SECRET_PARAMETERS = (
    "token",
    "secure",
    "security_token",
    "verification_token",
    "api_key",
    "apikey",
    "site_key",
)
"""Parameters whose value is a credential in one of the dialects."""

HIDDEN = "hidden"
_NAMES = "|".join(SECRET_PARAMETERS)
_IN_QUERY = re.compile(rf"(?i)((?:^|[&?])(?:{_NAMES})=)[^&#]*")
_IN_FORM = re.compile(rf"(?i)((?:^|&)(?:{_NAMES})=)[^&]*".encode())
_IN_JSON = re.compile(rf'(?i)("(?:{_NAMES})"\s*:\s*")(?:[^"\\]|\\.)*'.encode())


def envelope_of(
    *,
    method: str,
    path: str,
    raw_query: str,
    headers: Mapping[str, str],
    body: bytes,
    received_at: int,
    source_ip: str,
) -> Envelope:
    """The envelope of a request; the only bytes that are not kept are those of credentials."""
    return Envelope(
        method=method,
        path=_sound(path),
        raw_query=_IN_QUERY.sub(rf"\1{HIDDEN}", _sound(raw_query)),
        headers={name: _sound(headers[name]) for name in KEPT_HEADERS if headers.get(name)},
        body=_without_secrets(body),
        received_at=received_at,
        source_ip=source_ip,
    )


def _without_secrets(body: bytes) -> bytes:
    if body.lstrip()[:1] in {b"{", b"["}:
        return _IN_JSON.sub(rb"\1" + HIDDEN.encode(), body)
    return _IN_FORM.sub(rb"\1" + HIDDEN.encode(), body)


def _sound(text: str) -> str:
    """Half surrogates, which no gateway sends, cannot be stored as UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()
