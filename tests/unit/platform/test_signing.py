"""Our signatures are those of botocore's own signer, byte for byte."""

from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given
from hypothesis import strategies as st

from touchline.platform.wire.signing import Credentials, Signer

JSON = "application/x-amz-json-1.0"
HOST = "dynamodb.eu-west-1.amazonaws.com"
TOKENS = st.sampled_from(["", "IQoJb3JpZ2luX2VjE/+token=="])


class BotocoreAt(SigV4Auth):
    """botocore's signer at an instant that the test names."""

    def __init__(self, credentials: BotoCredentials, at: int) -> None:
        super().__init__(credentials, "dynamodb", "eu-west-1")
        self._stamp = datetime.fromtimestamp(at // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")

    def signature_of(self, target: str, body: bytes) -> str:
        headers = {
            "host": HOST,
            "content-type": JSON,
            "x-amz-date": self._stamp,
            "x-amz-target": target,
        }
        if self.credentials.token:
            headers["x-amz-security-token"] = self.credentials.token
        request = AWSRequest("POST", f"https://{HOST}/", headers=headers, data=body)
        request.context["timestamp"] = self._stamp
        canonical = self.canonical_request(request)
        return str(self.signature(self.string_to_sign(request, canonical), request))


def header(lines: str, name: str) -> str:
    return next(
        line.partition(": ")[2] for line in lines.split("\r\n") if line.startswith(f"{name}: ")
    )


@given(
    st.integers(0, 4_000_000_000_000),
    st.binary(max_size=300),
    st.text("ABCDEFabcdef0123456789/+", min_size=1, max_size=40),
    TOKENS,
)
def test_a_signature_equals_botocores(at: int, body: bytes, secret: str, token: str) -> None:
    target = "DynamoDB_20120810.PutItem"
    signer = Signer("dynamodb", "eu-west-1", HOST)
    ours = signer.headers(Credentials("AKID", secret, token), target, JSON, body, at)
    theirs = BotocoreAt(BotoCredentials("AKID", secret, token or None), at)
    signed = header(ours, "authorization")
    assert signed.rpartition("Signature=")[2] == theirs.signature_of(target, body)
    assert ("x-amz-security-token" in signed) == bool(token)


@pytest.mark.parametrize("at", [0, 86_399_999, 86_400_000, 951_782_400_000])
def test_the_signing_key_follows_the_day(at: int) -> None:
    signer = Signer("dynamodb", "eu-west-1", HOST)
    known = Credentials("AKID", "secret")
    signer.headers(known, "t", JSON, b"", at - 1 if at else 86_400_000)
    fresh = Signer("dynamodb", "eu-west-1", HOST)
    assert signer.headers(known, "t", JSON, b"", at) == fresh.headers(known, "t", JSON, b"", at)


def test_the_signing_key_follows_the_credentials() -> None:
    signer = Signer("dynamodb", "eu-west-1", HOST)
    one = signer.headers(Credentials("AKID", "one"), "t", JSON, b"", 0)
    two = signer.headers(Credentials("AKID", "two"), "t", JSON, b"", 0)
    assert header(one, "authorization") != header(two, "authorization")
