"""Secrets at rest: sealed under a key that lies elsewhere, opened by it, named by fingerprint."""

import base64
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchline.kernel.errors import StoreRefused, StoreUnavailable
from touchline.platform.sealing import KEPT_MS, KEY_BYTES, PREFIX, Seals, SsmKeys
from touchline.platform.wire.client import Fault
from touchline.registry.external import fingerprint

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Chance:
    """Other bytes at each call."""

    def __init__(self) -> None:
        self._number = 0

    def __call__(self, count: int) -> bytes:
        self._number += 1
        return self._number.to_bytes(count, "big")


def key(number: int) -> bytes:
    return bytes([number]) * KEY_BYTES


class Kept:
    """A place where keys lie, and a clock."""

    def __init__(self, *keys: bytes) -> None:
        self.keys = keys
        self.now = 0
        self.reads = 0
        self.down = False
        self.seals = Seals(self.read, Chance(), lambda: self.now)

    def read(self) -> tuple[bytes, ...]:
        self.reads += 1
        if self.down:
            raise StoreUnavailable("down")
        return self.keys


def seals(number: int = 1) -> Seals:
    return Kept(key(number)).seals


class Ssm:
    """Parameter Store, as far as keys need it."""

    def __init__(self) -> None:
        self.kept: dict[str, Mapping[str, Any]] = {}
        self.first: str | None = None

    def __call__(self, operation: str, said: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"GetParameter": self._get, "PutParameter": self._put}[operation](said)

    def _get(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        assert said["WithDecryption"]
        if said["Name"] not in self.kept:
            raise Fault(400, "ParameterNotFound", "", {})
        return {"Parameter": self.kept[said["Name"]]}

    def _put(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.first is not None:
            self.kept[said["Name"]] = {"Value": self.first}
        if said["Name"] in self.kept:
            raise Fault(400, "ParameterAlreadyExists", "", {})
        assert said["Type"] == "SecureString"
        self.kept[said["Name"]] = said
        return {}


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1))
def test_di_22_what_was_sealed_opens_and_cannot_be_read(text: str) -> None:
    if text.startswith(PREFIX):
        return
    sealed = seals().seal(text)
    assert sealed.startswith(PREFIX)
    assert seals().open(sealed) == text


def test_di_22_a_sealed_secret_does_not_hold_its_text() -> None:
    sealed = seals().seal(SECRET)
    assert SECRET not in sealed
    assert SECRET.encode() not in base64.b64decode(sealed.rpartition(":")[2])


def test_sealing_twice_makes_other_texts_of_one_fingerprint() -> None:
    made = seals()
    one, two = made.seal(SECRET), made.seal(SECRET)
    assert one != two
    assert fingerprint(one) == fingerprint(two) == fingerprint(SECRET)


def test_sealed_and_empty_texts_stay_as_they_are() -> None:
    made = seals()
    sealed = made.seal(SECRET)
    assert made.seal(sealed) == sealed
    assert made.seal("") == made.open("") == ""


@pytest.mark.parametrize(
    "broken",
    [
        "plain",
        SECRET,
        PREFIX,
        f"{PREFIX}0123456789abcdef:",
        f"{PREFIX}0123456789abcdef:!!!",
        f"{PREFIX}0123456789abcdef:AAAA",
    ],
)
def test_a_broken_seal_is_refused(broken: str) -> None:
    with pytest.raises(StoreRefused):
        seals().open(broken)


def test_another_key_or_another_fingerprint_does_not_open() -> None:
    sealed = seals(1).seal(SECRET)
    with pytest.raises(StoreRefused):
        seals(2).open(sealed)
    named = sealed.removeprefix(PREFIX)[:16]
    with pytest.raises(StoreRefused):
        seals(1).open(sealed.replace(named, "0" * 16))


def test_a_new_key_in_front_seals_from_now_on_and_the_old_one_still_opens() -> None:
    """SE-06: the sealing key is rotated, and nothing is deployed or started anew."""
    kept = Kept(key(1))
    old = kept.seals.seal(SECRET)
    kept.keys = (key(2), key(1))
    kept.now += KEPT_MS
    fresh = kept.seals.seal(SECRET)
    assert Kept(key(2)).seals.open(fresh) == SECRET
    assert kept.seals.open(old) == SECRET


def test_what_was_sealed_under_a_key_that_is_newer_than_the_process_opens() -> None:
    """SE-06"""
    warm = Kept(key(1))
    warm.seals.open(seals(1).seal(SECRET))
    warm.keys = (key(2), key(1))
    sealed = seals(2).seal(SECRET)
    with pytest.raises(StoreRefused):
        warm.seals.open(sealed)  # the keys are as fresh as a minute
    warm.now += KEPT_MS
    assert warm.seals.open(sealed) == SECRET


def test_a_text_that_never_opens_asks_for_the_keys_once_a_minute_at_most() -> None:
    kept = Kept(key(1))
    sealed = seals(9).seal(SECRET)
    for _ in range(20):
        with pytest.raises(StoreRefused):
            kept.seals.open(sealed)
    assert kept.reads == 1


def test_keys_that_are_known_outlast_an_outage() -> None:
    kept = Kept(key(1))
    sealed = kept.seals.seal(SECRET)
    kept.down = True
    kept.now += 60 * KEPT_MS
    assert kept.seals.open(sealed) == SECRET
    assert kept.seals.open(kept.seals.seal("another")) == "another"


def test_without_any_key_nothing_can_be_known() -> None:
    kept = Kept()
    kept.down = True
    with pytest.raises(StoreUnavailable):
        kept.seals.open(seals(1).seal(SECRET))


def test_the_key_is_made_once_and_then_read() -> None:
    ssm = Ssm()
    (first,) = SsmKeys(ssm, "/key", Chance())()
    assert len(first) == KEY_BYTES
    assert SsmKeys(ssm, "/key")() == (first,)
    assert "KeyId" not in ssm.kept["/key"]


def test_a_customers_own_key_encrypts_the_parameter_that_is_made() -> None:
    ssm = Ssm()
    SsmKeys(ssm, "/key", Chance(), "arn:aws:kms:eu-central-1:1:key/k")()
    assert ssm.kept["/key"]["KeyId"] == "arn:aws:kms:eu-central-1:1:key/k"


def test_several_keys_are_read_newest_first() -> None:
    ssm = Ssm()
    ssm.kept["/key"] = {"Value": " ".join(base64.b64encode(key(n)).decode() for n in (2, 1))}
    assert SsmKeys(ssm, "/key")() == (key(2), key(1))


@pytest.mark.parametrize("value", ["not base64!", "\u00e9"])
def test_a_key_that_cannot_be_read_is_no_key(value: str) -> None:
    ssm = Ssm()
    ssm.kept["/key"] = {"Value": value}
    with pytest.raises(StoreUnavailable):
        SsmKeys(ssm, "/key")()


def test_who_may_not_make_the_key_waits_for_it() -> None:
    with pytest.raises(StoreUnavailable):
        SsmKeys(Ssm(), "/key")()


def test_a_key_that_somebody_made_first_counts() -> None:
    ssm = Ssm()
    ssm.first = base64.b64encode(key(7)).decode()
    assert SsmKeys(ssm, "/key", Chance())() == (key(7),)
