"""Golden requests of every dialect, as partners' systems send them, and what they become."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.factories import NOON
from tests.intake_factories import a_caller, a_registry, an_arrival
from touchline.intake.dialects import canonical
from touchline.intake.judge import judge
from touchline.intake.parameters import parameters_of
from touchline.intake.presets import DIALECTS
from touchline.intake.submission import from_canonical
from touchline.kernel.ids import EventName, PartnerId
from touchline.kernel.money import plain
from touchline.ledger.model import Conversion, Envelope
from touchline.registry.model import Partner

GOLDEN = Path(__file__).parents[2] / "golden" / "dialects"


def cases() -> list[Any]:
    found = []
    for file in sorted(GOLDEN.glob("*.yaml")):
        for case in yaml.safe_load(file.read_text()):
            ((name, content),) = case.items()
            found.append(pytest.param(file.stem, content, id=f"{file.stem}: {name}"))
    return found


def told(conversion: Conversion) -> dict[str, Any]:
    """The conversion as the golden files write it: what is empty is left out."""
    said: Mapping[str, Any] = {
        "event": conversion.key.event,
        "id": conversion.key.id,
        "click_id": conversion.click_id,
        "campaign": conversion.campaign,
        "currency": conversion.currency,
        "status": conversion.status.value,
        "status_word": conversion.status_word,
        "occurred_at": conversion.occurred_at,
        "coupon": conversion.coupon,
        "subs": dict(conversion.subs),
        "parameters": dict(conversion.parameters),
        "identities": list(conversion.identities),
        "flags": [flag for flag in conversion.flags if flag != "late"],
        "source": "" if conversion.source == "sender" else conversion.source,
    }
    shown = {name: value for name, value in said.items() if value}
    shown["value"] = plain(conversion.value_micros)
    if conversion.payout_micros:
        shown["payout"] = plain(conversion.payout_micros)
        shown["payout_currency"] = conversion.payout_currency
    return shown


@pytest.mark.parametrize(("dialect", "case"), cases())
def test_a_real_shaped_request_becomes_the_canonical_conversion(
    dialect: str, case: Mapping[str, Any]
) -> None:
    """IN-18: order, repeats, blanks, case and emptiness follow one documented rule."""
    sender = Partner(PartnerId("sender"), dialect=dialect, default_event=EventName("purchase"))
    caller = replace(a_caller(a_registry(partners={sender.id: sender})), partner=sender)
    body, kind = case.get("form"), "application/x-www-form-urlencoded"
    if "json" in case:
        body, kind = case["json"], "application/json"
    envelope = Envelope(
        method="POST" if body else "GET",
        path="/postback",
        raw_query=case["get"],
        headers={"content-type": kind} if body else {},
        body=(body or "").encode(),
        received_at=NOON,
    )
    submission = from_canonical(canonical(parameters_of(envelope), sender))
    draft = judge(submission, None, caller, an_arrival(envelope=envelope))
    assert told(draft.conversion) == case["becomes"]


def test_every_dialect_has_at_least_four_golden_requests() -> None:
    for dialect in DIALECTS:
        assert len(yaml.safe_load((GOLDEN / f"{dialect}.yaml").read_text())) >= 4
