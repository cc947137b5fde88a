"""Secrets at rest: sealed under a key that lies elsewhere, opened by it, named by fingerprint."""

import base64
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchline.kernel.errors import StoreRefused, StoreUnavailable
from touchline.platform.sealing import KEY_BYTES, PREFIX, Seals, SsmKey
from touchline.registry.external import fingerprint

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Chance:
    """Other bytes at each call."""

    def __init__(self) -> None:
        self._number = 0

    def __call__(self, count: int) -> bytes:
        self._number += 1
        return self._number.to_bytes(count, "big")


def seals(key: int = 1) -> Seals:
    return Seals(lambda: bytes([key]) * KEY_BYTES, Chance())


class Ssm:
    """Parameter Store, as far as a key needs it."""

    class exceptions:  # noqa: N801 - boto3's name
        """boto3's errors."""

        class ParameterNotFound(Exception):
            """No such parameter."""

        class ParameterAlreadyExists(Exception):
            """Somebody made it first."""

    def __init__(self) -> None:
        self.kept: dict[str, Mapping[str, Any]] = {}
        self.first: str | None = None

    def get_parameter(self, *, Name: str, WithDecryption: bool) -> Mapping[str, Any]:  # noqa: N803
        assert WithDecryption
        if Name not in self.kept:
            raise self.exceptions.ParameterNotFound
        return {"Parameter": self.kept[Name]}

    def put_parameter(self, *, Name: str, **about: Any) -> None:  # noqa: N803
        if self.first is not None:
            self.kept[Name] = {"Value": self.first}
        if Name in self.kept:
            raise self.exceptions.ParameterAlreadyExists
        assert about["Type"] == "SecureString"
        self.kept[Name] = about


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


def test_sealed_and_empty_texts_stay_as_they_are_and_plain_ones_open_as_themselves() -> None:
    made = seals()
    sealed = made.seal(SECRET)
    assert made.seal(sealed) == sealed
    assert made.seal("") == ""
    assert made.open("plain") == "plain"


@pytest.mark.parametrize(
    "broken",
    [
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


def test_the_key_is_made_once_and_then_read() -> None:
    ssm = Ssm()
    first = SsmKey(lambda: ssm, "/key", Chance())()
    assert len(first) == KEY_BYTES
    assert SsmKey(lambda: ssm, "/key")() == first


def test_who_may_not_make_the_key_waits_for_it() -> None:
    ssm = Ssm()
    with pytest.raises(StoreUnavailable):
        SsmKey(lambda: ssm, "/key")()


def test_a_key_that_somebody_made_first_counts() -> None:
    ssm = Ssm()
    ssm.first = base64.b64encode(b"t" * KEY_BYTES).decode()
    assert SsmKey(lambda: ssm, "/key", Chance())() == b"t" * KEY_BYTES
