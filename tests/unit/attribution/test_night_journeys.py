"""Journeys that did not convert: kept page by page, put together by links, the same however the
ledger is cut into pages, the pages are ordered, and the people are shared out."""

import random
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOON
from tests.memory_table import MemoryTable
from tests.night_world import SHOP, TODAY
from touchline.attribution.engine.paths import PathCount, batch_of
from touchline.attribution.engine.tables import CountTable, Shape, merged
from touchline.attribution.engine.tally import count
from touchline.attribution.night.extracts import PEOPLE, TOUCHES, Extract, ExtractStore, unpacked
from touchline.attribution.night.join import Bucket, Joined, Persons, persons
from touchline.attribution.night.progress import SCAN, Job, Step
from touchline.kernel.clock import DAY_MS, MINUTE_MS
from touchline.ledger.identity import Identity
from touchline.ledger.measures import Traffic

DAY = (0, DAY_MS)
SHAPE = Shape(3, timed=False)
JOB = Job(SHOP, TODAY, 1, "pin")
MIDNIGHT = NOON - DAY_MS // 2
GAP = 30 * MINUTE_MS
Row = Callable[[Extract], None]


def touch(who: str, at: int, channel: str, window: int = 30 * 86_400) -> Row:
    direct = channel == "direct"
    return lambda kept: kept.add_touch(
        Identity(who), at, channel, direct=direct, window_seconds=window
    )


def link(one: str, other: str) -> Row:
    return lambda kept: kept.add_link(Identity(one), Identity(other))


def converted(who: str, at: int) -> Row:
    return lambda kept: kept.add_conversion(Identity(who), at)


EVERYBODY = Bucket(0, 1)


def people(*rows: Row, page: int = 1000, bucket: Bucket = EVERYBODY) -> Persons:
    """The persons that rows tell of, `page` rows to an extract."""
    bodies = []
    for start in range(0, len(rows), page):
        extract = Extract(JOB)
        for row in rows[start : start + page]:
            row(extract)
        bodies.append(extract.bodies())
    return persons(
        [body[PEOPLE] for body in bodies if PEOPLE in body],
        [body[TOUCHES] for body in bodies if TOUCHES in body],
        bucket,
    )


def paths(*rows: Row, drop_direct: bool = True) -> Counter[tuple[str, ...]]:
    """Paths of up to two touches without a conversion on the first day, read from their grams."""
    table = people(*rows).did_not_convert(DAY, SHAPE, drop_direct=drop_direct)
    base = len(table.channels) + 1
    found: Counter[tuple[str, ...]] = Counter()
    for key, times in zip(table.grams.keys.tolist(), table.grams.sums[0].tolist(), strict=True):
        digits = [key // base**place % base for place in (3, 2, 1, 0)]
        if digits[-1] == 0:
            found[tuple(table.channels[digit - 1] for digit in digits if digit)] += times
    return found


def test_a_person_who_converted_in_the_window_is_left_out_under_every_identity() -> None:
    assert paths(
        touch("visitor:v1", 1, "ads"),
        touch("crm:7", 2, "email"),
        link("visitor:v1", "crm:7"),
        converted("crm:7", 3),
        touch("visitor:v2", 1, "ads"),
    ) == {("ads",): 1}


def test_a_conversion_outside_the_window_leaves_the_person_in() -> None:
    assert paths(touch("crm:7", 1, "ads"), converted("crm:7", 2 * DAY_MS)) == {("ads",): 1}


def test_one_journey_goes_over_all_identities_of_a_person_in_order_of_time() -> None:
    assert paths(
        touch("crm:7", 3, "email"),
        touch("visitor:v1", 1, "ads"),
        link("click:1", "crm:7"),
        link("visitor:v1", "click:1"),
    ) == {("ads", "email"): 1}


def test_a_journey_ends_with_its_last_touch_and_drops_what_is_older_than_its_window() -> None:
    rows = (
        touch("crm:7", 0, "view", window=60),
        touch("crm:7", 100_000, "ads"),
        touch("crm:7", 100_001, "direct"),
    )
    assert paths(*rows) == {("ads",): 1}
    assert paths(*rows, drop_direct=False) == {("ads", "direct"): 1}


def test_direct_visits_alone_are_a_journey() -> None:
    assert paths(touch("crm:7", 1, "direct"), touch("crm:7", 2, "direct")) == {
        ("direct", "direct"): 1
    }


def test_nobody_at_all_is_no_journey() -> None:
    assert people().did_not_convert(DAY, SHAPE).journeys == 0
    assert people(converted("crm:7", 1), link("crm:7", "crm:8")).traffic(DAY, GAP) == Traffic(0, 0)


def traffic(*touches: tuple[str, int], links: Sequence[tuple[str, str]] = ()) -> Traffic:
    rows = [*(touch(who, at, "ads") for who, at in touches), *(link(*ends) for ends in links)]
    return people(*rows).traffic((MIDNIGHT, MIDNIGHT + DAY_MS), GAP)


def test_a_gap_of_thirty_minutes_begins_another_session() -> None:
    near = traffic(("crm:ann", NOON), ("crm:ann", NOON + GAP - 1))
    far = traffic(("crm:ann", NOON), ("crm:ann", NOON + GAP))

    assert (near, far) == (Traffic(1, 1), Traffic(1, 2))


def test_people_are_counted_once_whatever_they_are_called() -> None:
    touches = (("crm:ann", NOON), ("crm:bob", NOON + MINUTE_MS))

    assert traffic(*touches) == Traffic(2, 2)
    assert traffic(*touches, links=[("crm:ann", "crm:bob")]) == Traffic(1, 1)


def test_a_session_over_midnight_belongs_to_the_day_on_which_it_began() -> None:
    touches = (("crm:ann", MIDNIGHT - MINUTE_MS), ("crm:ann", MIDNIGHT + MINUTE_MS))

    assert traffic(*touches) == Traffic(1, 0)


def test_who_came_the_day_before_only_is_not_counted() -> None:
    assert traffic(("crm:ann", MIDNIGHT - MINUTE_MS)) == Traffic(0, 0)


names = st.sampled_from([f"{domain}:{n}" for domain in ("visitor", "crm", "click") for n in "123"])
told = st.lists(
    st.one_of(
        st.builds(touch, names, st.integers(0, DAY_MS - 1), st.sampled_from(["a", "b", "direct"])),
        st.builds(link, names, names),
        st.builds(converted, names, st.integers(0, 2 * DAY_MS)),
    ),
    max_size=16,
)


@given(told, st.integers(1, 5), st.integers(1, 7), st.randoms(use_true_random=False))
def test_pages_their_order_and_the_number_of_buckets_change_nothing(
    rows: list[Row], page: int, buckets: int, chance: random.Random
) -> None:
    whole = people(*rows)
    shuffled = list(rows)
    chance.shuffle(shuffled)
    parts = [people(*shuffled, page=page, bucket=Bucket(n, buckets)) for n in range(buckets)]

    expected = Joined(whole.did_not_convert(DAY, SHAPE), whole.traffic(DAY, GAP))
    summed = [Joined(one.did_not_convert(DAY, SHAPE), one.traffic(DAY, GAP)) for one in parts]
    assert sum(summed[1:], summed[0]).to_bytes() == expected.to_bytes()


@given(told)
def test_what_is_joined_by_columns_is_what_walking_person_by_person_finds(rows: list[Row]) -> None:
    """An oracle in plain Python, from the definition."""
    extract = _Recorder()
    for row in rows:
        row(extract)  # type: ignore[arg-type]
    counted = people(*rows).did_not_convert(DAY, SHAPE)

    assert counted == extract.lost()


class _Recorder:
    """Takes rows as an extract does, and joins them one by one."""

    def __init__(self) -> None:
        self.touches: list[tuple[str, int, str, bool, int]] = []
        self.links: list[tuple[str, str]] = []
        self.conversions: list[tuple[str, int]] = []

    def add_touch(
        self, known: str, at: int, channel: str, *, direct: bool, window_seconds: int
    ) -> None:
        self.touches.append((known, at, channel, direct, window_seconds * 1000))

    def add_link(self, one: str, other: str) -> None:
        self.links.append((one, other))

    def add_conversion(self, known: str, at: int) -> None:
        self.conversions.append((known, at))

    def person(self, known: str) -> frozenset[str]:
        reached = {known}
        for _ in self.links:
            for ends in self.links:
                if reached & set(ends):
                    reached |= set(ends)
        return frozenset(reached)

    def lost(self) -> CountTable:
        journeys: dict[frozenset[str], list[tuple[int, str, bool, int]]] = {}
        for known, *step in self.touches:
            journeys.setdefault(self.person(known), []).append(tuple(step))  # type: ignore[arg-type]
        for known, at in self.conversions:
            if DAY[0] <= at < DAY[1]:
                journeys.pop(self.person(known), None)
        tables = [count(batch_of([]), SHAPE)]
        for steps in journeys.values():
            last = max(at for at, *_ in steps)
            kept = [step for step in sorted(steps) if last - step[0] <= step[3]]
            led = [step for step in kept if not step[2]] or kept
            path = tuple(channel for _, channel, *_ in led)
            tables.append(count(batch_of([PathCount(path, nulls=1)]), SHAPE))
        return merged(tables)


def test_an_extract_names_nobody_and_each_run_names_them_otherwise() -> None:
    def kept(number: int) -> tuple[bytes, list[int]]:
        extract = Extract(Job(SHOP, TODAY, number, "pin"))
        touch("email:ann@example.com", 1, "ads")(extract)
        body = extract.bodies()[TOUCHES]
        return body, list(unpacked(body)[0]["known"])

    first, again, other = kept(1), kept(1), kept(2)
    assert first == again
    assert first[1] != other[1]


def test_a_journey_of_more_channels_than_grams_can_name_is_refused() -> None:
    rows = [touch("crm:7", n, f"c{n}") for n in range(6_000)]
    with pytest.raises(ValueError, match="too many for order"):
        people(*rows).did_not_convert(DAY, Shape(4, timed=False))


def test_a_page_that_no_checkpoint_counts_is_not_read_and_is_deleted_with_the_others() -> None:
    """A worker that was given up may still write; what it adds must not be counted twice."""
    results = MemoryTable()
    store = ExtractStore(results)
    for number in range(3):
        extract = Extract(JOB)
        touch("crm:7", number, "ads")(extract)
        link("crm:7", "crm:8")(extract)
        store.keep(JOB, Step(SCAN, 5), number, extract)

    assert len(list(store.bodies(JOB, {5: 2}, TOUCHES))) == 2
    assert len(list(store.bodies(JOB, {5: 2}, PEOPLE))) == 2
    store.forget(JOB, {5: 2})
    assert results.items() == []


def test_what_is_longer_than_a_row_is_kept_in_pieces() -> None:
    store = ExtractStore(MemoryTable())
    long, short = bytes(range(256)) * 4000, b"short"
    store.keep_joined(JOB, TODAY, 0, long)
    store.keep_joined(JOB, TODAY, 1, short)
    store.keep_joined(JOB, "2026-01-02", 0, b"")

    assert store.joined(JOB, TODAY) == [long, short]
    assert store.joined(JOB, "2026-01-02") == [b""]
    assert store.joined(JOB, "2026-01-03") == []
