"""AWS Signature Version 4 for a POST to `/` of a JSON service.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html;
tests/unit/platform checks it against botocore's signer.
"""

import hashlib
import hmac

from touchline.kernel.clock import day_of
from touchline.kernel.values import dataclass


@dataclass(frozen=True, slots=True)
class Credentials:
    """Whose requests these are. `token` is empty for lasting credentials."""

    access_key: str
    secret_key: str
    token: str = ""


class Signer:
    """Signs requests to one host of one service in one region."""

    def __init__(self, service: str, region: str, host: str) -> None:
        self._scope = f"{region}/{service}/aws4_request"
        self._region = region
        self._service = service
        self._host = host
        self._key: tuple[str, str, bytes] = ("", "", b"")

    def headers(
        self, credentials: Credentials, target: str, content_type: str, body: bytes, at: int
    ) -> str:
        """The header lines of a signed request, each ending in CRLF. `at` in milliseconds."""
        day = day_of(at).replace("-", "")
        seconds = at // 1000 % 86_400
        stamp = f"{day}T{seconds // 3600:02}{seconds // 60 % 60:02}{seconds % 60:02}Z"
        token = credentials.token
        canonical = f"content-type:{content_type}\nhost:{self._host}\nx-amz-date:{stamp}\n"
        names = "content-type;host;x-amz-date"
        if token:
            canonical += f"x-amz-security-token:{token}\n"
            names += ";x-amz-security-token"
        canonical += f"x-amz-target:{target}\n"
        names += ";x-amz-target"
        digest = hashlib.sha256(body).hexdigest()
        request = hashlib.sha256(f"POST\n/\n\n{canonical}\n{names}\n{digest}".encode()).hexdigest()
        scope = f"{day}/{self._scope}"
        signature = hmac.new(
            self._signing_key(day, credentials.secret_key),
            f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{request}".encode(),
            hashlib.sha256,
        ).hexdigest()
        return (
            f"host: {self._host}\r\ncontent-type: {content_type}\r\nx-amz-date: {stamp}\r\n"
            f"x-amz-target: {target}\r\n"
            + (f"x-amz-security-token: {token}\r\n" if token else "")
            + f"authorization: AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope},"
            f" SignedHeaders={names}, Signature={signature}\r\n"
        )

    def _signing_key(self, day: str, secret: str) -> bytes:
        known_day, known_secret, key = self._key
        if known_day == day and known_secret == secret:
            return key
        key = f"AWS4{secret}".encode()
        for part in (day, self._region, self._service, "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        self._key = (day, secret, key)
        return key
