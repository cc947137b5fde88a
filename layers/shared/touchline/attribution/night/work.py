"""One step of a run: page after page of input, decided, written, checkpointed."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from touchline.attribution.decisions import Terms
from touchline.attribution.night.inputs import Inputs, changed_on, next_batch
from touchline.attribution.night.judging import Judged, judge_orders
from touchline.attribution.night.progress import (
    CHANGES,
    LINKS,
    RECOMPUTE,
    Job,
    Progress,
    Step,
)
from touchline.attribution.store import PAGE, Order, Unreadable
from touchline.kernel.clock import day_of
from touchline.ledger.decisions import decision_item, same_content
from touchline.ledger.fields import text
from touchline.ledger.model import Conversion, ConversionKey
from touchline.ledger.result_keys import decision_key
from touchline.platform.dynamo import Item, Key
from touchline.registry.attribution_rules import AttributionRules

OWN_CAUSES = frozenset({"new", "changed"})
"""Causes of decisions about conversions that the day itself brought."""

_CAUSES = {CHANGES: "claimed", LINKS: "linked", RECOMPUTE: "recomputed"}
"""Why a decision changed although its conversion did not: another claim, a link or a late touch,
other rules."""


class Desk(Inputs, Protocol):
    """What a step reads and writes."""

    def previous(self, wanted: Sequence[Key]) -> dict[Key, Item]:
        """The decision rows of these keys, as far as there are any."""
        ...

    def write(self, puts: Sequence[Item], deletes: Sequence[Key]) -> None:
        """Write decisions and take back those that moved to another day."""
        ...


def work(
    job: Job,
    step: Step,
    progress: Progress,
    store: Desk,
    terms: Callable[[str], Terms],
    rules: AttributionRules,
) -> Progress:
    """Do the next page of a step. What it returns is to be written as the checkpoint.

    Doing a page again writes the same decisions and counts the same, so a crash anywhere in here
    costs no more than one page.
    """
    batch = next_batch(job, step, progress.cursor, store, rules)
    own = {one.key: Order(one.key.event, one.key.id) for one in batch.own}
    tally = _Tally()
    for at in range(0, len(batch.orders), PAGE):
        sitting = judge_orders(job.realm, batch.orders[at : at + PAGE], store, terms, job.ends_at)
        tally.faults.extend(sitting.set_aside)
        tally.aside += sum(order in sitting.failed for order in own.values())
        for settled in _settle(job, step, sitting.judged, store, tally.days):
            if settled.key in own:
                tally.add(settled, job)
    chunk = Progress(
        cursor=batch.next,
        done=batch.next is None,
        read=batch.read,
        repeats=batch.repeats,
        aside=len(batch.faults) + tally.aside,
        outcomes=tally.outcomes,
        decided=tally.decided,
        days=tuple(tally.days),
        faults=(*batch.faults, *tally.faults),
    )
    return progress.after(chunk)


class _Settled(NamedTuple):
    """A decision as it stands after the page: who changed it last, and why."""

    key: ConversionKey
    occurred_at: int
    outcome: str
    reason: str
    run: str
    cause: str


@dataclass(slots=True)
class _Tally:
    aside: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    decided: Counter[str] = field(default_factory=Counter)
    days: set[str] = field(default_factory=set)
    faults: list[Unreadable] = field(default_factory=list)

    def add(self, settled: _Settled, job: Job) -> None:
        self.outcomes[settled.reason.partition(":")[0] or settled.outcome] += 1
        if settled.run == job.run and settled.cause in OWN_CAUSES:
            self.decided[day_of(settled.occurred_at)] += 1


def _settle(
    job: Job, step: Step, judged: Sequence[Judged], store: Desk, days: set[str]
) -> list[_Settled]:
    """Write the decisions that changed; `days` gains every day whose decisions this run changed."""
    made = [
        (decision, conversion, decision_item(decision))
        for one in judged
        for conversion in one.claims
        for decision in one.decisions
        if decision.key == conversion.key
    ]
    moved = [key for _, conversion, item in made for key in _earlier_places(conversion, item)]
    previous = store.previous([*(_key(item) for _, _, item in made), *moved])
    puts, settled = [], []
    for decision, conversion, item in made:
        before = previous.get(_key(item))
        run, cause = _mark(job, step, conversion, item, before)
        if before is None or not same_content(item, before):
            puts.append({**item, "run": run, "cause": cause})
        if run == job.run:
            days.add(day_of(decision.occurred_at))
        settled.append(
            _Settled(
                decision.key, decision.occurred_at, decision.outcome, decision.reason, run, cause
            )
        )
    days.update(key.pk.split("#")[2] for key in moved)
    store.write(puts, [key for key in moved if key in previous])
    return settled


def _mark(
    job: Job, step: Step, conversion: Conversion, item: Item, before: Item | None
) -> tuple[str, str]:
    """The run and the cause that the decision bears after this page."""
    if before is not None:
        same = same_content(item, before)
        if same or text(before, "run") == job.run:
            return text(before, "run"), text(before, "cause")
        if text(before, "rules_version") != text(item, "rules_version"):
            return job.run, "recomputed"
    if changed_on(conversion, job.day):
        if before is None:
            return job.run, "new"
        moved = conversion.changed_at > conversion.received_at
        return job.run, "changed" if moved else "recomputed"
    return job.run, _CAUSES[step.kind]


def _earlier_places(conversion: Conversion, item: Item) -> list[Key]:
    """Where decisions about this conversion lay while it was dated otherwise."""
    before = {revision.before.get("occurred_at") for revision in conversion.history}
    places = {
        decision_key(conversion.realm, conversion.key, at) for at in before if isinstance(at, int)
    }
    return sorted(places - {_key(item)})


def _key(item: Item) -> Key:
    return Key(text(item, "pk"), text(item, "sk"))
