"""`touchline status` asks the real parts: queues, alarms, metrics, with the rights of its role."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from local.api import Api
from local.stack import Stack, aws_client


@pytest.fixture
def cloudwatch(stack: Stack) -> Any:
    return aws_client(stack.endpoint_url, "cloudwatch")


@pytest.fixture
def alarm_that_is_on(cloudwatch: Any) -> Iterator[str]:
    """The name of an alarm of the stack, on until the test ends."""
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix="touchline-")
    found = [alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]]
    name = next(name for name in found if "SpillAge" in name)
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    yield name
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="the test is over")


def told(operator: Api) -> dict[str, dict[str, str]]:
    return {one["name"]: one for one in operator.get("/admin/status").json()["findings"]}


def test_an_alarm_that_is_on_is_bad(operator: Api, alarm_that_is_on: str) -> None:
    found = told(operator)[f"alarm {alarm_that_is_on}"]
    assert found["level"] == "bad"
    assert found["see"] == "docs/runbook.md#spill-age"


def test_alarms_that_are_off_are_counted(operator: Api) -> None:
    assert told(operator)["alarms"]["level"] == "well"


def test_how_long_the_oldest_record_waits_is_known(
    operator: Api, stack: Stack, cloudwatch: Any
) -> None:
    waits = {
        "MetricName": "IteratorAge",
        "Dimensions": [{"Name": "FunctionName", "Value": stack.outputs["OutboxFunction"]}],
        "Value": 5000,
    }
    cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=[waits])
    assert told(operator)["streams"]["said"] == "the oldest record has waited 5 s"


def test_the_command_says_it_for_people_and_for_programs(stack: Stack) -> None:
    """Other tests of this stack do damage on purpose: it may be bad, and the exit code says so."""
    target = ["--api-url", stack.api_url, "--token", stack.token]
    assert "alarms" in CliRunner().invoke(app, ["status", *target]).stdout
    told = CliRunner().invoke(app, ["status", "--json", *target])
    assert told.exit_code == int(json.loads(told.stdout)["status"] == "bad")
