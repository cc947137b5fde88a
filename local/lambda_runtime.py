"""AWS's own Lambda runtime on this machine, without a container.

It is the Runtime Interface Emulator that the SAM CLI brings along, `awslambdaric`, and a built
function that sees nothing but its bundle, its layers and what AWS's Python runtime has. It runs
with the role and the settings of its deployment.
"""

import contextlib
import http.client
import json
import platform
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from local.machine import (
    CommandFailed,
    free_port,
    is_listening,
    is_running,
    start,
    stop,
    wait_until,
)
from local.places import SAM
from local.stack import Stack, aws_client

RUNTIME_HAS = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "urllib3", "six")
"""What AWS's Python runtime brings along."""

INTERFACE_CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")
INVOCATIONS = "/2015-03-31/functions/function/invocations"
START_SECONDS = 30.0
ANSWER_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Deployed:
    """A function as the stack has it."""

    name: str
    handler: str
    layers: Sequence[str]
    timeout_seconds: int
    memory_mb: int
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Warm:
    """A function that waits for events."""

    port: int
    process_id: int
    log: Path

    def invoke(self, event: bytes) -> Any:
        """Its answer to an event (JSON). Raises CommandFailed with the function's own error."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        try:
            connection.request("POST", INVOCATIONS, event, {"content-type": "application/json"})
            answer = json.loads(connection.getresponse().read() or b"null")
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise CommandFailed(f"no answer ({error!r}):\n{self.told()[-2000:]}") from error
        finally:
            connection.close()
        if isinstance(answer, dict) and "errorType" in answer:
            raise CommandFailed(f"{json.dumps(answer)[:2000]}\n{self.told()[-2000:]}")
        return answer

    def is_up(self) -> bool:
        """Whether it listens, and it is this very process that does."""

        def has_decided() -> bool:
            return not is_running(self.process_id) or is_listening(self.port)

        wait_until(has_decided, seconds=START_SECONDS)
        return is_running(self.process_id) and is_listening(self.port)

    def told(self) -> str:
        """Everything that the function and the runtime wrote."""
        return self.log.read_text(encoding="utf-8", errors="replace")


@contextlib.contextmanager
def lambda_runtime(stack: Stack, function: str, bundle: Path) -> Iterator[Warm]:
    """A function of the stack, from the folder that `sam build` made, until the block ends.

    Raises CommandFailed if it does not come up.
    """
    deployed = deployed_function(stack, function)
    with tempfile.TemporaryDirectory(prefix="touchline-lambda-") as folder:
        warm = _started(deployed, bundle, Path(folder))
        try:
            yield warm
        finally:
            stop(warm.process_id)


def deployed_function(stack: Stack, function: str) -> Deployed:
    """What the stack says of a function, with credentials of its role and of nothing more."""
    said = aws_client(stack.endpoint_url, "lambda").get_function_configuration(
        FunctionName=stack.outputs[function]
    )
    role = aws_client(stack.endpoint_url, "sts").assume_role(
        RoleArn=said["Role"], RoleSessionName=function
    )["Credentials"]
    return Deployed(
        function,
        said["Handler"],
        [layer["Arn"].split(":")[-2] for layer in said["Layers"]],
        said["Timeout"],
        said["MemorySize"],
        {
            **said["Environment"]["Variables"],
            "AWS_ENDPOINT_URL": stack.endpoint_url,
            "AWS_REGION": stack.region,
            "AWS_DEFAULT_REGION": stack.region,
            "AWS_ACCESS_KEY_ID": role["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": role["SecretAccessKey"],
            "AWS_SESSION_TOKEN": role["SessionToken"],
        },
    )


def lay_out(deployed: Deployed, bundle: Path, folder: Path) -> list[Path]:
    """Where Python looks for modules, in Lambda's order: the task, /opt/python, the runtime.

    Raises CommandFailed when two layers carry the same thing: their order would decide.
    """
    layers, runtime = folder / "opt" / "python", folder / "runtime"
    _link(
        layers,
        [entry for layer in deployed.layers for entry in (bundle / layer / "python").iterdir()],
    )
    _link(
        runtime, [entry for name in (*RUNTIME_HAS, *INTERFACE_CLIENT) for entry in installed(name)]
    )
    return [bundle / deployed.name, layers, runtime]


def installed(name: str) -> list[Path]:
    """What a package of this environment consists of, at the top of site-packages."""
    found = distribution(name)
    tops = {Path(file).parts[0] for file in found.files or ()} - {".."}
    return [Path(str(found.locate_file(top))) for top in sorted(tops)]


def _link(folder: Path, entries: Sequence[Path]) -> None:
    folder.mkdir(parents=True)
    for entry in entries:
        try:
            (folder / entry.name).symlink_to(entry)
        except FileExistsError as error:
            raise CommandFailed(f"{entry.name} is there twice: {entry}") from error


def _started(deployed: Deployed, bundle: Path, folder: Path) -> Warm:
    """Start it; another port is tried when one was taken between finding it free and listening."""
    path = lay_out(deployed, bundle, folder)
    settings = {
        **deployed.environment,
        "PYTHONPATH": ":".join(map(str, path)),
        "LAMBDA_TASK_ROOT": str(path[0]),
        "AWS_LAMBDA_FUNCTION_NAME": deployed.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(deployed.timeout_seconds),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(deployed.memory_mb),
    }
    for _ in range(3):
        port = free_port(0)
        command: list[str | Path] = [
            _emulator(),
            *("--log-level", "error"),
            *("--runtime-interface-emulator-address", f"127.0.0.1:{port}"),
            *("--runtime-api-address", f"127.0.0.1:{free_port(0)}"),
            *(sys.executable, "-S", "-m", "awslambdaric", deployed.handler),
        ]
        log = folder / "log"
        warm = Warm(port, start(command, cwd=path[0], extra=settings, log=log, bare=True), log)
        if warm.is_up():
            return warm
        stop(warm.process_id)
    raise CommandFailed(f"{deployed.name} did not start:\n{warm.told()[-2000:]}")


def _emulator() -> Path:
    """The Runtime Interface Emulator, out of the SAM CLI's package. Raises CommandFailed."""
    processor = {"x86_64": "x86_64", "amd64": "x86_64"}.get(platform.machine().lower(), "arm64")
    inside = f"lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-{processor}"
    found = list(SAM.parents[1].glob(inside))
    if not found or sys.platform != "linux":
        raise CommandFailed("Lambda's Runtime Interface Emulator needs Linux and `make setup`")
    return found[0]
