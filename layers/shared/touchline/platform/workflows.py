"""Starting a Step Functions execution."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from touchline.kernel.errors import QueueUnavailable
from touchline.platform.patience import BATCH
from touchline.platform.settings import Aws


class Workflow(Protocol):
    """Something that runs on by itself once it is started."""

    def start(self, given: Mapping[str, Any]) -> str:
        """Start it; its name. Raises QueueUnavailable."""
        ...


class StateMachine:
    """A state machine by its ARN. boto3 is loaded when it is first started."""

    def __init__(self, arn: str, aws: Aws) -> None:
        self._arn = arn
        self._aws = aws

    def start(self, given: Mapping[str, Any]) -> str:
        """Start an execution; its ARN. Raises QueueUnavailable."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow, seldom

        from touchline.platform.boto import client  # noqa: PLC0415

        try:
            answer = client("stepfunctions", self._aws, BATCH).start_execution(
                stateMachineArn=self._arn, input=json.dumps(given)
            )
        except (BotoCoreError, ClientError) as error:
            raise QueueUnavailable(f"{type(error).__name__}: {error}") from error
        return str(answer["executionArn"])
