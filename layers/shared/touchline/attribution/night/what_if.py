"""What other rules would change: the same inputs decided again, nothing written."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from touchline.attribution.night.difference import Cells, difference
from touchline.attribution.night.inputs import next_batch
from touchline.attribution.night.judging import judge_orders
from touchline.attribution.night.progress import Job
from touchline.attribution.night.rollups import COMPARED, DayRoll
from touchline.attribution.night.run import Bench
from touchline.attribution.store import PAGE, JourneyStore, Order
from touchline.kernel.ids import Realm
from touchline.ledger.decisions import ATTRIBUTED, Decision, decision_item, decision_of
from touchline.ledger.fields import text
from touchline.platform.dynamo import Key

DRY_RUN = "dry_run"
"""The status of an answer about something that was only tried."""

EXAMPLES = 20
"""Conversions that an answer names."""


def what_if(
    realm: Realm, day: str, store: JourneyStore, bench: Bench, seen: set[Order]
) -> dict[str, Any]:
    """Decide one night's inputs again, and everything decided about that day, and compare.

    `seen` are the orders that other nights of the same trial have decided; it grows.
    """
    job = Job(realm, day, 0, bench.pin, recompute=True)
    before, after = DayRoll(), DayRoll()
    changed: Counter[str] = Counter()
    examples: list[dict[str, Any]] = []
    for step in job.inputs():
        cursor, more = None, True
        while more:
            batch = next_batch(job, step, cursor, store, bench.rules)
            fresh = [order for order in batch.orders if order not in seen]
            seen.update(fresh)
            for at in range(0, len(fresh), PAGE):
                sitting = judge_orders(
                    realm, fresh[at : at + PAGE], store, bench.terms, job.ends_at
                )
                decided = [one for judged in sitting.judged for one in judged.decisions]
                for one, was in _beside(store, decided):
                    _compare(one, was, before, after, changed, examples)
            cursor, more = batch.next, batch.next is not None
    return {
        "realm": realm,
        "day": day,
        "status": DRY_RUN,
        "rules_version": bench.rules_version,
        "decided": sum(changed.values()),
        "changed": dict(sorted(changed.items())),
        "examples": examples,
        "difference": difference(_compared(before), _compared(after)),
    }


def what_if_summed_up(tried: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The answer for several nights: what would move, night by night and in all."""
    return {
        "status": DRY_RUN,
        "from": min((str(one["day"]) for one in tried), default=""),
        "to": max((str(one["day"]) for one in tried), default=""),
        "decided": sum(int(one["decided"]) for one in tried),
        "changed": dict(sorted(sum((Counter(one["changed"]) for one in tried), Counter()).items())),
        "difference": _joined(row for one in tried for row in one["difference"]),
        "runs": list(tried),
    }


def _beside(
    store: JourneyStore, decided: Sequence[Decision]
) -> Iterable[tuple[Decision, Decision | None]]:
    keys = [Key(text(item, "pk"), text(item, "sk")) for item in map(decision_item, decided)]
    there = store.previous(keys)
    for one, key in zip(decided, keys, strict=True):
        yield one, decision_of(there[key]) if key in there else None


def _compare(
    one: Decision,
    was: Decision | None,
    before: DayRoll,
    after: DayRoll,
    changed: Counter[str],
    examples: list[dict[str, Any]],
) -> None:
    after.add(one)
    if was is not None:
        before.add(was)
    word = _changed(one, was)
    changed[word] += 1
    if word != "same" and len(examples) < EXAMPLES:
        examples.append(
            {
                "event": one.key.event,
                "id": one.key.id,
                "scope": one.key.scope,
                "change": word,
                "before": was.reason or was.outcome if was else "",
                "after": one.reason or one.outcome,
            }
        )


def _changed(one: Decision, was: Decision | None) -> str:
    if was is None:
        return "new"
    if (one.outcome, one.reason) != (was.outcome, was.reason):
        return "attributed" if one.outcome == ATTRIBUTED else "excluded"
    if (one.credits, one.payouts, one.payer) == (was.credits, was.payouts, was.payer):
        return "same"
    return "credited_otherwise"


def _compared(roll: DayRoll) -> Cells:
    return {name: cells for name, cells in roll.cells().items() if name[0] in COMPARED}


def _joined(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    names = ("dimension", "value", "model", "event", "currency")
    sums: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for row in rows:
        place = tuple(str(row[name]) for name in names)
        for name, number in row.items():
            if name not in names:
                sums[place][name] += number
    return [
        {**dict(zip(names, place, strict=True)), **{k: round(v, 6) for k, v in counts.items()}}
        for place, counts in sorted(sums.items())
    ]
