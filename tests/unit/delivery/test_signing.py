"""Signatures that any Standard Webhooks library verifies."""

import base64
import hashlib
import hmac
import os
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from tests.factories import NOON
from touchline.delivery.signing import (
    BadSecret,
    new_secret,
    public_key,
    rotated,
    sign,
    signed_headers,
    valid,
    verifies,
)
from touchline.kernel.clock import HOUR_MS
from touchline.registry.model import Secret

SECRET = new_secret(lambda n: bytes(range(n)))
SEED = new_secret(lambda n: bytes(range(n)), ed25519=True)


@given(st.binary(max_size=200))
def test_di_06_an_independent_hmac_gives_the_same_signature(body):
    headers = signed_headers("dlv_1", body, [Secret(SECRET)], NOON)

    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    content = f"dlv_1.{NOON // 1000}.".encode() + body
    expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_di_06_the_reference_library_makes_the_same_signature():
    body = '{"type":"conversion.accepted","name":"ü"}'
    instant = datetime.fromtimestamp(NOON // 1000, tz=UTC)

    made = Webhook(SECRET).sign("dlv_1", instant, body)
    assert made == sign(SECRET, "dlv_1", NOON // 1000, body.encode())


@given(st.binary(min_size=1, max_size=60), st.integers(0))
def test_di_06_one_changed_byte_fails(body, where):
    headers = signed_headers("dlv_1", body, [Secret(SECRET)], NOON)
    index = where % len(body)
    changed = body[:index] + bytes([body[index] ^ 1]) + body[index + 1 :]

    assert verifies(SECRET, headers, body, NOON)
    assert not verifies(SECRET, headers, changed, NOON)


def test_di_06_a_signature_is_good_for_five_minutes_both_ways():
    headers = signed_headers("dlv_1", b"x", [Secret(SECRET)], NOON)

    assert verifies(SECRET, headers, b"x", NOON + 300_000)
    assert verifies(SECRET, headers, b"x", NOON - 300_000)
    assert not verifies(SECRET, headers, b"x", NOON + 301_000)
    assert not verifies(SECRET, headers, b"x", NOON - 301_000)


def test_di_22_d15_both_secrets_sign_for_a_day_and_then_the_new_one_alone():
    new = new_secret(os.urandom)
    secrets = rotated([Secret(SECRET)], new, NOON)

    for at, both in ((NOON, True), (NOON + 24 * HOUR_MS - 1, True), (NOON + 24 * HOUR_MS, False)):
        headers = signed_headers("dlv_1", b"x", secrets, at)
        assert verifies(new, headers, b"x", at)
        assert verifies(SECRET, headers, b"x", at) is both


def test_di_22_at_most_ten_old_secrets_are_kept_and_none_is_prolonged():
    secrets: tuple[Secret, ...] = (Secret(SECRET),)
    for hour in range(20):
        secrets = rotated(secrets, new_secret(os.urandom), NOON + hour * HOUR_MS)

    assert len(secrets) == 11
    assert all(s.until_at is not None and s.until_at <= NOON + 44 * HOUR_MS for s in secrets[1:])


def test_di_22_an_expired_secret_never_signs():
    secret = Secret(SECRET, NOON, NOON + 1000)

    assert valid([secret], NOON - 1) == ()
    assert valid([secret], NOON) == (secret,)
    assert valid([secret], NOON + 1000) == ()
    assert "webhook-signature" not in signed_headers("d", b"", [secret], NOON + 1000)


def test_di_23_ed25519_signatures_verify_with_the_public_key():
    headers = signed_headers("dlv_1", b"{}", [Secret(SEED)], NOON)

    signature = headers["webhook-signature"]
    assert signature.startswith("v1a,")
    raw = base64.b64decode(public_key(SEED).removeprefix("whpk_"))
    content = f"dlv_1.{NOON // 1000}.".encode() + b"{}"
    Ed25519PublicKey.from_public_bytes(raw).verify(base64.b64decode(signature[4:]), content)
    assert verifies(public_key(SEED), headers, b"{}", NOON)
    assert not verifies(public_key(SEED), headers, b"{ }", NOON)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!", "whsec_AAAA", "whsk_AAAA", "x"])
def test_a_damaged_secret_is_told(secret):
    with pytest.raises(BadSecret):
        sign(secret, "d", 1, b"")


@given(
    st.dictionaries(
        st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text()
    )
)
def test_verifying_takes_any_headers(headers):
    assert verifies(SECRET, headers, b"", NOON) is False
    assert verifies(public_key(SEED), headers, b"", NOON) is False
