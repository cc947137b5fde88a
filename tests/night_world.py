"""A small world for nights: two tables in memory, what was declared, and nights run over it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.factories import NOON, a_conversion, a_touch
from tests.memory_table import MemoryTable
from touchline.attribution.night.fits import Fitting
from touchline.attribution.night.judging import terms_by_event
from touchline.attribution.night.run import Bench, run_night
from touchline.attribution.night.store import NightStore
from touchline.attribution.rules import rule_book
from touchline.attribution.store import JourneyStore
from touchline.kernel.clock import DAY_MS, HOUR_MS, day_of, next_day
from touchline.kernel.ids import AccountId, ConversionId, EventName, PartnerId, Realm, Receipt
from touchline.ledger.decisions import Decision, decision_of
from touchline.ledger.identity import Identity
from touchline.ledger.model import Conversion, ConversionKey, Link, Repeat, Touch
from touchline.ledger.result_keys import decision_partitions
from touchline.ledger.store import LedgerStore
from touchline.registry.attribution_rules import AttributionRules
from touchline.registry.model import Account, EventDefinition, Partner, Registry

SHOP = Realm("shop")
TODAY = day_of(NOON)


def a_registry(
    *,
    rules: AttributionRules | None = None,
    events: Sequence[EventDefinition] = (EventDefinition(EventName("purchase")),),
    partners: Sequence[Partner] = (),
    **account: Any,
) -> Registry:
    """The shop, which declared the event `purchase` long ago."""
    rules = rules or AttributionRules(data_driven_models=())
    return Registry(
        account=Account(AccountId("shop"), currency="EUR", rules=rules, **account),
        events={event.api_name: event for event in events},
        partners={PartnerId(partner.id): partner for partner in partners},
    )


@dataclass
class World:
    """What happened, and the nights over it."""

    registry: Registry = field(default_factory=a_registry)
    ledger_table: MemoryTable = field(default_factory=MemoryTable)
    results: MemoryTable = field(default_factory=MemoryTable)
    now: int = NOON + 86_400_000
    enough_time: Callable[[], bool] = lambda: True
    refits: bool = True

    @property
    def ledger(self) -> LedgerStore:
        """The ledger, to write history into."""
        return LedgerStore(self.ledger_table)

    def happened(self, *things: Touch | Conversion | Link) -> "World":
        """Store touches, links and conversions (new, or replacing what was there)."""
        for thing in things:
            if isinstance(thing, Touch):
                self.ledger.put_touch(SHOP, thing)
            elif isinstance(thing, Link):
                self.ledger.put_links(SHOP, [thing])
            elif thing.version == 1:
                assert self.ledger.add_conversion(thing) is None
            else:
                self.ledger.replace_conversion(thing, thing.version - 1)
        return self

    def bench(self, owner: str = "night") -> Bench:
        """What a night is done with."""
        rules = self.registry.account.rules
        version = str(rules.version)
        fitting = Fitting(rule_book(self.registry, rules, ""), self.registry.account.currency)
        return Bench(
            journeys=JourneyStore(self.ledger_table, self.results),
            nights=NightStore(self.results, lambda: self.now),
            terms=terms_by_event(self.registry, rules, version),
            rules=rules,
            rules_version=version,
            pin=version,
            owner=owner,
            fitting=fitting if fitting.models else None,
            enough_time=self.enough_time,
            refits=self.refits,
        )

    def night(self, day: str = TODAY, **how: Any) -> dict[str, Any]:
        """Run the night of a day."""
        return run_night(SHOP, day, self.bench(), **how)

    def decisions(self, day: str = TODAY) -> dict[str, Decision]:
        """The decisions about conversions of a day by `id` or `id/scope`."""
        return {
            "/".join(filter(None, (one.key.id, one.key.scope))): one
            for partition in decision_partitions(SHOP, day)
            for one in map(decision_of, self.results.query_all(partition))
        }

    def written(self) -> list[Any]:
        """Everything that the nights wrote."""
        return self.results.items()


def a_link(one: str, other: str, *, at: int = NOON - 7_200_000, **stated: Any) -> Link:
    """A link that the account's own systems reported two hours before noon."""
    values = {"source": "api", "receipt": Receipt("rcp_l"), **stated}
    return Link(Identity(one), Identity(other), at, **values)


def tomorrow(by: int = 1) -> str:
    """The day after the stories' day."""
    return next_day(TODAY, by)


def a_full_world(**stated: Any) -> World:
    """Five orders over two days, a late link, a repeat, an earlier night that is restated."""
    world = World(**stated)
    world.happened(
        a_touch(channel="email", occurred_at=NOON - 5 * HOUR_MS),
        a_touch(channel="ads", identity="visitor:v1", occurred_at=NOON - 4 * HOUR_MS),
        *(a_conversion(id=f"A-{n}", value_micros=n * 1_000_003) for n in range(1, 5)),
    )
    world.night()
    world.happened(
        a_link("visitor:v1", "crm:7", at=NOON + DAY_MS),
        a_conversion(
            id="A-5",
            occurred_at=NOON + HOUR_MS,
            received_at=NOON + DAY_MS,
            changed_at=NOON + DAY_MS,
        ),
    )
    key = ConversionKey(EventName("purchase"), ConversionId("A-1"))
    world.ledger.add_repeat(SHOP, Repeat(key, Receipt("rcp_2"), NOON + DAY_MS, "d1"))
    return world
