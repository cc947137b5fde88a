"""Tokens: recognisable, checked before anything is read, stored as a hash only."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchline.kernel.errors import Refused
from touchline.kernel.ids import AccountId
from touchline.registry.model import Token
from touchline.registry.tokens import (
    Draft,
    hash_of,
    is_valid,
    is_well_formed,
    issue,
    mint,
    mint_site_key,
    revoked,
)


def an_issued(**stated: object) -> tuple[Token, str]:
    numbers = count(1)
    draft = Draft(AccountId("shop"), "backend", ("ingest",), **stated)  # type: ignore[arg-type]
    return issue(
        draft,
        clock=lambda: 1_000,
        new_id=lambda prefix: f"{prefix}_{next(numbers)}",
        random_bits=lambda bits: 2**bits - 7,
    )


def test_a_token_tells_its_kind_and_only_its_hash_is_kept() -> None:
    """SE-01"""
    token, text = an_issued()
    assert text.startswith("tl_live_")
    assert token.hash == hash_of(text)
    assert text not in repr(token)
    assert an_issued(test=True)[1].startswith("tl_test_")


@given(st.integers(0, 2**160 - 1), st.booleans())
def test_every_minted_token_is_well_formed(number: int, test: bool) -> None:
    assert is_well_formed(mint(lambda _: number, test=test))


@given(st.text(max_size=60))
def test_no_invented_text_is_well_formed(text: str) -> None:
    """SE-03: any text at all is judged, none breaks the judging."""
    assert not is_well_formed(text)


@given(st.integers(0, 45), st.sampled_from("0123456789abcdefghjkmnpqrstvwxyz"))
def test_a_token_with_one_wrong_character_is_not_well_formed(at: int, other: str) -> None:
    text = mint(lambda _: 12345678901234567890)
    wrong = text[:at] + other + text[at + 1 :]
    assert is_well_formed(wrong) == (wrong == text)


def test_a_site_key_is_not_a_token() -> None:
    assert not is_well_formed(mint_site_key(lambda _: 5))


@pytest.mark.parametrize("scopes", [(), ("root",), ("ingest", "root")])
def test_a_scope_that_does_not_exist_is_refused(scopes: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as refused:
        issue(
            Draft(AccountId("shop"), "x", scopes),
            clock=lambda: 0,
            new_id=str,
            random_bits=lambda _: 0,
        )
    assert refused.value.code == "bad_scope"


def test_a_token_stops_exactly_at_its_end() -> None:
    """SE-06"""
    token, _ = an_issued(expires_at=5_000)
    assert is_valid(token, 4_999)
    assert not is_valid(token, 5_000)
    old = revoked(an_issued()[0], 9_000)
    assert is_valid(old, 8_999)
    assert not is_valid(old, 9_000)


def test_revoking_later_does_not_give_a_revoked_token_more_time() -> None:
    token = revoked(revoked(an_issued()[0], 5), 900)
    assert token.revoked_at == 5
