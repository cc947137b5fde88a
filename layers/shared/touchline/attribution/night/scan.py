"""A scan step: one segment of the ledger, page after page, for the journeys that did not convert.

Only the few attributes that a journey needs are brought. A page is kept before its checkpoint is
written, under a number of its own, so that a crash costs no more than that page.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from touchline.attribution.journeys import is_direct, never
from touchline.attribution.night.extracts import Extract
from touchline.attribution.night.progress import Job, Progress, Step
from touchline.attribution.rules import RuleBook
from touchline.kernel.ids import Realm
from touchline.ledger import rows
from touchline.ledger.fields import number, text, texts
from touchline.ledger.identity import Identity
from touchline.ledger.keys import part
from touchline.ledger.model import Status, TouchKind
from touchline.platform.dynamo import Cursor, Item, Page

FIELDS = (
    *("pk", "sk", "kind", "touch_kind", "channel", "received_at", "partner", "host", "flags"),
    *("at", "source", "receipt", "undone_at", "realm", "identities", "occurred_at", "status"),
    *("excluded", "expires_at"),
)


class Scanned(Protocol):
    """A table that can be read whole."""

    def scan(self, segment: int, start: Cursor | None, fields: Sequence[str]) -> Page:
        """One page of one segment."""
        ...


class Kept(Protocol):
    """Where extracts are kept."""

    def keep(self, job: Job, step: Step, number: int, extract: Extract) -> None:
        """Keep a page's extract."""
        ...


def scan_page(
    job: Job,
    step: Step,
    progress: Progress,
    span: tuple[int, int],
    book: RuleBook,
    ledger: Scanned,
    kept: Kept,
) -> Progress:
    """Keep the next page of a segment. What it returns is to be written as the checkpoint.

    `span` is `[first, end)`, what the windows to be fitted need; `book` says what is never a touch,
    and how long one counts.
    """
    page = ledger.scan(step.shard, progress.cursor, FIELDS)
    extract = extract_of(job, page.items, span, book)
    kept.keep(job, step, progress.pages, extract)
    return replace(
        progress,
        cursor=page.next,
        done=page.next is None,
        pages=progress.pages + 1,
        touches=progress.touches + extract.touches,
        links=progress.links + extract.links,
    )


def extract_of(job: Job, items: Sequence[Item], span: tuple[int, int], book: RuleBook) -> Extract:
    """What rows of the ledger say about the realm's journeys within the span."""
    extract = Extract(job)
    mine = f"{part(Realm(job.realm))}#"
    for item in items:
        if text(item, "pk").startswith(mine):
            _take(job, extract, item, span, book)
    return extract


def _take(job: Job, extract: Extract, item: Item, span: tuple[int, int], book: RuleBook) -> None:
    try:
        kind = item.get("kind")
        if kind == rows.TOUCH:
            _take_touch(job, extract, item, span, book)
        elif kind == rows.LINK:
            if "undone_at" not in item:
                link = rows.link_of(item)
                extract.add_link(link.one, link.other)
        elif kind == rows.CONVERSION:
            _take_conversion(extract, item, span)
    except (ValueError, KeyError, TypeError):
        return  # the step that decides it has named it; a fit does without


def _take_touch(
    job: Job, extract: Extract, item: Item, span: tuple[int, int], book: RuleBook
) -> None:
    touch = rows.touch_of(item)
    within = span[0] <= touch.occurred_at < span[1] and not touch.is_over(job.ends_at)
    if not within or never(touch, book):
        return
    seconds = (
        book.rules.session_length_seconds
        if touch.kind is TouchKind.OPTIMIZATION_VIEW
        else book.window(touch).seconds
    )
    extract.add_touch(
        touch.identity,
        touch.occurred_at,
        touch.channel,
        direct=is_direct(touch),
        window_seconds=seconds,
    )


def _take_conversion(extract: Extract, item: Item, span: tuple[int, int]) -> None:
    at = number(item, "occurred_at")
    counts = "excluded" not in item and text(item, "status") != Status.REJECTED.value
    if counts and span[0] <= at < span[1]:
        for known in texts(item, "identities")[:1]:
            extract.add_conversion(Identity(known), at)
