"""One partner's clicks, newest first: what came in under its name, and whether it counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple, Protocol

from touchline.kernel.clock import iso, next_day
from touchline.kernel.errors import Refused
from touchline.kernel.ids import PartnerId, Realm
from touchline.ledger.keys import SHARDS, click_at
from touchline.ledger.model import UNCOUNTED_FLAGS, Touch
from touchline.reporting.ask import Days
from touchline.reporting.published import Spread

STRETCHES = 31
"""Days, or parts of a busy day, that one answer looks through; then it says where to go on."""


LONGEST_PLACE = 400


class Clicks(Protocol):
    """The ledger, as far as it is asked here."""

    def clicks(
        self, realm: Realm, partner: PartnerId, day: str, shard: int, *, until: str, limit: int
    ) -> list[Touch]:
        """The last clicks of a partner in one shard of a day, newest first."""
        ...


@dataclass(frozen=True, slots=True)
class ClickAsk:
    """Whose clicks of which days; `campaign` and `subs` narrow them. `now` in milliseconds."""

    realm: Realm
    partner: PartnerId
    days: Days
    now: int
    campaign: str = ""
    subs: Mapping[str, str] = field(default_factory=dict)

    def wants(self, click: Touch) -> bool:
        """Whether the click is asked for, and not past its retention."""
        return (
            self.campaign in {"", click.campaign}
            and all(click.subs.get(name) == value for name, value in self.subs.items())
            and not click.is_over(self.now)
        )


class Place(NamedTuple):
    """Where to go on: before `at` on the day, or at the day's end when it is ""."""

    day: str
    at: str = ""


def clicks_page(
    ledger: Clicks, spread: Spread, ask: ClickAsk, *, limit: int, cursor: str
) -> tuple[list[dict[str, Any]], str | None]:
    """At most `limit` clicks, and the cursor of the next page. Raises Refused `bad_cursor`.

    One query a shard is made for each of at most `STRETCHES` days, for at most `limit` rows each,
    however many clicks there are.
    """
    place, found = _place_of(cursor, ask.days), list[dict[str, Any]]()
    for _ in range(STRETCHES):
        clicks, following = _stretch(ledger, spread, ask, place, limit)
        for click in clicks:
            if ask.wants(click):
                found.append(shown(click))
            if len(found) == limit:
                return found, "|".join(Place(place.day, _at(click)))
        place = following
        if place.day < ask.days.first:
            return found, None
    return found, "|".join(place)


def shown(click: Touch) -> dict[str, Any]:
    """A click as its partner may see it: nothing of the person, and why it may not count."""
    return {
        "click_id": click.click_id or "",
        "click_ref": click.click_ref,
        "occurred_at": iso(click.occurred_at),
        "received_at": iso(click.received_at),
        "partner": click.partner,
        "campaign": click.campaign or "",
        "channel": click.channel,
        "country": click.country,
        "counts": UNCOUNTED_FLAGS.isdisjoint(click.flags),
        "flags": list(click.flags),
        "subs": dict(click.subs),
    }


def _stretch(
    ledger: Clicks, spread: Spread, ask: ClickAsk, place: Place, limit: int
) -> tuple[Sequence[Touch], Place]:
    """The next clicks of a day, newest first, and where the following ones are."""

    def read(shard: int) -> list[Touch]:
        return ledger.clicks(
            ask.realm, ask.partner, place.day, shard, until=place.at, limit=limit + 1
        )

    clicks = sorted(chain.from_iterable(spread(read, range(SHARDS))), key=_at, reverse=True)
    further = [click for click in clicks if not place.at or _at(click) < place.at][:limit]
    if len(further) == limit:
        return further, Place(place.day, _at(further[-1]))
    return further, Place(next_day(place.day, -1))


def _at(click: Touch) -> str:
    return click_at(click.occurred_at, click.id)


def _place_of(cursor: str, days: Days) -> Place:
    day, bar, at = cursor.partition("|")
    if cursor and (not bar or len(at) > LONGEST_PLACE or day not in set(days)):
        raise Refused("bad_cursor", field="cursor")
    return Place(day, at) if cursor else Place(days.last)
