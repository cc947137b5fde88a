"""Keys tell apart what is different."""

from hypothesis import given
from hypothesis import strategies as st

from touchline.kernel.ids import ConversionId, EventName, Realm
from touchline.ledger.identity import Identity
from touchline.ledger.keys import conversion_pk, conversion_sk, identity_pk, part, unpart
from touchline.ledger.model import ConversionKey

PARTS = st.text(alphabet=st.sampled_from("ab#%23C~"), max_size=6)


@given(PARTS)
def test_a_part_of_a_key_reads_back(text: str) -> None:
    assert unpart(part(text)) == text


@given(st.tuples(PARTS, PARTS, PARTS, PARTS), st.tuples(PARTS, PARTS, PARTS, PARTS))
def test_other_conversions_have_other_keys(
    one: tuple[str, str, str, str], other: tuple[str, str, str, str]
) -> None:
    """IN-05: the dedupe key is injective, separators and empty parts included."""

    def key(parts: tuple[str, str, str, str]) -> tuple[str, str]:
        realm, event, order, scope = parts
        named = ConversionKey(EventName(event), ConversionId(order), scope)
        return conversion_pk(Realm(realm), named), conversion_sk(scope)

    assert (key(one) == key(other)) == (one == other)


@given(st.tuples(PARTS, PARTS), st.tuples(PARTS, PARTS))
def test_other_identities_have_other_partitions(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    """IN-05: nor do two persons share a partition."""

    def pk(parts: tuple[str, str]) -> str:
        return identity_pk(Realm(parts[0]), Identity(parts[1]))

    assert (pk(one) == pk(other)) == (one == other)
