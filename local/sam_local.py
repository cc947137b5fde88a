"""`sam local invoke` over the local stack, where there is a container engine."""

import contextlib
import json
import platform
import shutil
import socket
import socketserver
import threading
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import yaml

from local.build import host_parameters
from local.lambda_runtime import deployed_function
from local.machine import CommandFailed, run
from local.places import ROOT, SAM
from local.stack import Stack

SAM_CONTAINERS_REACH_US_AS = "host.docker.internal"

ENGINE_SECONDS, PULL_SECONDS = 30.0, 600.0


def why_not(runtime: str) -> str:
    """Why functions of this runtime cannot run in containers here; empty when they can."""
    if shutil.which("docker") is None:
        return "sam local invoke needs a container engine: there is no `docker` here"
    try:
        run(["docker", "info"], cwd=ROOT, extra={}, seconds=ENGINE_SECONDS)
    except CommandFailed:
        return "sam local invoke needs a container engine: `docker info` finds none that runs"
    image = image_of(runtime)
    for command in (["docker", "image", "inspect", image], ["docker", "pull", image]):
        with contextlib.suppress(CommandFailed):
            run(command, cwd=ROOT, extra={}, seconds=PULL_SECONDS)
            return ""
    return f"sam local invoke needs AWS's image {image}, which cannot be pulled here"


def image_of(runtime: str) -> str:
    """AWS's image of a runtime, as the SAM CLI names it."""
    processor = {"amd64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    version = runtime.removeprefix("python")
    return f"public.ecr.aws/lambda/python:{version}-{processor}"


@contextlib.contextmanager
def reachable(stack: Stack) -> Iterator[str]:
    """The emulator's URL as containers see it, until the block ends. It listens on 127.0.0.1 only:
    Docker Desktop leads there by a name, and on Linux a relay on the engine's bridge does."""
    port = int(stack.endpoint_url.rpartition(":")[2])
    bridge = _bridge()
    if not bridge:
        yield f"http://{SAM_CONTAINERS_REACH_US_AS}:{port}"
        return

    class Relay(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", port)) as emulator:
                back = threading.Thread(target=_pump, args=(emulator, self.request))
                back.start()
                _pump(self.request, emulator)
                back.join()

    with socketserver.ThreadingTCPServer((bridge, 0), Relay) as relay:
        threading.Thread(target=relay.serve_forever, daemon=True).start()
        try:
            yield f"http://{bridge}:{relay.server_address[1]}"
        finally:
            relay.shutdown()


def sam_local_invoke(stack: Stack, function: str, event: bytes, built: Path, url: str) -> Any:
    """What a function answers in its container; `url` is where it finds the emulator.

    Raises CommandFailed.
    """
    deployed = deployed_function(stack, function)
    folder = built.parent
    template = yaml.safe_load(built.read_text(encoding="utf-8"))
    for name, value in host_parameters().items():
        template["Parameters"][name]["Default"] = value
    declared = template["Resources"][function]["Properties"].setdefault("Environment", {})
    declared.setdefault("Variables", {})["AWS_ENDPOINT_URL"] = url
    aimed, names, event_file = (
        folder / f"sam-local-{n}" for n in ("template.yaml", "env", "event")
    )
    aimed.write_text(yaml.safe_dump(template), encoding="utf-8")
    names.write_text(json.dumps({function: {**deployed.environment, "AWS_ENDPOINT_URL": url}}))
    event_file.write_bytes(event)
    command: list[str | Path] = [SAM, "local", "invoke", function, "--template-file", aimed]
    options: list[str | Path] = ["--env-vars", names, "--event", event_file, "--skip-pull-image"]
    extra = dict(deployed.environment)
    answer = json.loads(run([*command, *options], cwd=ROOT, extra=extra, errors_too=False))
    if isinstance(answer, dict) and "errorType" in answer:
        raise CommandFailed(json.dumps(answer)[:2000])
    return answer


def _bridge() -> str:
    """The address of the engine's bridge on this machine; empty where the engine runs in a machine
    of its own, as Docker Desktop's does."""
    form = "{{(index .IPAM.Config 0).Subnet}}"
    said = run(["docker", "network", "inspect", "bridge", "-f", form], cwd=ROOT, extra={})
    address = str(next(ip_network(said.strip()).hosts()))
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.bind((address, 0))
        return address
    return ""


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Carry bytes until the source has no more."""
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
