"""The stack on the emulator: deployed from template.yaml, found again by the file it leaves."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.build import overrides
from local.emulator import Emulator
from local.machine import LOCAL_CREDENTIALS, CommandFailed, run
from local.places import ROOT, SAM, STACK_FILE

STACK_NAME = "touchline"
LOCAL_PARAMETERS = {"AllowLoopbackReceivers": "true", "Scale": "local"}
"""Receivers of the demo and the tests are on this machine."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Where a deployed stack is and how to talk to it."""

    api_url: str
    token: str
    region: str
    endpoint_url: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    built: str = ""  # digest of the sources that it was built from

    @property
    def console_url(self) -> str:
        """The browser console."""
        return f"{self.api_url}/console"

    def save(self, state: Path) -> None:
        """Leave it for the command line; only its owner may read it, since it holds a token."""
        path = state / STACK_FILE
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def load_stack(state: Path) -> Stack:
    """The stack whose state this is. Raises FileNotFoundError."""
    return Stack(**json.loads((state / STACK_FILE).read_text(encoding="utf-8")))


def aws_client(endpoint_url: str, service: str) -> Any:
    """A boto3 client of the emulator."""
    session: Any = boto3.session.Session(
        aws_access_key_id=LOCAL_CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=LOCAL_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=LOCAL_CREDENTIALS["AWS_REGION"],
    )
    patient = Config(read_timeout=900, retries={"total_max_attempts": 1})
    return session.client(service, endpoint_url=endpoint_url, config=patient)


def deploy(emulator: Emulator, built: Path, parameters: dict[str, str]) -> dict[str, str]:
    """`sam deploy` to the emulator; the stack's outputs. Raises CommandFailed."""
    settings = {**LOCAL_CREDENTIALS, "AWS_ENDPOINT_URL": emulator.url}
    command: list[str | Path] = [SAM, "deploy", "--template-file", built, "--config-env", "local"]
    config: list[str | Path] = ["--config-file", ROOT / "samconfig.toml"]
    values = overrides({**parameters, **LOCAL_PARAMETERS})
    run([*command, *config, *values], cwd=ROOT, extra=settings)
    described = aws_client(emulator.url, "cloudformation").describe_stacks(StackName=STACK_NAME)
    outputs = {o["OutputKey"]: o["OutputValue"] for o in described["Stacks"][0]["Outputs"]}
    allow_browsers(emulator, outputs["ApiId"])
    return outputs


def outputs_on_aws(stack: str, region: str) -> dict[str, str]:
    """The outputs of a stack, with the credentials of the shell.

    Raises ClientError, BotoCoreError.
    """
    session: Any = boto3.session.Session(region_name=region)
    described = session.client("cloudformation").describe_stacks(StackName=stack)
    return {one["OutputKey"]: one["OutputValue"] for one in described["Stacks"][0]["Outputs"]}


def invoke(stack: Stack, function: str, event: Any) -> Any:
    """Call a deployed function by its name in the template and wait for its answer.

    Raises CommandFailed with the function's own error.
    """
    client = aws_client(stack.endpoint_url, "lambda")
    payload = json.dumps(event).encode()
    called = client.invoke(FunctionName=stack.outputs[function], Payload=payload)
    answer = json.loads(called["Payload"].read() or b"null")
    if "FunctionError" in called:
        raise CommandFailed(f"{function} failed: {json.dumps(answer)[:2000]}")
    return answer


def allow_browsers(emulator: Emulator, api_id: str) -> None:
    """Say again to the emulator what the template says about CORS: it reads it in lower camel case
    only, which its own API writes and its CloudFormation does not."""
    gateway = aws_client(emulator.url, "apigatewayv2")
    gateway.update_api(
        ApiId=api_id,
        CorsConfiguration={
            "AllowOrigins": ["*"],
            "AllowMethods": ["GET", "POST"],
            "AllowHeaders": ["authorization", "content-type"],
            "ExposeHeaders": ["x-touchline-receipt", "x-touchline-outcome"],
            "MaxAge": 86400,
        },
    )


def api_url(emulator: Emulator, outputs: Mapping[str, str]) -> str:
    """The API's base URL in the one form that resolves everywhere."""
    return f"{emulator.url}/_aws/execute-api/{outputs['ApiId']}"
