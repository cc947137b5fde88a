"""One parallel pass over the ledger for the journeys that did not convert.

Segments are read side by side and only the few attributes that a journey needs are brought. One
pass serves every realm and every day of an invocation.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

from touchline.attribution.journeys import is_direct, never
from touchline.attribution.night.fits import Path
from touchline.attribution.night.snapshot import Snapshot, TooLarge
from touchline.attribution.rules import RuleBook
from touchline.attribution.store import Spread
from touchline.kernel.clock import SECOND_MS
from touchline.kernel.ids import Realm
from touchline.ledger import rows
from touchline.ledger.fields import number, text, texts
from touchline.ledger.identity import Identity
from touchline.ledger.keys import part
from touchline.ledger.measures import Traffic
from touchline.ledger.model import Status, TouchKind
from touchline.platform.dynamo import Cursor, Item, Page

SEGMENTS = 4
FIELDS = (
    *("pk", "sk", "kind", "touch_kind", "channel", "received_at", "partner", "host", "flags"),
    *("at", "source", "receipt", "undone_at", "realm", "identities", "occurred_at", "status"),
    *("excluded",),
)
TOUCH_LIMIT = 1_000_000
"""Touches, and identities, of a window that one fit keeps: 35 and 150 bytes each (measured)."""


class Scanned(Protocol):
    """A table that can be read whole."""

    def scan(
        self,
        *,
        segment: int,
        segments: int,
        start: Cursor | None = None,
        fields: Sequence[str] = (),
    ) -> Page:
        """One page of one segment."""
        ...


class Scanner:
    """Journeys without a conversion of some realms; the table is read when first asked.

    `books` are the rules of each realm; they say what is never a touch, and how long one counts.
    """

    def __init__(
        self, table: Scanned, books: Mapping[Realm, RuleBook], since: int, spread: Spread
    ) -> None:
        self._table = table
        self._books = books
        self._since = since
        self._spread = spread
        self._snapshots: dict[Realm, Snapshot] | None = None

    @property
    def realms(self) -> Collection[Realm]:
        """The realms whose journeys one pass brings."""
        return self._books.keys()

    def lost(self, realm: Realm, first: int, end: int) -> Counter[Path]:
        """Paths of people who did not convert in `[first, end)`. Raises TooLarge."""
        drop_direct = self._books[realm].rules.drop_direct
        return self._seen(realm, first).did_not_convert(first, end, drop_direct=drop_direct)

    def traffic(self, realm: Realm, first: int, end: int) -> Traffic:
        """People and sessions in `[first, end)`. Raises TooLarge."""
        gap_ms = self._books[realm].rules.session_gap_seconds * SECOND_MS
        return self._seen(realm, first).traffic(first, end, gap_ms)

    def _seen(self, realm: Realm, first: int) -> Snapshot:
        if self._snapshots is None or first < self._since:
            self._since = min(first, self._since)
            self._snapshots = self._read()
        return self._snapshots[realm]

    def _read(self) -> dict[Realm, Snapshot]:
        found = {realm: Snapshot(self._since, TOUCH_LIMIT) for realm in self._books}
        escaped = {part(realm): realm for realm in self._books}
        segments = [self._pages(segment) for segment in range(SEGMENTS)]
        while segments:
            pages = self._spread(_next_page, segments)
            for page in pages:
                for item in page or ():
                    realm = escaped.get(text(item, "pk").partition("#")[0])
                    if realm is not None:
                        _take(found[realm], item, self._books[realm])
            segments = [one for one, page in zip(segments, pages, strict=True) if page is not None]
        return found

    def _pages(self, segment: int) -> Iterator[Sequence[Item]]:
        start: Cursor | None = None
        while True:
            page = self._table.scan(segment=segment, segments=SEGMENTS, start=start, fields=FIELDS)
            yield page.items
            if page.next is None:
                return
            start = page.next


def _next_page(pages: Iterator[Sequence[Item]]) -> Sequence[Item] | None:
    return next(pages, None)


def _take(snapshot: Snapshot, item: Item, book: RuleBook) -> None:
    try:
        kind = item.get("kind")
        if kind == rows.TOUCH:
            _take_touch(snapshot, item, book)
        elif kind == rows.LINK:
            if "undone_at" not in item:
                link = rows.link_of(item)
                snapshot.add_link(link.one, link.other)
        elif kind == rows.CONVERSION:
            _take_conversion(snapshot, item)
    except (ValueError, KeyError, TypeError):
        return  # the step that decides it has named it; a fit does without


def _take_touch(snapshot: Snapshot, item: Item, book: RuleBook) -> None:
    touch = rows.touch_of(item)
    if touch.occurred_at < snapshot.since or never(touch, book):
        return
    seconds = (
        book.rules.session_length_seconds
        if touch.kind is TouchKind.OPTIMIZATION_VIEW
        else book.window(touch).seconds
    )
    snapshot.add_touch(
        touch.identity,
        touch.occurred_at,
        touch.channel,
        direct=is_direct(touch),
        window_seconds=seconds,
    )


def _take_conversion(snapshot: Snapshot, item: Item) -> None:
    counts = "excluded" not in item and text(item, "status") != Status.REJECTED.value
    if counts:
        for known in texts(item, "identities")[:1]:
            snapshot.add_conversion(Identity(known), number(item, "occurred_at"))


__all__ = ["Scanner", "TooLarge"]
