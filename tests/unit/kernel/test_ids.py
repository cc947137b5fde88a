"""IDs say what they are, sort by time and never collide."""

from touchline.kernel.ids import AccountId, account_of, id_factory, is_slug, is_test, realm_of


def test_ids_carry_their_prefix_and_sort_by_time() -> None:
    now = iter(range(1_000))
    new_id = id_factory(lambda: next(now), random_bits=lambda _bits: 5)
    made = [new_id("rcp") for _ in range(100)]
    assert all(one.startswith("rcp_") and len(one) == 30 for one in made)
    assert made == sorted(made)
    assert len(set(made)) == 100


def test_two_ids_of_the_same_millisecond_differ() -> None:
    new_id = id_factory(lambda: 0)
    assert len({new_id("rcp") for _ in range(1_000)}) == 1_000


def test_the_test_side_of_an_account_is_a_realm_of_its_own() -> None:
    shop = AccountId("shop")
    assert realm_of(shop) == "shop"
    assert realm_of(shop, test=True) == "shop~test"
    assert is_test(realm_of(shop, test=True))
    assert account_of(realm_of(shop, test=True)) == shop


def test_no_account_can_be_named_like_a_test_realm() -> None:
    assert is_slug("shop-1.eu_x")
    assert not any(map(is_slug, ["shop~test", "", "Shop", "-shop", "a" * 65, "a/b", "ü"]))
