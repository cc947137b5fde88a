"""People and sessions of a day, as the night's one pass over the ledger counts them."""

from tests.factories import NOON
from touchline.attribution.night.snapshot import Snapshot
from touchline.kernel.clock import DAY_MS, MINUTE_MS
from touchline.ledger.identity import Identity
from touchline.ledger.measures import Traffic

MIDNIGHT = NOON - DAY_MS // 2
GAP = 30 * MINUTE_MS
ANN, BOB = Identity("crm:ann"), Identity("crm:bob")


def traffic(
    *touches: tuple[Identity, int], links: tuple[tuple[Identity, Identity], ...] = ()
) -> Traffic:
    seen = Snapshot(MIDNIGHT - DAY_MS, 100)
    for known, at in touches:
        seen.add_touch(known, at, "ads", direct=False, window_seconds=86_400)
    for one, other in links:
        seen.add_link(one, other)
    return seen.traffic(MIDNIGHT, MIDNIGHT + DAY_MS, GAP)


def test_a_gap_of_thirty_minutes_begins_another_session() -> None:
    near = traffic((ANN, NOON), (ANN, NOON + GAP - 1))
    far = traffic((ANN, NOON), (ANN, NOON + GAP))

    assert (near, far) == (Traffic(1, 1), Traffic(1, 2))


def test_people_are_counted_once_whatever_they_are_called() -> None:
    touches = ((ANN, NOON), (BOB, NOON + MINUTE_MS))

    assert traffic(*touches) == Traffic(2, 2)
    assert traffic(*touches, links=((ANN, BOB),)) == Traffic(1, 1)


def test_a_session_over_midnight_belongs_to_the_day_on_which_it_began() -> None:
    assert traffic((ANN, MIDNIGHT - MINUTE_MS), (ANN, MIDNIGHT + MINUTE_MS)) == Traffic(1, 0)


def test_who_came_the_day_before_only_is_not_counted() -> None:
    assert traffic((ANN, MIDNIGHT - MINUTE_MS)) == Traffic(0, 0)
