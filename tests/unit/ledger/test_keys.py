"""Keys are injective: no two things share a row, whatever characters their names hold."""

from hypothesis import given
from hypothesis import strategies as st

from touchline.kernel.ids import ConversionId, EventName, PartnerId, Realm
from touchline.ledger.identity import Identity
from touchline.ledger.keys import (
    SHARDS,
    conversion_pk,
    conversion_sk,
    echo_pk,
    identity_pk,
    leases_pk,
    part,
    shard_of,
    signature_pk,
    unpart,
)
from touchline.ledger.model import ConversionKey

texts = st.text(alphabet=st.sampled_from("a#%23C~:"), max_size=6) | st.text(max_size=6)
named = st.tuples(texts, texts, texts, texts)


def row_of(names: tuple[str, str, str, str]) -> tuple[str, str]:
    realm, event, conversion, scope = names
    key = ConversionKey(EventName(event), ConversionId(conversion), scope)
    return conversion_pk(Realm(realm), key), conversion_sk(scope)


@given(named, named)
def test_different_conversions_have_different_rows(
    one: tuple[str, str, str, str], other: tuple[str, str, str, str]
) -> None:
    """IN-05: over account, event, ID and partner, with separators and empty parts."""
    assert (row_of(one) == row_of(other)) == (one == other)


@given(texts)
def test_an_escaped_part_reads_back(text: str) -> None:
    assert unpart(part(text)) == text
    assert "#" not in part(text)


def test_the_docstrings_show_the_real_keys() -> None:
    key = ConversionKey(EventName("purchase"), ConversionId("A-1001"), "acme")
    assert conversion_pk(Realm("shop"), key) == "shop#C#purchase#A-1001"
    assert conversion_sk("acme") == "C#acme"
    assert identity_pk(Realm("shop"), Identity("crm:72349876")) == "shop#I#crm:72349876"
    assert signature_pk(Realm("shop"), PartnerId("acme")) == "shop#S#acme"
    assert echo_pk(Realm("shop"), "9f86d081") == "shop#E#9f86d081"
    assert leases_pk(Realm("shop"), PartnerId("acme")) == "shop#A#acme"


@given(st.text())
def test_every_text_has_a_shard_even_one_that_is_no_unicode(text: str) -> None:
    assert 0 <= shard_of(text + "\ud800") < SHARDS
