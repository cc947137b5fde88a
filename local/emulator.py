"""The local emulator of AWS (ministack), loopback only, with IAM enforced as on AWS."""

import contextlib
import http.client
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from local.machine import (
    LOCAL_CREDENTIALS,
    CommandFailed,
    free_port,
    is_running,
    start,
    stop,
    wait_until,
)
from local.places import MINISTACK

DEFAULT_PORT = 4566
UNPACKED = "unpacked"
"""Where the functions that it runs are unpacked, below its state."""
START_SECONDS = 90.0
BUSY_SECONDS = 20.0
"""How long a busy emulator may take to answer before its process ID is taken for another's."""


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator: where it listens and which process it is."""

    port: int
    process_id: int

    @property
    def url(self) -> str:
        """`http://127.0.0.1:4566`."""
        return f"http://127.0.0.1:{self.port}"

    def is_healthy(self) -> bool:
        """Whether it answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/_ministack/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def start_emulator(state: Path, *, port: int = DEFAULT_PORT, enforce_iam: bool = True) -> Emulator:
    """Start one whose things are kept in `state`: on the wanted port if it is free, else on any.

    A port may be taken between finding it free and listening on it; then another one is tried.
    Raises CommandFailed if it does not come up.
    """
    if not MINISTACK.exists():
        raise CommandFailed("the emulator is not installed: run `make setup`")
    state = state.resolve()  # it runs in this folder
    _forget_unpacked(state)
    (state / UNPACKED).mkdir(parents=True)
    log = state / "emulator.log"
    for wanted in (port, 0, 0):
        emulator = _launched(state, free_port(wanted), enforce_iam, log)
        try:
            is_up = _is_up(emulator)
        except KeyboardInterrupt:
            stop(emulator.process_id)
            raise
        if is_up:
            (state / "emulator.json").write_text(json.dumps(asdict(emulator)), encoding="utf-8")
            return emulator
        stop(emulator.process_id)
    end = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise CommandFailed(f"the emulator did not start on port {emulator.port}:\n{end}")


def _launched(state: Path, port: int, enforce_iam: bool, log: Path) -> Emulator:
    settings = {
        **LOCAL_CREDENTIALS,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "AUTH": "true" if enforce_iam else "false",
        "STATE_DIR": str(state / "emulator-state"),
        "TMPDIR": str(state / UNPACKED),
        "LOG_LEVEL": "WARNING",
    }
    return Emulator(port, start([MINISTACK], cwd=state, extra=settings, log=log))


def _is_up(emulator: Emulator) -> bool:
    """Whether it answers, and it is this very process that does: one that could not have its port
    has ended."""

    def has_decided() -> bool:
        return not is_running(emulator.process_id) or emulator.is_healthy()

    wait_until(has_decided, seconds=START_SECONDS)
    return is_running(emulator.process_id) and emulator.is_healthy()


def find_emulator(state: Path) -> Emulator | None:
    """The one that runs with this state, if any."""
    try:
        emulator = Emulator(**json.loads((state / "emulator.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    if not is_running(emulator.process_id):
        return None
    return emulator if wait_until(emulator.is_healthy, seconds=BUSY_SECONDS) else None


def stop_emulator(state: Path) -> bool:
    """Stop the one with this state; whether there was one."""
    emulator = find_emulator(state)
    if emulator is not None:
        stop(emulator.process_id)
    (state / "emulator.json").unlink(missing_ok=True)
    _forget_unpacked(state)
    return emulator is not None


def _forget_unpacked(state: Path) -> None:
    """The emulator leaves them behind when it ends, up to 144 MB for each process of a function."""
    shutil.rmtree(state / UNPACKED, ignore_errors=True)


@contextlib.contextmanager
def running_emulator(state: Path, *, port: int, enforce_iam: bool = True) -> Iterator[Emulator]:
    """One for the length of a `with` block (tests of the stores use it)."""
    emulator = start_emulator(state, port=port, enforce_iam=enforce_iam)
    try:
        yield emulator
    finally:
        stop_emulator(state)
