"""Every file of events/ is a real event: its function takes it, as deployed to the emulator of
AWS and under Lambda's own runtime, from the built bundle and layers alone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.api import Api
from local.build import build, host_parameters
from local.events import EVENTS, PLACEHOLDER, event_of, function_of
from local.lambda_runtime import lambda_runtime
from local.machine import CommandFailed
from local.sam_local import reachable, sam_local_invoke, why_not
from local.stack import Stack, invoke
from tests.system.template import functions

BY_FUNCTION = [
    pytest.param(name, [file for file in EVENTS if function_of(file) == name], id=name)
    for name in functions()
]


@pytest.fixture(scope="session")
def tokens(stack: Stack, backend: Api) -> dict[str, str]:
    """What intake and what everything else is asked with."""
    ingest = backend.headers["authorization"].removeprefix("ApiKey ")
    return {"IngestFunction": ingest, "": stack.token}


def filled_in(file: Path, tokens: dict[str, str]) -> bytes:
    return event_of(file, tokens.get(function_of(file), tokens[""]))


def check(answer: Any, event: bytes) -> None:
    """The function took it: it let the caller in and failed at nothing of its own."""
    assert PLACEHOLDER.encode() not in event
    if isinstance(answer, dict) and "statusCode" in answer:
        assert answer["statusCode"] < 500, answer
        assert answer["statusCode"] not in {401, 403}, answer
    if isinstance(answer, dict) and "batchItemFailures" in answer:
        assert answer["batchItemFailures"] == []


def test_every_function_has_an_event() -> None:
    assert {function_of(file) for file in EVENTS} == set(functions())


@pytest.mark.parametrize("file", EVENTS, ids=lambda file: f"{file.parent.name}-{file.stem}")
@pytest.mark.usefixtures("shop")
def test_the_function_takes_the_event(file: Path, stack: Stack, tokens: dict[str, str]) -> None:
    event = filled_in(file, tokens)
    check(invoke(stack, function_of(file), json.loads(event)), event)


@pytest.mark.parametrize(("name", "files"), BY_FUNCTION)
@pytest.mark.usefixtures("shop")
def test_it_takes_it_under_the_lambda_runtime_from_its_bundle_alone(
    name: str, files: list[Path], stack: Stack, tokens: dict[str, str]
) -> None:
    """One process of the runtime for all events of a function, as on Lambda."""
    with lambda_runtime(stack, name, build(host_parameters()).parent) as function:
        for file in files:
            event = filled_in(file, tokens)
            check(function.invoke(event), event)


def test_what_a_function_raises_is_told_with_its_kind(stack: Stack) -> None:
    with (
        lambda_runtime(stack, "DispatcherFunction", build(host_parameters()).parent) as function,
        pytest.raises(CommandFailed, match="KeyError"),
    ):
        function.invoke(b"{}")


@pytest.fixture(scope="session")
def aimed(stack: Stack) -> Iterator[str]:
    """Where containers find the stack; skips what needs an engine where there is none."""
    reason = why_not(host_parameters()["PythonRuntime"])
    if reason:
        pytest.skip(reason)
    with reachable(stack) as url:
        yield url


@pytest.mark.parametrize("file", EVENTS, ids=lambda file: f"{file.parent.name}-{file.stem}")
@pytest.mark.usefixtures("shop")
def test_it_takes_it_by_sam_local_invoke(
    file: Path, stack: Stack, tokens: dict[str, str], aimed: str
) -> None:
    event = filled_in(file, tokens)
    built = build(host_parameters())
    check(sam_local_invoke(stack, function_of(file), event, built, aimed), event)
