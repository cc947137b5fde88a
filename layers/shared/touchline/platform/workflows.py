"""Starting a Step Functions execution."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from touchline.platform.patience import BATCH
from touchline.platform.settings import Aws


class Workflow(Protocol):
    """Something that runs on by itself once it is started."""

    def start(self, given: Mapping[str, Any]) -> str:
        """Start it; its name."""
        ...


class StateMachine:
    """A state machine by its ARN. boto3 is loaded when it is first started."""

    def __init__(self, arn: str, aws: Aws) -> None:
        self._arn = arn
        self._aws = aws

    def start(self, given: Mapping[str, Any]) -> str:
        """Start an execution; its ARN."""
        from touchline.platform.boto import client  # noqa: PLC0415 - slow, only for big nights

        answer = client("stepfunctions", self._aws, BATCH).start_execution(
            stateMachineArn=self._arn, input=json.dumps(given)
        )
        return str(answer["executionArn"])
