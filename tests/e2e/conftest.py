"""One local stack for the whole session, on a port and in a folder of its own, with the example
registry applied to it."""

import shutil
from collections.abc import Callable, Iterator

import pytest

from local.api import Api
from local.emulator import stop_emulator
from local.machine import run
from local.places import ROOT, STATE, VENV
from local.stack import Stack
from local.up import bring_up

STATE_FOLDER = STATE / "e2e"
ACCOUNT = "shop"
PORT = 4700
"""Or the next one that is free."""


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A fresh stack deployed from template.yaml; the emulator ends with the session."""
    stop_emulator(STATE_FOLDER)
    shutil.rmtree(STATE_FOLDER, ignore_errors=True)
    try:
        yield bring_up(STATE_FOLDER, port=PORT)
    finally:
        stop_emulator(STATE_FOLDER)


@pytest.fixture(scope="session")
def touchline(stack: Stack) -> Callable[..., str]:
    """The command line, aimed at the stack; what it prints. Raises CommandFailed."""
    target = {"TOUCHLINE_API_URL": stack.api_url, "TOUCHLINE_TOKEN": stack.token}

    def command(*arguments: str) -> str:
        return run([VENV / "bin" / "touchline", *arguments], cwd=ROOT, extra=target)

    return command


@pytest.fixture(scope="session")
def anybody(stack: Stack) -> Api:
    """The API without a token."""
    return Api(stack.api_url)


@pytest.fixture(scope="session")
def operator(stack: Stack) -> Api:
    """The API with the stack's admin token."""
    return Api(stack.api_url).with_token(stack.token, scheme="Bearer")


@pytest.fixture(scope="session")
def shop(touchline: Callable[..., str]) -> str:
    """The account of the example registry, declared."""
    touchline("apply", "examples/registry.yaml", "--yes")
    return ACCOUNT


@pytest.fixture(scope="session")
def backend(operator: Api, anybody: Api, shop: str) -> Api:
    """The API as the shop's own systems call it."""
    wanted = {"name": "back end", "scopes": ["ingest"]}
    answer = operator.post(f"/admin/tokens?account={shop}", wanted)
    assert answer.status == 201, answer.body
    return anybody.with_token(answer.json()["token"])
