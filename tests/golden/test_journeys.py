"""Histories worked out by hand, each with the decision that must come of it (issue: the night).

A story is a few touches, links and conversions around noon of 1 January 2026, the nights over
them, and what is decided. Times are relative to that noon: `-3h`, `-29m59s`, `+1d`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.factories import NOON, a_conversion, a_touch
from tests.night_world import SHOP, TODAY, World, a_link, a_registry, tomorrow
from touchline.kernel.clock import DAY_MS
from touchline.kernel.ids import ConversionId, EventName, PartnerId, Receipt
from touchline.kernel.money import micros_of
from touchline.ledger.decisions import WHOLE, Decision
from touchline.ledger.identity import Identity
from touchline.ledger.model import Conversion, Entry, Status, TouchKind
from touchline.registry.attribution_rules import AttributionRules, RuleOverrides, StandDown
from touchline.registry.commission import PayoutRule
from touchline.registry.model import EventDefinition, NameSpan, Partner, Registry

HERE = Path(__file__).parent / "journeys"
_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}


def stories() -> Iterator[Any]:
    """Every story of every file."""
    for file in sorted(HERE.glob("*.yaml")):
        for told in yaml.safe_load(file.read_text(encoding="utf-8")):
            yield pytest.param(told, id=f"{file.stem}: {told['story']}")


@pytest.mark.parametrize("told", list(stories()))
def test_a_history_is_decided_as_worked_out_by_hand(told: dict[str, Any]) -> None:
    world = World(registry=declared(told))
    happen(world, told)
    world.night(TODAY)
    check(world, told["expect"])
    for number, later in enumerate(told.get("later", ()), start=1):
        happen(world, later, day=number)
        world.night(tomorrow(number))
        check(world, later["expect"])


def test_there_are_forty_histories_at_least() -> None:
    assert len(list(stories())) >= 40


def instant(said: str | int) -> int:
    """`-2h30m` and the like, from noon."""
    if said in (0, "0", "noon"):
        return NOON
    sign = -1 if str(said).startswith("-") else 1
    parts = re.findall(r"(\d+)(ms|d|h|m|s)", str(said))
    assert parts, f"not a time: {said}"
    return NOON + sign * sum(int(count) * _UNITS[unit] for count, unit in parts)


def declared(told: Mapping[str, Any]) -> Registry:
    """The registry of a story."""
    rules = dict(told.get("rules", {}))
    if "stand_downs" in rules:
        rules["stand_downs"] = tuple(StandDown(**one) for one in rules["stand_downs"])
    rules = {name: tuple(v) if isinstance(v, list) else v for name, v in rules.items()}
    base = AttributionRules(data_driven_models=())
    windows = {**base.windows, **rules.pop("windows", {})}
    return a_registry(
        rules=replace(base, windows=windows, **rules),
        events=[_event(one) for one in told.get("events", [{"name": "purchase"}])],
        partners=[_partner(one) for one in told.get("partners", ())],
        own_hosts=tuple(told.get("own_hosts", ())),
        payment_hosts=tuple(told.get("payment_hosts", ())),
    )


def happen(world: World, told: Mapping[str, Any], day: int = 0) -> None:
    """What the story says happened, received on its `day`."""
    for number, one in enumerate(told.get("touches", ())):
        world.happened(_touch(one, number + 100 * day))
    for one in told.get("links", ()):
        at = instant(one["at"]) if "at" in one else NOON - 2 * 3_600_000 + day * DAY_MS
        link = a_link(one["one"], one["other"], at=at, source=one.get("source", "api"))
        world.happened(link)
    for one in told.get("undone", ()):
        at = NOON + day * DAY_MS
        assert world.ledger.undo_link(SHOP, Identity(one["one"]), Identity(one["other"]), at)
    for one in told.get("conversions", ()):
        world.happened(_conversion(one))
    for one in told.get("changed", ()):
        world.happened(_changed(world, one, NOON + day * DAY_MS))


def check(world: World, expected: Mapping[str, Mapping[str, Any]]) -> None:
    """Every decision that the story names is as it says, in whatever it says."""
    found: dict[str, Decision] = {}
    for day in range(-9, 3):
        found |= world.decisions(tomorrow(day))
    for name, wanted in expected.items():
        told = _told(found[name])
        assert {key: told[key] for key in wanted} == dict(wanted), f"{name}: {told}"


def _told(decision: Decision) -> dict[str, Any]:
    return {
        "outcome": decision.outcome,
        "reason": decision.reason,
        "path": [step.channel for step in decision.path],
        "lost": {one.channel: one.verdict for one in decision.candidates if one.verdict},
        "value": str(Decimal(decision.value_micros) / 1_000_000),
        "payer": decision.payer,
        "evidence": decision.payer_evidence,
        "paid": {one.partner: str(Decimal(one.payout_micros) / 10**6) for one in decision.payouts},
        "losers": {one.partner: one.reason for one in decision.losers},
        "remarks": list(decision.remarks),
        "matched_by": list(decision.matched_by),
        "cause": decision.cause,
        "shares": {
            model: {
                decision.path[one.step].channel: round(one.share_ppb / WHOLE, 4) for one in given
            }
            for model, given in decision.credits.items()
        },
        "linear": _shares(decision, "linear"),
        "last_touch": _shares(decision, "last_touch"),
        "last_non_direct": _shares(decision, "last_non_direct"),
        "position_based": _shares(decision, "position_based"),
        "time_decay": _shares(decision, "time_decay"),
    }


def _shares(decision: Decision, model: str) -> dict[str, float]:
    return {
        decision.path[one.step].channel: round(one.share_ppb / WHOLE, 4)
        for one in decision.credits.get(model, ())
    }


def _touch(one: Mapping[str, Any], number: int) -> Any:
    said = dict(one)
    at = instant(said.pop("at"))
    return a_touch(
        id=said.pop("id", f"tch_{number}"),
        identity=Identity(said.pop("who", "crm:7")),
        kind=TouchKind(said.pop("kind", "click")),
        occurred_at=at,
        received_at=instant(said.pop("received", "0")) if "received" in said else at,
        flags=tuple(said.pop("flags", ())),
        **said,
    )


def _conversion(one: Mapping[str, Any]) -> Conversion:
    said = dict(one)
    at = instant(said.pop("at", 0))
    received = instant(said.pop("received", "0"))
    who = said.pop("who", "crm:7")
    identities = tuple(Identity(one) for one in ([who] if isinstance(who, str) else who))
    refund = said.pop("refund", None)
    if "status" in said:
        said["status"] = Status(said["status"])
    if "flags" in said:
        said["flags"] = tuple(said["flags"])
    return a_conversion(
        occurred_at=at,
        received_at=received,
        changed_at=received,
        identities=identities,
        value_micros=micros_of(str(said.pop("value", "10.00"))),
        payout_micros=micros_of(str(said.pop("payout", "0"))),
        entries=(_refund(refund, received),) if refund else (),
        **said,
    )


def _changed(world: World, one: Mapping[str, Any], at: int) -> Conversion:
    said = dict(one)
    order, scope = ConversionId(said.pop("id")), said.pop("scope", "")
    event = EventName(said.pop("event", "purchase"))
    old = next(
        claim for claim in world.ledger.claims(SHOP, event, order) if claim.key.scope == scope
    )
    if "status" in said:
        said["status"] = Status(said["status"])
    if "refund" in said:
        said["entries"] = (*old.entries, _refund(said.pop("refund"), at))
    if "value" in said:
        said["value_micros"] = micros_of(str(said.pop("value")))
    return replace(old, version=old.version + 1, attempt=f"att_{at}", changed_at=at, **said)


def _refund(amount: str, at: int) -> Entry:
    return Entry("ref_1", "refund", -micros_of(str(amount)), 0, "returned", at, Receipt("rcp_r"))


def _event(one: Mapping[str, Any]) -> EventDefinition:
    names = tuple(
        NameSpan(
            EventName(span["name"]),
            instant(span["since"]) if "since" in span else 0,
            instant(span["until"]) if "until" in span else None,
        )
        for span in one.get("names", ())
    )
    created = instant(one["created"]) if "created" in one else 0
    overrides = RuleOverrides(**one.get("overrides", {}))
    return EventDefinition(
        EventName(one["name"]), created_at=created, names=names, overrides=overrides
    )


def _partner(one: Mapping[str, Any]) -> Partner:
    said = dict(one)
    overrides = RuleOverrides(**said.pop("overrides", {}))
    percent = said.pop("percent", None)
    payouts = (PayoutRule(percent_ppm=percent * 10_000),) if percent else ()
    return Partner(
        PartnerId(said.pop("id")),
        coupons=tuple(said.pop("coupons", ())),
        overrides=overrides,
        payouts=payouts,
        **said,
    )
