"""Rate limits of partners, leased in blocks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOON
from tests.memory_table import MemoryTable
from touchline.intake.allowance import Allowances
from touchline.intake.reception import BATCH, EVENT, TOUCH, UPSERT, things_in
from touchline.intake.store import IntakeStore
from touchline.intake.strict_json import dump
from touchline.kernel.errors import StoreUnavailable, TooMany
from touchline.kernel.ids import PartnerId, Realm
from touchline.registry.model import RateLimit

ACME = PartnerId("acme")
SHOP = Realm("shop")


class Hands:
    """A clock that stands until it is moved."""

    def __init__(self, at: int = NOON) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at


def admits(
    allowances: Allowances, limit: RateLimit, partner: PartnerId = ACME, things: int = 1
) -> bool:
    try:
        allowances.admit(SHOP, partner, limit, things)
    except TooMany:
        return False
    return True


def some(table: MemoryTable, clock: Callable[[], int], how_many: int) -> list[Allowances]:
    return [Allowances(IntakeStore(table), clock, f"p{number}") for number in range(how_many)]


def test_a_partner_without_a_limit_costs_nothing() -> None:
    table = MemoryTable()
    Allowances(IntakeStore(table), Hands(), "p").admit(SHOP, ACME, None)
    assert table.calls == []


def test_requests_over_the_limit_are_told_when_to_come_again() -> None:
    """SE-10: 429 and Retry-After."""
    clock = Hands()
    [allowances] = some(MemoryTable(), clock, 1)
    limit = RateLimit(10, per_seconds=60)
    assert [admits(allowances, limit) for _ in range(12)] == [True] * 10 + [False] * 2
    with pytest.raises(TooMany) as caught:
        allowances.admit(SHOP, ACME, limit)
    assert caught.value.code == "rate_limited"
    clock.at += caught.value.retry_after_seconds * 1000
    assert admits(allowances, limit)


def test_the_limit_costs_far_less_than_a_write_per_request() -> None:
    table = MemoryTable()
    [allowances] = some(table, Hands(), 1)
    assert all(admits(allowances, RateLimit(1000)) for _ in range(1000))
    assert table.calls.count("put") < 60


def test_threads_and_processes_at_once_never_exceed_the_limit() -> None:
    """SE-10: concurrent admits, 8 threads over 4 processes that share only the table."""
    processes = some(MemoryTable(), Hands(), 4)
    limit = RateLimit(100)

    def knock(number: int) -> bool:
        return admits(processes[number % 4], limit)

    with ThreadPoolExecutor(8) as pool:
        admitted = sum(pool.map(knock, range(400)))
    assert 0 < admitted <= 100


@given(
    count=st.integers(1, 40),
    per_seconds=st.integers(1, 5),
    steps=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 1500), st.integers(1, 9)), max_size=150
    ),
)
def test_no_window_wherever_it_begins_sees_more_than_the_limit(
    count: int, per_seconds: int, steps: list[tuple[int, int, int]]
) -> None:
    """SE-10: three processes, any rhythm, calls of any size, every window."""
    clock = Hands()
    processes = some(MemoryTable(), clock, 3)
    admitted = []
    for process, pause, things in steps:
        clock.at += pause
        if admits(processes[process], RateLimit(count, per_seconds), things=things):
            admitted += [clock.at] * things
    window = per_seconds * 1000
    for start in admitted:
        assert sum(start <= at < start + window for at in admitted) <= count


def test_a_lone_process_gets_its_whole_limit_again_and_again() -> None:
    clock = Hands()
    [allowances] = some(MemoryTable(), clock, 1)
    limit = RateLimit(20)
    for _ in range(5):
        assert sum(admits(allowances, limit) for _ in range(30)) == 20
        clock.at += 1001


def test_every_item_of_a_call_counts_and_a_call_is_let_in_whole() -> None:
    clock = Hands()
    [allowances] = some(MemoryTable(), clock, 1)
    limit = RateLimit(100)
    told = [admits(allowances, limit, things=things) for things in (60, 50, 30, 11, 10)]
    assert told == [True, False, True, False, True]
    clock.at += 1001
    assert admits(allowances, limit, things=100)
    assert not admits(allowances, limit, things=101), "more than the whole limit"


def test_what_a_process_did_not_spend_is_given_back() -> None:
    clock = Hands()
    one, other = some(MemoryTable(), clock, 2)
    limit = RateLimit(100)
    assert admits(one, limit), "it leases a quarter"
    assert admits(other, limit, things=70)
    assert admits(one, limit, things=28), "of which the second call gives back what it cannot use"


@pytest.mark.parametrize(
    ("route", "body", "things"),
    [
        (BATCH, {"items": [{}, {}, 7]}, 3),
        (TOUCH, {"touches": [{}] * 4}, 4),
        (TOUCH, {"kind": "click"}, 1),
        (UPSERT, {"users": [{"events": [{}] * 3}, {}, 5]}, 5),
        (EVENT, {"items": [{}, {}]}, 1),
        (BATCH, {"items": "many"}, 1),
        (BATCH, {"items": []}, 1),
    ],
)
def test_a_request_is_as_many_things_as_it_has_items(
    route: str, body: dict[str, Any], things: int
) -> None:
    assert things_in(route, dump(body)) == things


def test_a_body_that_is_no_json_is_one_thing() -> None:
    assert things_in(BATCH, b"{") == 1


def test_partners_do_not_share_a_limit() -> None:
    [allowances] = some(MemoryTable(), Hands(), 1)
    limit = RateLimit(1)
    assert admits(allowances, limit)
    assert not admits(allowances, limit)
    assert admits(allowances, limit, PartnerId("other"))


def test_a_flooding_partner_is_refused_without_a_write_and_others_are_let_in() -> None:
    """I24: 100 times over the limit."""
    table = MemoryTable()
    [allowances] = some(table, Hands(), 1)
    assert sum(admits(allowances, RateLimit(10)) for _ in range(1000)) == 10
    assert table.calls.count("put") <= 10
    assert admits(allowances, RateLimit(10), PartnerId("calm"))


def test_while_the_table_is_down_everything_is_admitted() -> None:
    table = MemoryTable()
    table.fail("get", StoreUnavailable, times=3)
    [allowances] = some(table, Hands(), 1)
    assert [admits(allowances, RateLimit(1)) for _ in range(3)] == [True] * 3


def test_a_race_that_is_lost_six_times_asks_to_come_again() -> None:
    [allowances] = some(AlwaysLate(), Hands(), 1)
    with pytest.raises(TooMany) as caught:
        allowances.admit(SHOP, ACME, RateLimit(10))
    assert caught.value.retry_after_seconds == 1


class AlwaysLate(MemoryTable):
    """A table on which somebody else always writes just before."""

    def get(self, key: object, *, consistent: bool = True) -> None:
        super().get(key, consistent=consistent)  # type: ignore[arg-type]

    def put(self, item: object, *, condition: object = None) -> None:
        super().put(item)  # type: ignore[arg-type]
        super().put(item, condition=condition)  # type: ignore[arg-type]
