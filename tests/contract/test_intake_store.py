"""What intake remembers for a while, over any table: one winner of every race."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.factories import NOON
from touchline.intake.allowance import Allowances, Lease, Leases
from touchline.intake.store import IntakeStore
from touchline.kernel.clock import DAY_MS
from touchline.kernel.errors import ConditionFailed, TooMany
from touchline.kernel.ids import ClickId, PartnerId, Realm
from touchline.platform.dynamo import Table
from touchline.registry.model import RateLimit

SHOP = Realm("shop")
ACME = PartnerId("acme")


@pytest.fixture(params=["memory", "moto", "emulator_wire"])
def store(request: pytest.FixtureRequest) -> IntakeStore:
    table: Table = request.getfixturevalue(f"{request.param}_table")
    return IntakeStore(table)


@pytest.fixture(params=["memory", "emulator_wire"])
def shared(request: pytest.FixtureRequest) -> IntakeStore:
    """Where threads race: moto's conditional writes are wrong under threads."""
    table: Table = request.getfixturevalue(f"{request.param}_table")
    return IntakeStore(table)


def test_an_echo_is_known_for_ten_seconds(store: IntakeStore) -> None:
    first, second = ClickId("clk_1"), ClickId("clk_2")
    assert store.first_click(SHOP, "print", first, NOON) == first
    assert store.first_click(SHOP, "print", second, NOON + 9_999) == first
    assert store.first_click(SHOP, "other", second, NOON) == second
    assert store.first_click(Realm("shop~test"), "print", second, NOON) == second
    assert store.first_click(SHOP, "print", second, NOON + 10_000) == second


def test_of_many_uses_of_a_signature_at_once_one_is_the_first(shared: IntakeStore) -> None:
    """SE-05: a captured link, opened from everywhere at the same moment."""

    def use(number: int) -> bool:
        return shared.remember_use(SHOP, ACME, "c" * 64, NOON, by=f"clk_{number}")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(use, range(24))).count(True) == 1


def test_of_many_clicks_at_once_one_is_the_first(shared: IntakeStore) -> None:
    def click(number: int) -> ClickId:
        return shared.first_click(SHOP, "print", ClickId(f"clk_{number}"), NOON)

    with ThreadPoolExecutor(8) as pool:
        firsts = set(pool.map(click, range(24)))
    assert len(firsts) == 1


def test_a_used_signature_is_known_by_its_partner_alone(store: IntakeStore) -> None:
    """SE-05"""
    assert store.remember_use(SHOP, ACME, "a" * 64, NOON + DAY_MS, by="clk_1")
    assert store.remember_use(SHOP, ACME, "a" * 64, NOON + DAY_MS, by="clk_1"), "an answer was lost"
    assert not store.remember_use(SHOP, ACME, "a" * 64, NOON + DAY_MS, by="clk_2")
    assert store.was_used(SHOP, ACME, "a" * 64)
    assert not store.was_used(SHOP, ACME, "b" * 64)
    assert not store.was_used(SHOP, PartnerId("beta"), "a" * 64)


def test_leases_are_written_over_the_version_before_them_only(store: IntakeStore) -> None:
    lease = Lease("p1", 5, NOON, NOON + 1000)
    store.replace_leases(SHOP, ACME, Leases((lease,), 1))
    assert store.leases(SHOP, ACME) == Leases((lease,), 1)
    with pytest.raises(ConditionFailed):
        store.replace_leases(SHOP, ACME, Leases((), 1))
    store.replace_leases(SHOP, ACME, Leases((), 2))
    assert store.leases(SHOP, ACME) == Leases((), 2)


def test_processes_that_race_for_leases_never_exceed_the_limit(shared: IntakeStore) -> None:
    """SE-10: concurrent admits, over a table that they only share."""
    processes = [Allowances(shared, lambda: NOON, f"p{number}") for number in range(4)]
    limit = RateLimit(30)

    def knock(number: int) -> int:
        try:
            processes[number % 4].admit(SHOP, ACME, limit)
        except TooMany:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        admitted = sum(pool.map(knock, range(120)))
    assert 0 < admitted <= 30
