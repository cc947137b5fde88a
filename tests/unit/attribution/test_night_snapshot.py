"""Journeys that did not convert: put together by links, whatever the order of the rows."""

import random
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchline.attribution.night.snapshot import Snapshot, TooLarge
from touchline.ledger.identity import Identity

DAY = 86_400_000
Row = Callable[[Snapshot], None]


def a_snapshot(*rows: Row, limit: int = 1000) -> Snapshot:
    made = Snapshot(0, limit)
    for row in rows:
        row(made)
    return made


def touch(who: str, at: int, channel: str, window: int = 30 * 86_400) -> Row:
    direct = channel == "direct"
    return lambda s: s.add_touch(Identity(who), at, channel, direct=direct, window_seconds=window)


def link(one: str, other: str) -> Row:
    return lambda s: s.add_link(Identity(one), Identity(other))


def converted(who: str, at: int) -> Row:
    return lambda s: s.add_conversion(Identity(who), at)


def test_a_person_who_converted_in_the_window_is_left_out_under_every_identity() -> None:
    made = a_snapshot(
        touch("visitor:v1", 1, "ads"),
        touch("crm:7", 2, "email"),
        link("visitor:v1", "crm:7"),
        converted("crm:7", 3),
        touch("visitor:v2", 1, "ads"),
    )
    assert made.did_not_convert(0, DAY) == Counter({("ads",): 1})


def test_a_conversion_outside_the_window_leaves_the_person_in() -> None:
    made = a_snapshot(touch("crm:7", 1, "ads"), converted("crm:7", 2 * DAY))
    assert made.did_not_convert(0, DAY) == Counter({("ads",): 1})


def test_a_journey_ends_with_its_last_touch_and_drops_what_is_older_than_its_window() -> None:
    made = a_snapshot(
        touch("crm:7", 0, "view", window=60),
        touch("crm:7", 100_000, "ads"),
        touch("crm:7", 100_001, "direct"),
    )
    assert made.did_not_convert(0, DAY) == Counter({("ads",): 1})
    assert made.did_not_convert(0, DAY, drop_direct=False) == Counter({("ads", "direct"): 1})


def test_more_touches_than_a_fit_keeps_are_refused() -> None:
    with pytest.raises(TooLarge):
        a_snapshot(*(touch("crm:7", n, "ads") for n in range(11)), limit=10)


def test_more_identities_than_a_fit_keeps_are_refused() -> None:
    with pytest.raises(TooLarge):
        a_snapshot(*(link(f"visitor:{n}", f"crm:{n}") for n in range(11)), limit=10)


people = st.sampled_from(["visitor:1", "visitor:2", "crm:1", "crm:2", "click:1"])
rows = st.lists(
    st.one_of(
        st.tuples(st.just("touch"), people, st.integers(0, DAY - 1), st.sampled_from("abc")),
        st.tuples(st.just("link"), people, people),
        st.tuples(st.just("converted"), people, st.integers(0, 2 * DAY)),
    ),
    max_size=12,
)


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(said: list[tuple], chance: random.Random) -> None:  # type: ignore[type-arg]
    makers = {"touch": touch, "link": link, "converted": converted}
    told = [makers[kind](*rest) for kind, *rest in said]  # type: ignore[operator]
    shuffled = list(told)
    chance.shuffle(shuffled)
    assert a_snapshot(*told).did_not_convert(0, DAY) == a_snapshot(*shuffled).did_not_convert(
        0, DAY
    )
