"""From the streams to the delivery queue: what was stored or decided is announced, once.

A stream tells everything at least once. Announcing is a conditional write under an ID made of the
news, so a record that comes again changes nothing. Messages are a convenience: what was stored
and not queued is found by the sweeper.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from touchline.delivery.announce import Plan, plan
from touchline.delivery.firing import fires
from touchline.delivery.jobs import message_of
from touchline.delivery.news import News, of_conversion, of_decision
from touchline.delivery.platforms import PLATFORMS
from touchline.delivery.referral import referrer_of
from touchline.delivery.referral_store import ReferralCounts
from touchline.delivery.registries import Registries
from touchline.delivery.store import MOST_PER_TRANSACTION, DeliveryStore
from touchline.kernel.clock import Clock
from touchline.kernel.errors import NotFound
from touchline.kernel.ids import EndpointId, Realm, account_of, is_test
from touchline.ledger.conversion_rows import conversion_of
from touchline.ledger.decisions import DECISION, decision_of
from touchline.ledger.identity import CLICK, Identity
from touchline.ledger.model import Conversion, ConversionKey, Touch
from touchline.ledger.rows import CONVERSION
from touchline.platform.queue import Queue
from touchline.platform.stream import Changed
from touchline.registry.model import EndpointFormat, Registry


class Ledger(Protocol):
    """Knows the conversion that a decision is about, and the click that led to it."""

    def conversion(self, realm: Realm, key: ConversionKey) -> Conversion | None:
        """The conversion of a key."""
        ...

    def first_touch(self, realm: Realm, known: Identity, at: int) -> Touch | None:
        """The earliest touch of an identity."""
        ...


class Outbox:
    """Announces changes of rows; those of a test side to endpoints that are for tests."""

    def __init__(
        self,
        store: DeliveryStore,
        registries: Registries,
        ledger: Ledger,
        referrals: ReferralCounts,
        queue: Queue,
        clock: Clock,
    ) -> None:
        self._store = store
        self._registries = registries
        self._ledger = ledger
        self._referrals = referrals
        self._queue = queue
        self._clock = clock

    def announce(self, change: Changed) -> int:
        """Announce one change; the number of new deliveries.

        Raises StoreUnavailable (the record must come again) and ValueError for a damaged row.
        """
        news = self._news(change)
        if news is None:
            return 0
        try:
            registry = self._registries.registry(account_of(news.realm))
        except NotFound:
            return 0
        news = replace(self._with_ad_ids(registry, news), test=is_test(news.realm))
        planned = plan(registry, news, self._counts(registry, news))
        return self._store_and_queue(planned) if planned else 0

    def _news(self, change: Changed) -> News | None:
        now = change.now
        if now is None:
            return None
        if now.get("kind") == CONVERSION:
            before = conversion_of(change.before) if change.before else None
            return of_conversion(before, conversion_of(now), change.at)
        if now.get("kind") == DECISION:
            decided = decision_of(change.before) if change.before else None
            news = of_decision(decided, decision_of(now), change.id, change.at)
            return self._with_conversion(news) if news else None
        return None

    def _with_conversion(self, news: News) -> News:
        return replace(news, conversion=self._ledger.conversion(news.realm, news.key))

    def _with_ad_ids(self, registry: Registry, news: News) -> News:
        """For ad platforms: the ad click IDs that the click came with."""
        conversion = news.conversion
        if conversion is None or not conversion.click_id:
            return news
        if not any(one.format in PLATFORMS for one in registry.endpoints.values()):
            return news
        named = Identity(f"{CLICK}:{conversion.click_id}")
        click = self._ledger.first_touch(news.realm, named, self._clock())
        return replace(news, ad_ids=click.ad_ids) if click else news

    def _counts(self, registry: Registry, news: News) -> Mapping[EndpointId, Mapping[str, str]]:
        """For endpoints of the referral format: how many conversions the referrer has."""
        conversion = news.conversion
        wanting = [
            endpoint.id
            for endpoint in registry.endpoints.values()
            if endpoint.format is EndpointFormat.REFERRAL and fires(endpoint, news)
        ]
        if conversion is None or not wanting:
            return {}
        campaign = registry.campaigns.get(conversion.campaign) if conversion.campaign else None
        goal = campaign.goal_count if campaign else None
        count = self._referrals.count(conversion, referrer_of(conversion), goal)
        facts = {
            "referrer_converts": str(count.converts),
            "goal_complete": "1" if count.goal_complete else "0",
        }
        return dict.fromkeys(wanting, facts)

    def _store_and_queue(self, planned: Plan) -> int:
        made = 0
        for part in _parts(planned):
            if self._store.announce(part.announcement, part.deliveries):
                now = self._clock()
                self._queue.send_many([message_of(one, now) for one in part.deliveries])
                made += len(part.deliveries)
        return made


def _parts(planned: Plan) -> Sequence[Plan]:
    """The plan in pieces that fit into one transaction each."""
    most = MOST_PER_TRANSACTION
    if len(planned.deliveries) <= most:
        return [planned]
    return [
        Plan(
            replace(
                planned.announcement,
                news=f"{planned.announcement.news}.{start // most}",
                planned=planned.announcement.planned[start : start + most],
                skipped=planned.announcement.skipped if start == 0 else {},
            ),
            planned.deliveries[start : start + most],
        )
        for start in range(0, len(planned.deliveries), most)
    ]
