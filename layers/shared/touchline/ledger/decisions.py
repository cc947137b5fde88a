"""What the night decided about each conversion, as a frozen value and as a row.

The attribution room writes these rows, the delivery and reporting rooms read them; none needs the
others for it. Shares are parts per billion that sum to exactly `WHOLE`, money is whole micros.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from touchline.kernel.ids import CampaignId, ConversionId, EventName, PartnerId, Realm, TouchId
from touchline.ledger.fields import number, stated, text, texts
from touchline.ledger.identity import Identity
from touchline.ledger.model import ConversionKey
from touchline.ledger.result_keys import decision_key
from touchline.platform.dynamo import Item

DECISION = "decision"
"""The `kind` of these rows."""

WHOLE = 1_000_000_000
"""The shares of one conversion under one model sum to this."""

ATTRIBUTED = "attributed"
EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One touch that could have earned the conversion. `verdict` is "" when it is on the path,
    otherwise the reason why it is not (kernel.reasons, a colon and detail may follow)."""

    touch: TouchId
    identity: Identity
    kind: str
    channel: str
    occurred_at: int
    campaign: CampaignId | None = None
    partner: PartnerId | None = None
    name: str = ""
    click_ref: str = ""
    subs: Mapping[str, str] = field(default_factory=dict)
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Credit:
    """What one model gives to one step of the path (counted from 0). Zero shares are left out."""

    step: int
    share_ppb: int
    value_micros: int


@dataclass(frozen=True, slots=True)
class Payout:
    """What a partner is owed; `step` is the touch that earned it, None without a touch."""

    partner: PartnerId
    payout_micros: int
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Loser:
    """A partner that claimed or touched the order and is not paid, with the reason."""

    partner: PartnerId
    reason: str
    evidence: str = ""


@dataclass(frozen=True)
class Decision:
    """The decision about one conversion.

    `outcome` is `attributed` (every model's credits sum to one conversion and to `value_micros`)
    or `excluded` with its reason. `candidates` are in order of time; `left_out` counts, by
    verdict, those beyond what one row can hold. `run` and `cause` tell which run last changed the
    decision and why (`new`, `changed`, `linked`, `recomputed`).
    """

    realm: Realm
    key: ConversionKey
    occurred_at: int
    outcome: str
    reason: str = ""
    value_micros: int = 0
    currency: str = ""
    candidates: tuple[Candidate, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    credits: Mapping[str, tuple[Credit, ...]] = field(default_factory=dict)
    payer: PartnerId | None = None
    payer_evidence: str = ""
    payouts: tuple[Payout, ...] = ()
    payout_currency: str = ""
    losers: tuple[Loser, ...] = ()
    keys: tuple[str, ...] = ()  # domains of the identities that the conversion came with
    matched_by: tuple[str, ...] = ()  # domains of the identities that the path's touches lie under
    remarks: tuple[str, ...] = ()  # guards that stopped the walk from identity to identity
    rules_version: str = ""
    engine_version: str = ""
    run: str = ""
    cause: str = ""

    @cached_property
    def path(self) -> tuple[Candidate, ...]:
        """The touches that are credited, oldest first; `Credit.step` counts these."""
        return tuple(one for one in self.candidates if not one.verdict)


_OWN_WORDS = frozenset({"run", "cause"})


def same_content(item: Item, other: Item) -> bool:
    """Whether two decision rows say the same, whichever run wrote them."""
    names = (item.keys() | other.keys()) - _OWN_WORDS
    return all(item.get(name) == other.get(name) for name in names)


def decision_item(decision: Decision) -> Item:
    """The row of a decision.

    What is looked at by filters stands in attributes of its own; the rest is one JSON text,
    `trace`, which is made in a ninth of the time that nested attributes would take.
    """
    key = decision_key(decision.realm, decision.key, decision.occurred_at)
    return {
        "pk": key.pk,
        "sk": key.sk,
        "kind": DECISION,
        **stated(
            {
                "realm": decision.realm,
                "event": decision.key.event,
                "id": decision.key.id,
                "scope": decision.key.scope,
                "occurred_at": decision.occurred_at,
                "outcome": decision.outcome,
                "reason": decision.reason,
                "value_micros": decision.value_micros,
                "currency": decision.currency,
                "payer": decision.payer,
                "payer_evidence": decision.payer_evidence,
                "payout_currency": decision.payout_currency,
                "keys": list(decision.keys),
                "matched_by": list(decision.matched_by),
                "remarks": list(decision.remarks),
                "rules_version": decision.rules_version,
                "engine_version": decision.engine_version,
                "run": decision.run,
                "cause": decision.cause,
                "trace": _trace(decision),
            }
        ),
    }


def decision_of(item: Item) -> Decision:
    """The decision of a row. Raises ValueError when the trace is not what `decision_item` wrote."""
    trace = json.loads(text(item, "trace"))
    return Decision(
        realm=Realm(text(item, "realm")),
        key=ConversionKey(
            EventName(text(item, "event")), ConversionId(text(item, "id")), text(item, "scope")
        ),
        occurred_at=number(item, "occurred_at"),
        outcome=text(item, "outcome"),
        reason=text(item, "reason"),
        value_micros=number(item, "value_micros"),
        currency=text(item, "currency"),
        candidates=tuple(_candidate_of(raw) for raw in trace["candidates"]),
        left_out=trace.get("left_out", {}),
        credits={
            model: tuple(Credit(*parts) for parts in given)
            for model, given in trace["credits"].items()
        },
        payer=PartnerId(text(item, "payer")) or None,
        payer_evidence=text(item, "payer_evidence"),
        payouts=tuple(Payout(PartnerId(p), micros, step) for p, micros, step in trace["payouts"]),
        payout_currency=text(item, "payout_currency"),
        losers=tuple(Loser(PartnerId(p), reason, ev) for p, reason, ev in trace["losers"]),
        keys=texts(item, "keys"),
        matched_by=texts(item, "matched_by"),
        remarks=texts(item, "remarks"),
        rules_version=text(item, "rules_version"),
        engine_version=text(item, "engine_version"),
        run=text(item, "run"),
        cause=text(item, "cause"),
    )


def _trace(decision: Decision) -> str:
    trace: dict[str, Any] = {
        "candidates": [_candidate_item(one) for one in decision.candidates],
        "credits": {
            model: [[one.step, one.share_ppb, one.value_micros] for one in given]
            for model, given in decision.credits.items()
        },
        "payouts": [[one.partner, one.payout_micros, one.step] for one in decision.payouts],
        "losers": [[one.partner, one.reason, one.evidence] for one in decision.losers],
    }
    if decision.left_out:
        trace["left_out"] = dict(sorted(decision.left_out.items()))
    return json.dumps(trace, separators=(",", ":"), ensure_ascii=False)


def _candidate_item(one: Candidate) -> dict[str, Any]:
    always = {
        "touch": one.touch,
        "identity": one.identity,
        "kind": one.kind,
        "channel": one.channel,
        "occurred_at": one.occurred_at,
    }
    where_stated = {
        "campaign": one.campaign,
        "partner": one.partner,
        "name": one.name,
        "click_ref": one.click_ref,
        "subs": one.subs,
        "verdict": one.verdict,
    }
    return always | {name: value for name, value in where_stated.items() if value}


def _candidate_of(raw: Mapping[str, Any]) -> Candidate:
    return Candidate(**cast("dict[str, Any]", raw))
