"""Reading what the nights published: per day the version that counts, per version its rows."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from touchline.kernel.ids import Realm
from touchline.ledger.fields import text
from touchline.platform.dynamo import Item
from touchline.reporting.ask import Ask

Read = TypeVar("Read")


class Version(Protocol):
    """Which version of a day counts."""

    @property
    def day(self) -> str:
        """The UTC day on which the conversions occurred."""
        ...

    @property
    def version(self) -> str:
        """Names the rows that count."""
        ...

    @property
    def restated(self) -> bool:
        """Whether decisions have changed since the day was first published."""
        ...

    @property
    def refitted(self) -> bool:
        """Whether all that the day's last change moved are data-driven credits."""
        ...


class Published(Protocol):
    """What nights published."""

    def pointers(self, realm: Realm, first: str, last: str) -> Sequence[Any]:
        """The versions that count, of every published day in the range."""
        ...

    def version(self, realm: Realm, day: str, version: str, prefix: str) -> Iterator[Item]:
        """Rows of one version."""
        ...


class Spread(Protocol):
    """Does a piece of work for each of many things, side by side if it can."""

    def __call__(self, work: Callable[[Any], Any], over: Sequence[Any]) -> list[Any]:
        """The answers in the order of the things."""
        ...


def rows_of(
    published: Published, ask: Ask, prefixes: Sequence[str], spread: Spread
) -> list[tuple[Version, list[Item]]]:
    """For each published day in order, its rows with one of the prefixes.

    How much is read depends on the days asked for, never on the number of conversions.
    """
    days = published.pointers(ask.realm, ask.days.first, ask.days.last)
    wanted = [(one, prefix) for one in days for prefix in prefixes]

    def read(place: tuple[Version, str]) -> list[Item]:
        one, prefix = place
        return list(published.version(ask.realm, one.day, one.version, prefix))

    found: dict[str, list[Item]] = {}
    for (one, _), items in zip(wanted, spread(read, wanted), strict=True):
        found.setdefault(one.day, []).extend(items)
    return [(one, found.get(one.day, [])) for one in days]


def body(item: Item) -> Any:
    """What a row says."""
    return json.loads(text(item, "body"))


def currencies(amounts: Mapping[str, int], plain: Callable[[int], str]) -> dict[str, str]:
    """Amounts by currency, written as decimals."""
    return {currency: plain(micros) for currency, micros in sorted(amounts.items())}
