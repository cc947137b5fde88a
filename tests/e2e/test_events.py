"""Every file of events/ is a real event: the deployed function takes it."""

import json
from pathlib import Path

import pytest

from local.places import ROOT
from local.stack import Stack, invoke
from tests.system.template import functions

EVENTS = sorted((ROOT / "events").glob("*/*.json"))


def name_of(file: Path) -> str:
    """`events/ingest/postback.json` is an event of IngestFunction."""
    return f"{file.parent.name.capitalize()}Function"


def test_every_function_has_an_event() -> None:
    assert {name_of(file) for file in EVENTS} == set(functions())


@pytest.mark.parametrize("file", EVENTS, ids=lambda file: f"{file.parent.name}-{file.stem}")
@pytest.mark.usefixtures("shop")
def test_the_function_takes_the_event(file: Path, stack: Stack) -> None:
    answer = invoke(stack, name_of(file), json.loads(file.read_text(encoding="utf-8")))
    if isinstance(answer, dict) and "statusCode" in answer:
        assert answer["statusCode"] < 500
    if isinstance(answer, dict) and "batchItemFailures" in answer:
        assert answer["batchItemFailures"] == []
