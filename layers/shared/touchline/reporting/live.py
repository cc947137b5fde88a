"""What came in last, and the way of one conversion through every stage, as it is this moment."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from touchline.delivery.model import Announcement, Attempt, Delivery
from touchline.kernel.clock import day_of, iso, next_day, start_of
from touchline.kernel.ids import EndpointId, PartnerId, Realm
from touchline.kernel.money import plain
from touchline.kernel.reasons import CATALOGUE
from touchline.ledger.decisions import Decision, decision_of
from touchline.ledger.model import Conversion, ConversionKey
from touchline.ledger.result_keys import decision_key
from touchline.platform.dynamo import Cursor, Item, Key
from touchline.registry.model import Endpoint

COUNTED_MOST = 2_000
"""Deliveries of one day that are counted; where there are more the answer says so."""


class Conversions(Protocol):
    """The ledger, as far as it is asked here."""

    def latest(self, realm: Realm, day: str, limit: int) -> list[Conversion]:
        """The conversions that changed last on a day."""


class Decided(Protocol):
    """The results table, as far as it is asked here."""

    def batch_get(self, keys: Sequence[Key]) -> list[Item]:
        """The items that exist."""


class Sent(Protocol):
    """The deliveries table, as far as it is asked here."""

    def announcements(self, realm: Realm, key: ConversionKey) -> list[Announcement]:
        """Everything announced about a conversion."""

    def deliveries(self, realm: Realm, names: Sequence[str]) -> list[Delivery]:
        """Those of the deliveries that exist."""

    def attempts(self, realm: Realm, name: str) -> list[Attempt]:
        """The attempts of a delivery."""

    def logged(
        self, realm: Realm, at: int, *, limit: int, start: Cursor | None = None
    ) -> tuple[list[Delivery], Cursor | None]:
        """One page of the deliveries announced on a day."""


Spread = Callable[[Callable[[Conversion], Any], Sequence[Conversion]], list[Any]]


@dataclass(frozen=True, slots=True)
class Sight:
    """What the asker may see: everything of a realm, or one partner's own things in it.

    Not what is over, whether it still lies there or not: deliveries made until `sent_after` (ms),
    raw requests of days before `first_day`.
    """

    realm: Realm
    endpoints: Mapping[EndpointId, Endpoint]
    partner: PartnerId | None = None
    sent_after: int = 0
    first_day: str = ""

    def conversion(self, one: Conversion) -> bool:
        """Whether the asker sees this conversion: its own, whoever it was credited to."""
        return self.partner is None or self.partner in {one.partner, one.key.scope}

    def endpoint(self, name: EndpointId) -> bool:
        """Whether the asker sees what is sent to this endpoint."""
        if self.partner is None:
            return True
        endpoint = self.endpoints.get(name)
        return endpoint is not None and endpoint.partner == self.partner


@dataclass(frozen=True, slots=True)
class Window:
    """The three places that are looked into, and how to do so side by side."""

    ledger: Conversions
    results: Decided
    sent: Sent
    spread: Spread


def latest(window: Window, sight: Sight, today: str, limit: int) -> list[dict[str, Any]]:
    """The conversions of today and yesterday that changed last, newest first, each with what
    became of it."""
    found: list[Conversion] = []
    for day in (today, next_day(today, -1)):
        if len(found) < limit:
            rows = window.ledger.latest(sight.realm, day, limit)
            found += [one for one in rows if sight.conversion(one)]
    found = found[:limit]
    decided = decisions_of(window.results, found)
    sent = window.spread(lambda one: _sent_briefly(window.sent, sight, one), found)
    return [
        {**conversion_row(one), **_outcome(decided.get(decision_key_of(one))), "deliveries": news}
        for one, news in zip(found, sent, strict=True)
    ]


def stages(window: Window, sight: Sight, claims: Iterable[Conversion]) -> list[dict[str, Any]]:
    """Every claim to one order through its stages: stored, announced, sent, decided.

    A partner sees its own claims and what is sent to its own endpoints; the request as it came
    is shown to the account only.
    """
    seen = [one for one in claims if sight.conversion(one)]
    decided = decisions_of(window.results, seen)
    return [
        {
            **conversion_row(one),
            "identities": [known.partition(":")[0] for known in one.identities],
            "versions": one.version,
            "request": _request(sight, one),
            "announcements": _announced(window.sent, sight, one),
            "deliveries": _sent_fully(window.sent, sight, one),
            "decision": _outcome(decided.get(decision_key_of(one))) or None,
        }
        for one in seen
    ]


def delivery_counts(sent: Sent, realm: Realm, days: Iterable[str]) -> dict[str, Any]:
    """Deliveries of the days by state; `more` when there were more than are counted."""
    counts: Counter[str] = Counter()
    more = False
    for day in days:
        found, rest = sent.logged(realm, start_of(day), limit=COUNTED_MOST)
        counts.update(one.state.value for one in found)
        more = more or rest is not None
    return {
        "delivered": counts["delivered"],
        "failed": counts["failed"] + counts["cancelled"],
        "held": counts["held"],
        "pending": counts["pending"] + counts["sending"],
        "more": more,
    }


def decisions_of(results: Decided, conversions: Sequence[Conversion]) -> dict[Key, Decision]:
    """The decisions about these conversions, as far as a night has made them."""
    items = results.batch_get([decision_key_of(one) for one in conversions]) if conversions else []
    return {Key(str(item["pk"]), str(item["sk"])): decision_of(item) for item in items}


def conversion_row(one: Conversion) -> dict[str, Any]:
    """A conversion as reports tell it; its identities stay in the ledger."""
    return {
        "event": one.key.event,
        "id": one.key.id,
        "scope": one.key.scope,
        "received_at": one.received_at,
        "changed_at": one.changed_at,
        "occurred_at": one.occurred_at,
        "status": one.status.value,
        "value": plain(one.net_value_micros),
        "currency": one.currency,
        "payout": plain(one.net_payout_micros),
        "payout_currency": one.payout_currency,
        "partner": one.partner,
        "campaign": one.campaign,
        "receipt": one.receipt,
        "flags": list(one.flags),
        "excluded": told(one.excluded),
    }


def told(code: str) -> dict[str, str] | None:
    """A reason with the catalogue's words; None for none."""
    if not code:
        return None
    row = CATALOGUE.get(code.partition(":")[0])
    words = {"meaning": row.meaning, "fix": row.fix} if row else {"meaning": "", "fix": ""}
    return {"code": code, **words}


def decision_key_of(one: Conversion) -> Key:
    """Where the decision about a conversion lies."""
    return decision_key(one.realm, one.key, one.occurred_at)


def _outcome(decision: Decision | None) -> dict[str, Any]:
    if decision is None:
        return {}
    return {
        "outcome": decision.outcome,
        "reason": decision.reason,
        "why": told(decision.reason),
        "payer": decision.payer,
    }


def _deliveries(sent: Sent, sight: Sight, one: Conversion) -> list[Delivery]:
    names = [name for news in sent.announcements(sight.realm, one.key) for name in news.planned]
    found = sent.deliveries(sight.realm, names) if names else []
    return [
        delivery
        for delivery in found
        if sight.endpoint(delivery.endpoint) and delivery.created_at > sight.sent_after
    ]


def _sent_briefly(sent: Sent, sight: Sight, one: Conversion) -> list[dict[str, str]]:
    return [
        {"id": delivery.id, "endpoint": delivery.endpoint, "state": delivery.state.value}
        for delivery in _deliveries(sent, sight, one)
    ]


def _sent_fully(sent: Sent, sight: Sight, one: Conversion) -> list[dict[str, Any]]:
    return [
        {
            "id": delivery.id,
            "endpoint": delivery.endpoint,
            "type": delivery.type,
            "state": delivery.state.value,
            "created_at": delivery.created_at,
            "next_at": delivery.next_at if delivery.finished_at is None else None,
            "why": told(delivery.reason),
            "attempts": [_attempt(made) for made in sent.attempts(sight.realm, delivery.id)],
        }
        for delivery in _deliveries(sent, sight, one)
    ]


def _announced(sent: Sent, sight: Sight, one: Conversion) -> list[dict[str, Any]]:
    return [
        {
            "type": news.type,
            "at": news.at,
            "planned": len(news.planned) if sight.partner is None else None,
            "skipped": [
                {"endpoint": name, "why": told(code)}
                for name, code in sorted(news.skipped.items())
                if sight.endpoint(name)
            ],
        }
        for news in sent.announcements(sight.realm, one.key)
    ]


def _attempt(made: Attempt) -> dict[str, Any]:
    return {
        "number": made.number,
        "at": made.at,
        "duration_ms": made.duration_ms,
        "manual": made.manual,
        "request": {
            "method": made.method,
            "url": made.url,
            "headers": dict(made.headers),
            "body": made.request_body,
        },
        "response": {
            "status": made.status,
            "headers": dict(made.response_headers),
            "body": made.response,
            "truncated": made.truncated,
        },
        "outcome": made.outcome,
        "why": told(made.reason),
        "next_at": made.next_at,
    }


def _request(sight: Sight, one: Conversion) -> dict[str, Any] | None:
    kept = one.envelope
    if kept is None or sight.partner is not None:
        return None
    if day_of(one.changed_at or one.received_at) < sight.first_day:
        return None
    return {
        "method": kept.method,
        "path": kept.path,
        "query": kept.raw_query,
        "body": kept.body.decode("utf-8", "replace"),
        "at": iso(kept.received_at),
    }
