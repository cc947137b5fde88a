"""Decisions one by one, page after page: what exports and reconciliation are made of."""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from touchline.kernel.clock import iso
from touchline.kernel.errors import Refused
from touchline.kernel.ids import PartnerId
from touchline.kernel.money import plain
from touchline.ledger.decisions import WHOLE, Credit, Decision, decision_of
from touchline.ledger.keys import SHARDS
from touchline.ledger.result_keys import decisions_pk
from touchline.platform.dynamo import Item, Page
from touchline.reporting.ask import Ask
from touchline.reporting.published import Published

PLACES = 6
QUERY_ROWS = 200


class Place(NamedTuple):
    """Where the last row of a page lies: day, shard and sort key."""

    day: str
    shard: int
    sk: str


class Results(Protocol):
    """The results table, as far as it is asked here."""

    def query(self, pk: str, *, first: str = "", limit: int | None = None) -> Page:
        """One page of a partition in order."""
        ...


def page_of(
    results: Results, published: Published, ask: Ask, limit: int, after: Place | None
) -> tuple[list[dict[str, Any]], str | None]:
    """At most `limit` rows in order of day, and the cursor of the next page.

    A partner's rows are those that it is paid for or lost, with its own touches and money only.
    """
    rows: list[dict[str, Any]] = []
    for place, item in _items(results, published, ask, after):
        decision = decision_of(item)
        if not _wanted(decision, ask):
            continue
        rows.append(row_of(decision, ask.partner))
        if len(rows) == limit:
            return rows, cursor_of(place)
    return rows, None


def row_of(decision: Decision, partner: PartnerId | None = None) -> dict[str, Any]:
    """One decision as a flat row; `credit` is each model's share of each step of the path."""
    path = decision.path
    own = [step for step, touch in enumerate(path) if partner in {None, touch.partner}]
    return {
        "event": decision.key.event,
        "id": decision.key.id,
        "scope": decision.key.scope,
        "occurred_at": iso(decision.occurred_at),
        "outcome": decision.outcome,
        "reason": decision.reason,
        "value": plain(decision.value_micros),
        "currency": decision.currency,
        "payer": decision.payer if partner in {None, decision.payer} else None,
        "evidence": decision.payer_evidence if partner in {None, decision.payer} else "",
        "payout": plain(
            sum(one.payout_micros for one in decision.payouts if partner in {None, one.partner})
        ),
        "payout_currency": decision.payout_currency or decision.currency,
        "lost": [one.reason for one in decision.losers if partner in {None, one.partner}],
        "path": [path[step].channel for step in own],
        "campaigns": [path[step].campaign or "" for step in own],
        "touched_at": [iso(path[step].occurred_at) for step in own],
        "credit": {
            model: [_share(given, step) for step in own]
            for model, given in decision.credits.items()
        },
        "rules_version": decision.rules_version,
    }


def cursor_of(place: Place) -> str:
    """A place as it is told."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def place_of(cursor: str) -> Place | None:
    """The place that a cursor tells; None for no cursor. Raises Refused `bad_cursor`."""
    if not cursor:
        return None
    try:
        day, shard, sk = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError, binascii.Error) as error:
        raise Refused("bad_cursor", field="cursor") from error
    if not (isinstance(day, str) and isinstance(sk, str) and isinstance(shard, int)):
        raise Refused("bad_cursor", field="cursor")
    return Place(day, shard, sk)


def _items(
    results: Results, published: Published, ask: Ask, after: Place | None
) -> Iterator[tuple[Place, Item]]:
    for one in published.pointers(ask.realm, ask.days.first, ask.days.last):
        for shard in range(SHARDS):
            if after is not None and (one.day, shard) < (after.day, after.shard):
                continue
            begun = after is not None and (one.day, shard) == (after.day, after.shard)
            last = after.sk if begun and after is not None else ""
            for item in _partition(results, decisions_pk(ask.realm, one.day, shard), last):
                yield Place(one.day, shard, str(item["sk"])), item


def _partition(results: Results, pk: str, after: str) -> Iterator[Item]:
    """The rows of a partition that come after a sort key."""
    while True:
        page = results.query(pk, first=after, limit=QUERY_ROWS)
        for item in page.items:
            if str(item["sk"]) > after:
                yield item
        if page.next is None or not page.items:
            return
        after = str(page.items[-1]["sk"])


def _wanted(decision: Decision, ask: Ask) -> bool:
    if ask.event not in {"", decision.key.event} or ask.currency not in {"", decision.currency}:
        return False
    if ask.partner is None:
        return True
    named = {decision.payer, *(one.partner for one in decision.payouts)}
    return ask.partner in named | {one.partner for one in decision.losers}


def _share(given: Sequence[Credit], step: int) -> float:
    return round(sum(one.share_ppb for one in given if one.step == step) / WHOLE, PLACES)
