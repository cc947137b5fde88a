"""The decision about one conversion, told so that a partner manager understands it at a glance."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from touchline.kernel.clock import iso
from touchline.kernel.ids import PartnerId
from touchline.kernel.money import plain
from touchline.kernel.reasons import CATALOGUE
from touchline.ledger.decisions import WHOLE, Candidate, Decision
from touchline.ledger.model import Conversion

_PLACES = 6
_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))


def trace(conversion: Conversion, decision: Decision | None) -> dict[str, Any]:
    """One claim with its decision; `decision` is None until the night after it came."""
    return {
        "event": conversion.key.event,
        "id": conversion.key.id,
        "scope": conversion.key.scope,
        "occurred_at": iso(conversion.occurred_at),
        "received_at": iso(conversion.received_at),
        "status": conversion.status.value,
        "value": plain(conversion.net_value_micros),
        "currency": conversion.currency,
        "receipt": conversion.receipt,
        "identities": list(conversion.identities),
        "partner": conversion.partner,
        "decision": None if decision is None else decided(decision),
    }


def seen_by(partner: PartnerId, told: Mapping[str, Any]) -> dict[str, Any]:
    """A trace as one partner may see it: its own touches and money, of others nothing."""
    hidden = {**told, "identities": []}
    decision = told["decision"]
    if decision is not None:
        own = [one for one in decision["candidates"] if one["partner"] == partner]
        payer = decision["payer"]
        hidden["decision"] = {
            **decision,
            "candidates": own,
            "payer": payer if payer and payer["partner"] == partner else None,
            "payouts": [one for one in decision["payouts"] if one["partner"] == partner],
            "losers": [one for one in decision["losers"] if one["partner"] == partner],
            "summary": "",
        }
    return hidden


def decided(decision: Decision) -> dict[str, Any]:
    """A decision as data for people: words for codes, decimals for micros, shares for parts."""
    steps = _credits_by_step(decision)
    return {
        "summary": summary(decision),
        "outcome": decision.outcome,
        "reason": worded(decision.reason),
        "value": plain(decision.value_micros),
        "currency": decision.currency,
        "payer": {"partner": decision.payer, "evidence": decision.payer_evidence}
        if decision.payer
        else None,
        "payouts": [
            {
                "partner": one.partner,
                "payout": plain(one.payout_micros),
                "currency": decision.payout_currency or decision.currency,
            }
            for one in decision.payouts
        ],
        "losers": [
            {"partner": one.partner, "evidence": one.evidence, "reason": worded(one.reason)}
            for one in decision.losers
        ],
        "candidates": _candidates(decision, steps),
        "left_out": dict(decision.left_out),
        "models": list(decision.credits),
        "matched_by": list(decision.matched_by),
        "remarks": [worded(code) for code in decision.remarks],
        "rules_version": decision.rules_version,
        "engine_version": decision.engine_version,
        "run": decision.run,
        "cause": decision.cause,
    }


def summary(decision: Decision) -> str:
    """One sentence: who got it, or why nobody did."""
    path = decision.path
    if not path:
        reason = worded(decision.reason)
        return f"Not attributed: {reason['meaning']}" if reason else "Not attributed."
    first, last = path[0], path[-1]
    touched = "1 touch" if len(path) == 1 else f"{len(path)} touches"
    way = first.channel if first == last else f"{first.channel} first, {last.channel} last"
    paid = f"; {decision.payer} is paid ({decision.payer_evidence})" if decision.payer else ""
    lost = len(decision.candidates) - len(path) + sum(decision.left_out.values())
    others = f"; {lost} more did not count" if lost else ""
    return f"Credited to {touched}: {way}{others}{paid}."


def worded(code: str) -> dict[str, str] | None:
    """A reason code with its meaning and what to do; None for no reason."""
    if not code:
        return None
    listed = CATALOGUE.get(code.partition(":")[0])
    return {
        "code": code,
        "meaning": listed.meaning if listed else "",
        "fix": listed.fix if listed else "",
    }


def ago(milliseconds: int) -> str:
    """How long before, in the two largest units: `2 d 3 h`, `40 s`."""
    parts, rest = [], abs(milliseconds)
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
    told = " ".join(parts[:2]) or "0 s"
    return told if milliseconds >= 0 else f"{told} after"


def _credits_by_step(decision: Decision) -> list[dict[str, float]]:
    steps: list[dict[str, float]] = [{} for _ in decision.path]
    for model, given in decision.credits.items():
        for one in given:
            steps[one.step][model] = round(one.share_ppb / WHOLE, _PLACES)
    return steps


def _candidates(decision: Decision, steps: Sequence[dict[str, float]]) -> list[dict[str, Any]]:
    told, credits_left = [], iter(steps)
    for one in decision.candidates:
        given: Mapping[str, float] = {} if one.verdict else next(credits_left)
        told.append(
            {
                **_touch(one),
                "before": ago(decision.occurred_at - one.occurred_at),
                "counts": not one.verdict,
                "verdict": worded(one.verdict),
                "credits": dict(given),
            }
        )
    return told


def _touch(one: Candidate) -> dict[str, Any]:
    return {
        "touch": one.touch,
        "identity": one.identity,
        "kind": one.kind,
        "channel": one.channel,
        "campaign": one.campaign,
        "partner": one.partner,
        "name": one.name,
        "subs": dict(one.subs),
        "occurred_at": iso(one.occurred_at),
    }


def found(traces: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The answer: every claim under this ID."""
    return {"conversions": list(traces)}
