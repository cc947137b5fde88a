"""Composes what the nights of one invocation need, and runs them.

In-process while a night is small; above the threshold the state machine runs the same steps by
the same function.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from touchline.attribution.contracts import (
    NightRequest,
    StepRequest,
    changed_rules,
    night_request,
)
from touchline.attribution.night.fits import Fitting
from touchline.attribution.night.judging import terms_by_event
from touchline.attribution.night.nights import (
    STARTED,
    Night,
    missed_days,
    pin_of,
    rules_version,
    run_nights,
    summed_up,
)
from touchline.attribution.night.progress import Job, step_named
from touchline.attribution.night.run import Bench, begin, do_step, finish, next_steps, run_night
from touchline.attribution.night.store import NightStore
from touchline.attribution.night.what_if import what_if, what_if_summed_up
from touchline.attribution.rules import rule_book
from touchline.attribution.store import JourneyStore, Order, Spread
from touchline.kernel.clock import Clock, days_between
from touchline.kernel.errors import Conflict
from touchline.kernel.ids import AccountId, Realm, account_of, realm_of
from touchline.ledger.keys import SHARDS
from touchline.registry.attribution_rules import AttributionRules
from touchline.registry.model import Registry


class Registrar(Protocol):
    """What was declared."""

    def accounts(self) -> Iterator[AccountId]:
        """Every account."""
        ...

    def snapshot(self, account: AccountId) -> Registry:
        """Everything declared for an account."""
        ...


DISTRIBUTED_LEASE_SECONDS = 6 * 3600
"""A state machine renews nothing; it gives the lease back when it ends or fails."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What an invocation works with. `start` begins the state machine; None where there is none."""

    ledger: Any
    results: Any
    registrar: Registrar
    clock: Clock
    owner: str
    spread: Spread
    enough_time: Callable[[], bool]
    threshold: int
    start: Callable[[Mapping[str, Any]], str] | None = None


class Office:
    """Runs the nights that one invocation asks for."""

    def __init__(self, tools: Tools, asked: NightRequest | None = None) -> None:
        self._tools = tools
        self._asked = asked or night_request({})
        self._registries: dict[Realm, Registry] = {}
        self._journeys = JourneyStore(tools.ledger, tools.results, tools.spread)
        self._nights = NightStore(tools.results, tools.clock)

    def run(self) -> dict[str, Any]:
        """Run the nights, or only say what they would change; the answer of the function."""
        if self._asked.dry_run:
            return self._what_if()
        return summed_up(run_nights(self._wanted(), self._run))

    def plan(self, step: StepRequest) -> dict[str, Any]:
        """Take the night for a state machine, or go on with it: the steps to do side by side now,
        and when there are none, that the run is ready to be published."""
        realm = Realm(step.realm)
        self._nights.take_lease(realm, step.owner, DISTRIBUTED_LEASE_SECONDS)
        bench = self.bench(realm, step.owner)
        job = begin(realm, step.day, bench, recompute=step.recompute)
        given = {"realm": realm, "day": job.day, "owner": step.owner}
        steps = next_steps(job, bench)
        return {
            **given,
            "status": "planned" if steps else "ready",
            "steps": [{**given, "action": "work", "step": one.name} for one in steps],
        }

    def work(self, asked: StepRequest) -> dict[str, Any]:
        """Do one step as far as time allows. Raises Conflict when the terms have changed."""
        job, bench = self._under_way(asked)
        step = step_named(asked.step)
        progress = do_step(job, step, bench)
        given = {"realm": asked.realm, "day": asked.day, "owner": asked.owner}
        return {**given, "action": "work", "step": asked.step, "done": progress.done}

    def publish(self, asked: StepRequest) -> dict[str, Any]:
        """Publish the run and give the night back."""
        job, bench = self._under_way(asked)
        record = finish(job, bench)
        self._nights.give_back(job.realm, asked.owner)
        return record

    def abandon(self, asked: StepRequest) -> dict[str, Any]:
        """Give the night back after a fault; the run stays under way for whoever comes next."""
        self._nights.give_back(Realm(asked.realm), asked.owner)
        return {"realm": asked.realm, "day": asked.day, "status": "abandoned"}

    def bench(self, realm: Realm, owner: str, *, refits: bool = True) -> Bench:
        """What one realm's night is done with."""
        registry = self._registry(realm)
        rules = self._rules(registry)
        version = rules_version(rules, registry.account.rules)
        fitting = Fitting(rule_book(registry, rules, ""), registry.account.currency)
        return Bench(
            journeys=self._journeys,
            nights=self._nights,
            terms=terms_by_event(registry, rules, version),
            rules=rules,
            rules_version=version,
            pin=pin_of(registry, rules),
            owner=owner,
            fitting=fitting if fitting.models else None,
            enough_time=self._tools.enough_time,
            refits=refits,
            spread=self._tools.spread,
        )

    def _run(self, night: Night) -> dict[str, Any]:
        if self._tools.start and self._asked.rules is None and self._is_big(night):
            given = {"realm": night.realm, "day": night.day, "recompute": self._recompute}
            name = self._tools.start({"nights": [given]})
            return {"realm": night.realm, "day": night.day, "status": STARTED, "execution": name}
        bench = self.bench(night.realm, self._tools.owner, refits=night.last)
        scheduled = self._asked.date is None and self._asked.first is None
        return run_night(
            night.realm, night.day, bench, recompute=self._recompute, scheduled=scheduled
        )

    def _what_if(self) -> dict[str, Any]:
        seen: set[Order] = set()
        tried = [
            what_if(night.realm, night.day, self._journeys, self.bench(night.realm, ""), seen)
            for night in self._wanted()
        ]
        return what_if_summed_up(tried)

    @property
    def _recompute(self) -> bool:
        if self._asked.recompute is not None:
            return self._asked.recompute
        return self._asked.first is not None or self._asked.rules is not None

    def _wanted(self) -> list[Night]:
        return [
            Night(realm, day, last=day == days[-1])
            for realm in self._realms()
            for days in [self._days(realm)]
            for day in days
        ]

    def _realms(self) -> list[Realm]:
        if self._asked.account is not None:
            return [realm_of(AccountId(self._asked.account), test=self._asked.test)]
        return [
            realm_of(account, test=self._asked.test) for account in self._tools.registrar.accounts()
        ]

    def _days(self, realm: Realm) -> list[str]:
        if self._asked.date:
            return [self._asked.date]
        if self._asked.first and self._asked.last:
            return list(days_between(self._asked.first, self._asked.last))
        return missed_days(self._nights.state(realm).last_day, self._tools.clock())

    def _is_big(self, night: Night) -> bool:
        """Whether the first shard alone makes the day exceed the threshold."""
        share = self._tools.threshold // SHARDS
        seen, cursor = 0, None
        while seen <= share:
            page = self._journeys.changes(night.realm, night.day, 0, cursor)
            seen += len(page.items)
            cursor = page.next
            if cursor is None:
                break
        return seen > share

    def _under_way(self, asked: StepRequest) -> tuple[Job, Bench]:
        realm = Realm(asked.realm)
        bench = self.bench(realm, asked.owner)
        job = self._nights.state(realm).running
        if job is None or job.day != asked.day:
            raise Conflict("night_busy", f"no run of {asked.day} is under way")
        if job.pin != bench.pin:
            raise Conflict("night_busy", "what was declared has changed; the run starts over")
        return job, bench

    def _registry(self, realm: Realm) -> Registry:
        if realm not in self._registries:
            self._registries[realm] = self._tools.registrar.snapshot(account_of(realm))
        return self._registries[realm]

    def _rules(self, registry: Registry) -> AttributionRules:
        declared = registry.account.rules
        return declared if self._asked.rules is None else changed_rules(declared, self._asked.rules)
