"""Where the rows of an export come from: the same pages as the report of the same name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from touchline.delivery.rows import READ_MS
from touchline.delivery.store import DeliveryStore
from touchline.kernel.clock import Clock
from touchline.kernel.errors import Refused
from touchline.ledger.store import LedgerStore
from touchline.platform.dynamo import Table
from touchline.registry.model import Registry
from touchline.reporting.ask import Ask
from touchline.reporting.clicks import ClickAsk, clicks_page
from touchline.reporting.decided import page_of, place_of
from touchline.reporting.deliveries import Wanted, listed
from touchline.reporting.exports.columns import (
    CLICK_COLUMNS,
    DELIVERY_COLUMNS,
    Columns,
    decision_columns,
)
from touchline.reporting.exports.job import Export
from touchline.reporting.published import Published, Spread

DECISIONS_AT_ONCE = 5_000
ROWS_AT_ONCE = 1_000


class Rows(NamedTuple):
    """A group of rows, the cursor of the next one (None: that was all), and the day it is at."""

    rows: Sequence[dict[str, Any]]
    next: str | None
    day: str


@dataclass(frozen=True, slots=True)
class Source:
    """`read` gives the rows from a cursor on; "" is the beginning."""

    columns: Columns
    read: Callable[[str], Rows]


@dataclass(frozen=True, slots=True)
class Stores:
    """What exports are read from."""

    ledger: LedgerStore
    results: Table
    published: Published
    deliveries: DeliveryStore
    spread: Spread
    clock: Clock


def source_of(export: Export, stores: Stores, registry: Registry) -> Source:
    """The rows of an export. Raises Refused `partner_needed` for clicks of nobody."""
    if export.report == "decisions":
        rules = registry.account.rules
        models = dict.fromkeys((*rules.models, *rules.data_driven_models))
        return Source(decision_columns(models), _decisions(export, stores))
    if export.report == "deliveries":
        return Source(DELIVERY_COLUMNS, _deliveries(export, stores, registry))
    return Source(CLICK_COLUMNS, _clicks(export, stores))


def _decisions(export: Export, stores: Stores) -> Callable[[str], Rows]:
    ask = Ask(export.realm, export.days, export.partner, **export.filters)

    def read(cursor: str) -> Rows:
        place = place_of(cursor)
        rows, following = page_of(stores.results, stores.published, ask, DECISIONS_AT_ONCE, place)
        return Rows(rows, following, place.day if place else export.days.first)

    return read


def _deliveries(export: Export, stores: Stores, registry: Registry) -> Callable[[str], Rows]:
    wanted = Wanted(stores.clock() - READ_MS, partner=export.partner, **export.filters)

    def read(cursor: str) -> Rows:
        page = listed(
            stores.deliveries,
            registry,
            export.realm,
            export.days,
            wanted,
            limit=ROWS_AT_ONCE,
            cursor=cursor,
        )
        return Rows(page["deliveries"], page["next"], cursor[:10] or export.days.first)

    return read


def _clicks(export: Export, stores: Stores) -> Callable[[str], Rows]:
    if export.partner is None:
        raise Refused("partner_needed", field="partner")
    subs = {name: value for name, value in export.filters.items() if name.startswith("sub")}
    campaign = export.filters.get("campaign", "")
    ask = ClickAsk(export.realm, export.partner, export.days, stores.clock(), campaign, subs)

    def read(cursor: str) -> Rows:
        rows, following = clicks_page(
            stores.ledger, stores.spread, ask, limit=ROWS_AT_ONCE, cursor=cursor
        )
        return Rows(rows, following, cursor[:10] or export.days.last)

    return read
