"""The JSON body of a webhook: `{"type": …, "timestamp": …, "data": {…}}`, under 20 kB."""

import json
from collections.abc import Mapping
from typing import Any

from touchline.delivery.facts import facts_of, share_text
from touchline.delivery.firing import outcome_for
from touchline.delivery.macros import MACROS
from touchline.delivery.news import News
from touchline.kernel.clock import iso
from touchline.kernel.ids import PartnerId
from touchline.kernel.money import plain
from touchline.ledger.decisions import Decision
from touchline.registry.model import Endpoint

MAX_BODY_BYTES = 20_000
JSON = "application/json"
_NUMBERS = frozenset({"occurred_at", "touch_time", "seconds_to_conversion"})
_ELSEWHERE = frozenset({"type", "event_id", "test", "attempt", "secret"})


def json_body(news: News, endpoint: Endpoint, delivery: str) -> str:
    """The body for one endpoint. What is too long is cut from `path` and `sub` first."""
    data = _flat(facts_of(news, endpoint, delivery))
    if news.conversion is not None:
        data["version"] = news.conversion.version
        data["conversion_receipt"] = news.conversion.receipt
    if news.test:
        data["test"] = True
    if news.restated:
        data["restated"] = True
    if news.decision is not None:
        data |= _decision(news.decision, endpoint.partner)
    return enveloped(news.type, news.at, data)


def enveloped(kind: str, at: int, data: Mapping[str, Any]) -> str:
    """The envelope of Standard Webhooks around the data, as compact JSON."""
    content = {"type": kind, "timestamp": iso(at), "data": dict(data)}
    text = _dumped(content)
    for large in ("path", "credits", "losers", "subs"):
        if len(text.encode()) < MAX_BODY_BYTES:
            break
        content["data"].pop(large, None)  # type: ignore[attr-defined]
        content["data"]["truncated"] = True  # type: ignore[index]
        text = _dumped(content)
    return text


def _flat(facts: Mapping[str, str]) -> dict[str, Any]:
    data: dict[str, Any] = {
        name: int(value) if name in _NUMBERS else value
        for name, value in facts.items()
        if name not in _ELSEWHERE and not _is_sub(name)
    }
    subs = {name: value for name, value in facts.items() if _is_sub(name)}
    return data | ({"subs": subs} if subs else {})


def _decision(decision: Decision, partner: PartnerId | None) -> dict[str, Any]:
    """To a partner only its own part; to the account everything."""
    if partner is not None:
        return {"outcome": outcome_for(partner, decision)}
    path = decision.path
    return {
        "outcome": decision.outcome,
        "payer": decision.payer,
        "path": [
            {
                "kind": step.kind,
                "channel": step.channel,
                "campaign": step.campaign,
                "partner": step.partner,
                "occurred_at": step.occurred_at,
            }
            for step in path
        ],
        "credits": {
            model: [
                {
                    "step": credit.step,
                    "channel": path[credit.step].channel,
                    "share": share_text(credit.share_ppb),
                    "value": plain(credit.value_micros),
                }
                for credit in given
            ]
            for model, given in decision.credits.items()
        },
        "losers": [{"partner": one.partner, "reason": one.reason} for one in decision.losers],
    }


def _is_sub(name: str) -> bool:
    return name.startswith("sub") and name in MACROS


def _dumped(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
