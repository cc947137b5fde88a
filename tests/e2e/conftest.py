"""One local stack for the whole session, on a port and in a folder of its own."""

import shutil
import socket
from collections.abc import Iterator

import pytest

from local.api import Api
from local.emulator import stop_emulator
from local.places import STATE
from local.stack import Stack
from local.up import bring_up

STATE_FOLDER = STATE / "e2e"


def free_port() -> int:
    """A port that nobody uses, so that two checkouts can be tested at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A fresh stack deployed from template.yaml; the emulator ends with the session."""
    stop_emulator(STATE_FOLDER)
    shutil.rmtree(STATE_FOLDER, ignore_errors=True)
    try:
        yield bring_up(STATE_FOLDER, port=free_port())
    finally:
        stop_emulator(STATE_FOLDER)


@pytest.fixture(scope="session")
def anybody(stack: Stack) -> Api:
    """The API without a token."""
    return Api(stack.api_url)


@pytest.fixture(scope="session")
def operator(stack: Stack) -> Api:
    """The API with the stack's admin token."""
    return Api(stack.api_url).with_token(stack.token, scheme="Bearer")
