"""Invoking the attribution function, with the operator's own AWS rights or on the local stack."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from cli.target import Target
from touchline.platform.patience import BATCH, Patience
from touchline.platform.settings import Aws, load

OUTPUT = "AttributionFunction"
_LONG = replace(BATCH, attempts=1, read_seconds=905.0, total_seconds=910.0)
"""A night may take the 15 minutes that a function may run; asking twice would start it twice."""

Nights = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Invokes the function and gives its answer. Raises NotInvoked."""


class NotInvoked(Exception):
    """The function could not be invoked, or it failed."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def nights_of(target: Target, function: str = "") -> Nights:
    """The attribution function of a stack: the local one's, or the one named."""
    name = function or target.outputs.get(OUTPUT, "")
    aws = load(Aws)
    if target.endpoint_url:
        aws = Aws(
            aws_region=target.region or aws.aws_region,
            aws_endpoint_url=target.endpoint_url,
            aws_access_key_id=aws.aws_access_key_id or "test",
            aws_secret_access_key=aws.aws_secret_access_key or "test",
        )

    def invoke(event: Mapping[str, Any]) -> dict[str, Any]:
        if not name:
            raise NotInvoked(
                "the attribution function is not known",
                f"Give --function with the stack's output {OUTPUT}.",
            )
        return _invoke(name, event, aws, _LONG)

    return invoke


def _invoke(name: str, event: Mapping[str, Any], aws: Aws, patience: Patience) -> dict[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to load

    from touchline.platform.boto import client  # noqa: PLC0415

    try:
        answer = client("lambda", aws, patience).invoke(
            FunctionName=name, Payload=json.dumps(dict(event)).encode()
        )
        said: dict[str, Any] = json.loads(answer["Payload"].read())
    except (BotoCoreError, ClientError) as error:
        raise NotInvoked(
            f"{name} could not be invoked: {error}",
            "Are your AWS credentials and region set, and may you invoke it?",
        ) from error
    if answer.get("FunctionError"):
        raise NotInvoked(f"{name} failed: {said.get('errorMessage', said)}", "Look at its log.")
    return said
