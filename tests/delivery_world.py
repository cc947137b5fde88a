"""A delivery room in memory: tables, queue, clock and a sender that says what a test wants."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Any

from tests.factories import NOON, a_conversion
from tests.memory_queue import MemoryQueue
from tests.memory_table import MemoryTable
from touchline.delivery.alerts import Alerts
from touchline.delivery.dispatch import Dispatcher
from touchline.delivery.held import Holds
from touchline.delivery.jobs import Job, job_of
from touchline.delivery.model import Delivery
from touchline.delivery.outbox import Outbox
from touchline.delivery.platforms.credentials import AccessTokens
from touchline.delivery.ports import Limits, Surroundings
from touchline.delivery.referral_store import ReferralCounts
from touchline.delivery.registries import Sender
from touchline.delivery.signing import new_secret
from touchline.delivery.store import DeliveryStore
from touchline.delivery.sweep import Sweeper
from touchline.delivery.verdict import Answer, NoAnswer, Outgoing, Result
from touchline.kernel.errors import NotFound
from touchline.kernel.ids import AccountId, EndpointId, PartnerId, Realm, TouchId
from touchline.ledger.conversion_rows import conversion_item
from touchline.ledger.decisions import (
    WHOLE,
    Candidate,
    Credit,
    Decision,
    Loser,
    Payout,
    decision_item,
)
from touchline.ledger.identity import Identity
from touchline.ledger.model import Conversion
from touchline.ledger.store import LedgerStore
from touchline.platform.observability import Log
from touchline.platform.stream import Changed
from touchline.registry.model import Account, Endpoint, Partner, Registry, Secret

SHOP = Realm("shop")
TEST_SIDE = Realm("shop~test")
SECRET = new_secret(lambda n: bytes(range(n)))
URL = "https://acme.example.net/pb?cid={partner_click_id}&tx={conversion_id}&sum={payout}"
PLENTY_MS = 60_000


def an_endpoint(**stated: Any) -> Endpoint:
    """An endpoint `hook` of the account that takes signed JSON."""
    values: dict[str, Any] = {
        "id": EndpointId("hook"),
        "url": "https://acme.example.net/hook",
        "secrets": (Secret(SECRET),),
        **stated,
    }
    return Endpoint(**values)


def step(partner: str | None, at: int = NOON - 3_600_000, **stated: Any) -> Candidate:
    """A click of one person that partner made."""
    return Candidate(
        TouchId(f"tch_{at}"), Identity("crm:7"), "click", "affiliate", at,
        partner=PartnerId(partner) if partner else None, **stated,
    )  # fmt: skip


def a_decision(**stated: Any) -> Decision:
    """`acme` has the last click and is paid, `best` had the first one and is not."""
    values: dict[str, Any] = {
        "realm": SHOP,
        "key": a_conversion().key,
        "occurred_at": NOON,
        "outcome": "attributed",
        "value_micros": 10_000_000,
        "currency": "EUR",
        "candidates": (
            step("best", NOON - 7_200_000, click_ref="b-1"),
            step("acme", click_ref="a-1", campaign="spring", subs={"sub1": "x"}),
        ),
        "credits": {
            "last_touch": (Credit(1, WHOLE, 10_000_000),),
            "linear": (Credit(0, WHOLE // 2, 5_000_000), Credit(1, WHOLE // 2, 5_000_000)),
        },
        "payer": PartnerId("acme"),
        "payouts": (Payout(PartnerId("acme"), 500_000, 1),),
        "payout_currency": "EUR",
        "losers": (Loser(PartnerId("best"), "last_touch_elsewhere", "click_id"),),
        **stated,
    }
    return Decision(**values)


class ScriptedSender:
    """Answers with what it is given, in turn, the last one for ever; remembers every request."""

    def __init__(self, *results: Result | int | Callable[[Outgoing], Awaitable[Result]]) -> None:
        self.requests: list[Outgoing] = []
        self._results = list(results) or [200]

    def then(self, *results: Result | int | Callable[[Outgoing], Awaitable[Result]]) -> None:
        self._results = list(results)

    async def send(self, request: Outgoing, deadline_seconds: float) -> Result:
        assert deadline_seconds > 0
        self.requests.append(request)
        result = self._results.pop(0) if len(self._results) > 1 else self._results[0]
        if isinstance(result, int):
            return Answer(result)
        if isinstance(result, Answer | NoAnswer):
            return result
        return await result(request)


class World:
    """The room with its surroundings; `now` is the instant."""

    def __init__(
        self,
        *endpoints: Endpoint,
        sender: Sender | None = None,
        partners: Sequence[str] = ("acme",),
        limits: Limits | None = None,
        **registry: Any,
    ) -> None:
        self.now = NOON
        self.table, self.ledger_table, self.queue = MemoryTable(), MemoryTable(), MemoryQueue()
        self.store = DeliveryStore(self.table)
        self.ledger = LedgerStore(self.ledger_table)
        self.scripted = ScriptedSender()
        self.lines: list[str] = []
        self._sender = sender or self.scripted
        self._access_tokens = AccessTokens(self._sender, self.clock)
        self._numbers = count(1)
        self._records = count(1)
        self.limits = limits or Limits()
        self.randbelow: Callable[[int], int] = lambda _: 0
        self.declared = Registry(
            account=Account(AccountId("shop")),
            endpoints={endpoint.id: endpoint for endpoint in endpoints or (an_endpoint(),)},
            partners={PartnerId(name): Partner(PartnerId(name)) for name in partners},
            **registry,
        )
        self.holds = Holds(self.store, self, self.queue, self.clock)

    def clock(self) -> int:
        return self.now

    def registry(self, account: AccountId) -> Registry:
        if account != self.declared.account.id:
            raise NotFound("not_found")
        return self.declared

    def declare(self, *endpoints: Endpoint, **stated: Any) -> None:
        """Replace the endpoints."""
        self.declared = Registry(
            account=self.declared.account,
            partners=stated.get("partners", self.declared.partners),
            campaigns=self.declared.campaigns,
            endpoints={endpoint.id: endpoint for endpoint in endpoints},
        )

    # what happens

    def outbox(self) -> Outbox:
        counts = ReferralCounts(self.table)
        return Outbox(self.store, self, self.ledger, counts, self.queue, self.clock)

    def accept(self, before: Conversion | None = None, **stated: Any) -> list[Delivery]:
        """A conversion is stored (changed, when it was something before) and announced."""
        return self.change(a_conversion(**stated), before)

    def change(self, now: Conversion, before: Conversion | None = None) -> list[Delivery]:
        old = conversion_item(before) if before else None
        return self.tell(Changed(f"{next(self._records)}", self.now, old, conversion_item(now)))

    def decide(self, now: Decision, before: Decision | None = None) -> list[Delivery]:
        old = decision_item(before) if before else None
        return self.tell(Changed(f"{next(self._records)}", self.now, old, decision_item(now)))

    def tell(self, change: Changed) -> list[Delivery]:
        known = {delivery.id for delivery in self.all()}
        self.outbox().announce(change)
        return [delivery for delivery in self.all() if delivery.id not in known]

    def work(self, remaining: int = PLENTY_MS) -> list[Job]:
        """A worker takes every message that is due now; returns those to come again."""
        due = [m for m in self.queue.messages if m.delay_seconds == 0]
        self.queue.messages = [m for m in self.queue.messages if m.delay_seconds > 0]
        return self.run([job_of(message.body) for message in due], remaining)

    def run(self, jobs: Sequence[Job], remaining: int = PLENTY_MS) -> list[Job]:
        return asyncio.run(self.dispatcher().run(jobs, lambda: remaining))

    def jobs(self) -> list[Job]:
        return [Job(one.realm, one.id, one.endpoint) for one in self.all()]

    def pass_time(self, milliseconds: int, *, sweep: bool = True) -> None:
        """Time passes; delayed messages and the sweeper bring what became due."""
        self.now += milliseconds
        self.queue.messages.clear()  # every message is lost: rows are the truth
        if sweep:
            self.sweep()

    def sweep(self) -> Any:
        accounts = [self.declared.account.id]
        return Sweeper(self.store, self.holds, self.queue, self.clock, lambda: accounts).sweep()

    def dispatcher(self) -> Dispatcher:
        return Dispatcher(self.surroundings())

    def surroundings(self) -> Surroundings:
        return Surroundings(
            store=self.store,
            registries=self,
            sender=self._sender,
            queue=self.queue,
            clock=self.clock,
            new_id=lambda prefix: f"{prefix}_{next(self._numbers)}",
            randbelow=self.randbelow,
            sleep=self._sleep,
            open_secret=lambda text: text,
            access_tokens=self._access_tokens,
            log=Log("dispatcher", self.clock, write=self.lines.append),
            alerts=Alerts(self.store, self, self.queue),
            limits=self.limits,
        )

    async def _sleep(self, seconds: float) -> None:
        self.now += round(seconds * 1000)

    # what is there

    def all(self) -> list[Delivery]:
        pages = [
            self.store.logged(realm, at, limit=10_000)[0]
            for realm in (SHOP, TEST_SIDE)
            for at in (NOON, self.now)
        ]
        return list({one.id: one for page in pages for one in page}.values())

    def only(self) -> Delivery:
        (delivery,) = self.all()
        return delivery
