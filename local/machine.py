"""The machine under the local stack: its environment, ports, processes and clock. Nothing else here
or in the demo touches them."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from local.places import VENV

LOCAL_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
}
"""What the emulator takes for its root; they open nothing anywhere else."""

AMBIENT = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")


STARTED: dict[int, subprocess.Popen[bytes]] = {}
"""The processes that this one started, so that their end can be collected."""


class CommandFailed(Exception):
    """A tool ended with an error; the message carries the end of what it printed."""


def environment(extra: Mapping[str, str], *, aws_account: bool = False) -> dict[str, str]:
    """This process's environment with the project's tools first; the person's own AWS credentials
    are left out unless they are asked for."""
    left_out = () if aws_account else AMBIENT
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    path = f"{VENV / 'bin'}{os.pathsep}{kept.get('PATH', '')}"
    return {**kept, "PATH": path, "SAM_CLI_TELEMETRY": "0", **extra}


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    extra: Mapping[str, str],
    errors_too: bool = True,
    seconds: float | None = None,
) -> str:
    """Run a tool to its end; its output, what it says on stderr included unless that is not wanted.

    Raises CommandFailed, also when it takes longer than `seconds`.
    """
    try:
        done = subprocess.run(  # noqa: S603 - the commands are ours
            [str(part) for part in command],
            cwd=cwd,
            env=environment(extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if errors_too else subprocess.PIPE,
            text=True,
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(f"{Path(command[0]).name} {command[1]} took too long") from error
    if done.returncode != 0:
        tail = "\n".join((done.stdout + (done.stderr or "")).splitlines()[-25:])
        raise CommandFailed(f"{Path(command[0]).name} {command[1]} ended with an error:\n{tail}")
    return done.stdout


def start(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    extra: Mapping[str, str],
    log: Path,
    bare: bool = False,
) -> int:
    """Start a process that outlives this one; its process ID. It writes to `log`. A bare one gets
    nothing of this process's environment but the search path."""
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - the commands are ours
            [str(part) for part in command],
            cwd=cwd,
            env={"PATH": os.environ["PATH"], **extra} if bare else environment(extra),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    STARTED[process.pid] = process
    return process.pid


def stop(process_id: int) -> None:
    """End a process that `start` began, and what it started; waits until it is gone."""
    for kind in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process_id, kind)
        except ProcessLookupError:
            return
        if wait_until(lambda: not is_running(process_id), seconds=10):
            return


def is_running(process_id: int) -> bool:
    """Whether the process lives (one that ended and was ours is collected here)."""
    if process_id in STARTED:
        return STARTED[process_id].poll() is None
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def free_port(wanted: int) -> int:
    """The wanted port if nothing listens there, else any free one."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise CommandFailed("this machine has no free port on 127.0.0.1")


def is_listening(port: int) -> bool:
    """Whether something on this machine takes connections there."""
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(true: Callable[[], bool], *, seconds: float, every: float = 0.1) -> bool:
    """Ask until it is true or the time is up; whether it became true."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True
