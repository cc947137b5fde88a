"""`touchline sign` makes what intake accepts."""

from urllib.parse import urlsplit

import pytest
import typer

from cli.sign import signed_url
from tests.factories import NOON
from tests.intake_factories import opened
from touchline.intake.signature import Signed, verify
from touchline.registry.model import SigningKey

KEY = SigningKey("k1", "a shared secret")


def verdict(url: str, path: str, method: str = "GET", body: bytes = b"") -> str:
    return verify([KEY], Signed(method, path, urlsplit(url).query, body), NOON, opened).refusal


@pytest.mark.parametrize("expires_in", [0, 3600])
@pytest.mark.parametrize(
    "url",
    [
        "https://api.example/c/spring?pid=acme&sub1=a%20b",
        "https://api.example/c/spring",
        "http://127.0.0.1:4566/_aws/execute-api/a1b2/c/spring?pid=acme",
    ],
)
def test_a_signed_url_is_accepted(url: str, expires_in: int) -> None:
    signed = signed_url(url, KEY.secret, lambda: NOON, expires_in)
    assert signed.startswith(url)
    assert verdict(signed, "/c/spring") == ""


def test_a_signed_postback_covers_its_body() -> None:
    signed = signed_url("https://a.example/postback", KEY.secret, lambda: NOON, 0, "POST", b"x=1")
    assert verdict(signed, "/postback", "POST", b"x=1") == ""
    assert verdict(signed, "/postback", "POST", b"x=2") == "bad_signature"


@pytest.mark.parametrize("url", ["ftp://a.example/", "/c/spring", "https://a.example/?tl_sig=1"])
def test_what_cannot_be_signed_is_wrong_usage(url: str) -> None:
    with pytest.raises(typer.BadParameter):
        signed_url(url, KEY.secret, lambda: NOON)
