"""The template keeps the promises that only a template can keep."""

import json
import re
from dataclasses import MISSING, fields
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from local.places import ROOT
from tests.system.template import (
    Resource,
    event_sources,
    functions,
    of_type,
    statements,
    template,
)
from touchline.platform import settings
from touchline.platform.dynamo.indexes import INDEXES
from touchline.platform.observability import NAMESPACE, Metric

CALLED_BY_OTHERS = ("AttributionFunction", "SweeperFunction")
"""Functions that are called asynchronously: nobody waits for their answer."""

UNSCOPED = {"cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData"}
"""They read, and IAM has no resource for them but `*`, or none for all that they tell."""


def target(reference: Any) -> str:
    """The resource that a `Ref` or a `GetAtt` names."""
    named = reference.get("Ref") or reference.get("Fn::GetAtt")
    return str(named if isinstance(named, str) else named[0]).split(".")[0]


@pytest.mark.parametrize("name", functions())
def test_every_function_has_a_role_and_a_log_group_of_its_own(name: str) -> None:
    stem = name.removesuffix("Function")
    function = functions()[name]
    assert target(function["Role"]) == f"{stem}Role"
    assert target(function["LoggingConfig"]["LogGroup"]) == f"{stem}LogGroup"
    assert "RetentionInDays" in of_type("AWS::Logs::LogGroup")[f"{stem}LogGroup"]


@pytest.mark.parametrize("role", of_type("AWS::IAM::Role"))
def test_no_role_allows_a_wildcard(role: str) -> None:
    """SE-13: no wildcard action, no wildcard resource (but where IAM knows none narrower); every
    statement says what it is for."""
    for said in statements(role):
        resources = said["Resource"] if isinstance(said["Resource"], list) else [said["Resource"]]
        assert said["Sid"]
        assert all("*" not in action for action in said["Action"])
        assert all(resource != "*" for resource in resources) or set(said["Action"]) <= UNSCOPED


@pytest.mark.parametrize("role", of_type("AWS::IAM::Role"))
def test_only_the_dispatcher_in_a_vpc_borrows_a_managed_policy(role: str) -> None:
    assert ("ManagedPolicyArns" in of_type("AWS::IAM::Role")[role]) == (role == "DispatcherRole")


@pytest.mark.parametrize(("function", "source"), list(event_sources("SQS")))
def test_a_queue_hides_a_message_long_enough_and_fails_item_by_item(
    function: str, source: Resource
) -> None:
    """IN-19, IN-21, I20: visibility is 6 times the timeout, failures are reported by item."""
    queue = of_type("AWS::SQS::Queue")[target(source["Queue"])]
    assert queue["VisibilityTimeout"] >= 6 * functions()[function]["Timeout"]
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert "MaximumConcurrency" in source["ScalingConfig"]


def test_a_dead_letter_queue_keeps_longer_than_the_queue_it_serves() -> None:
    """IN-21: expiry counts from the first enqueueing, and five tries come first."""
    queues = of_type("AWS::SQS::Queue")
    served = {name: queue for name, queue in queues.items() if "RedrivePolicy" in queue}
    assert set(served) == {"DeliveryQueue", "SpillQueue", "OutboxQueue"}
    for queue in served.values():
        policy = queue["RedrivePolicy"]
        dead = queues[target(policy["deadLetterTargetArn"])]
        assert policy["maxReceiveCount"] >= 5
        assert dead["MessageRetentionPeriod"] == 14 * 86_400 > queue["MessageRetentionPeriod"]


@pytest.mark.parametrize(("function", "source"), list(event_sources("DynamoDB")))
def test_a_stream_batch_that_fails_is_halved_and_never_lost_silently(
    function: str, source: Resource
) -> None:
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"], function
    assert source["BisectBatchOnFunctionError"] is True
    assert target(source["DestinationConfig"]["OnFailure"]["Destination"]) == "FailureQueue"


@pytest.mark.parametrize("name", CALLED_BY_OTHERS)
def test_a_call_that_nobody_waits_for_leaves_its_failure_in_a_queue(name: str) -> None:
    failure = functions()[name]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
    assert target(failure["Destination"]) == "FailureQueue"


def test_the_night_starts_at_midnight_utc_and_the_sweeper_every_minute() -> None:
    schedules = dict(event_sources("ScheduleV2"))
    assert set(schedules) == set(CALLED_BY_OTHERS)
    assert schedules["AttributionFunction"]["ScheduleExpression"] == "cron(0 0 * * ? *)"
    assert schedules["SweeperFunction"]["ScheduleExpression"] == "rate(1 minute)"
    for schedule in schedules.values():
        assert schedule["ScheduleExpressionTimezone"] == "UTC"
        assert target(schedule["DeadLetterConfig"]["Arn"]) == "FailureQueue"


@pytest.mark.parametrize("name", of_type("AWS::DynamoDB::Table"))
def test_tables_survive_the_stack_and_can_be_restored(name: str) -> None:
    table = template()["Resources"][name]
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {
        "PointInTimeRecoveryEnabled": True
    }


def test_the_tables_have_the_indexes_that_the_code_names() -> None:
    declared = {
        index["IndexName"]: tuple(key["AttributeName"] for key in index["KeySchema"])
        for table in of_type("AWS::DynamoDB::Table").values()
        for index in table.get("GlobalSecondaryIndexes", [])
    }
    named = {index.name: (index.partition, index.sort) for index in INDEXES.values()}
    assert declared == named


def test_the_access_log_never_holds_a_query_string() -> None:
    """SE-08: tokens may travel in the query of a postback."""
    written = of_type("AWS::ApiGatewayV2::Stage")["ApiStage"]["AccessLogSettings"]["Format"]
    fields = set(json.loads(written).values())
    assert fields.isdisjoint({"$context.requestUri", "$context.queryString", "$context.authorizer"})
    assert "$context.path" in fields


def test_every_pair_of_runtime_and_processor_can_be_built() -> None:
    parameters = template()["Parameters"]
    runtimes = parameters["PythonRuntime"]["AllowedValues"]
    processors = parameters["Architecture"]["AllowedValues"]
    pairs = {f"{runtime}-{processor}" for runtime, processor in product(runtimes, processors)}
    assert pairs == {path.parent.name for path in (ROOT / "bundles").glob("*/Makefile")}


@pytest.mark.parametrize("name", of_type("AWS::CloudWatch::Alarm"))
def test_an_alarm_tells_somebody_and_names_its_section_of_the_runbook(name: str) -> None:
    alarm = of_type("AWS::CloudWatch::Alarm")[name]
    assert target(alarm["AlarmActions"][0]) == "AlertTopic"
    section = re.search(r"See docs/runbook\.md#([a-z-]+)$", alarm["AlarmDescription"])
    assert section is not None
    assert section[1] == re.sub(r"(?<!^)(?=[A-Z])", "-", name.removesuffix("Alarm")).lower()
    assert f"\n## {section[1]}\n" in (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")


def test_alarms_and_the_dashboard_name_metrics_that_the_code_emits() -> None:
    named = {
        (alarm["Dimensions"][0]["Value"], alarm["MetricName"])
        for alarm in of_type("AWS::CloudWatch::Alarm").values()
        if alarm["Namespace"] == NAMESPACE
    }
    body = of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    shown = set(re.findall(rf'\["{NAMESPACE}", "(\w+)", "service", "(\w+)"', body))
    services = {service for service, _ in named} | {service for _, service in shown}
    sources = [path.read_text(encoding="utf-8") for path in sources_of_the_functions()]
    emitted = {name for text in sources for name in re.findall(r"Metric\.([A-Z_]+)", text)}
    logged = {name for text in sources for name in re.findall(r'\bLog\(\s*"(\w+)"', text)}
    metrics = {metric for _, metric in named} | {metric for metric, _ in shown}
    assert metrics <= {Metric[name].value for name in emitted}
    assert services <= logged | {"ingest"}
    assert json.loads(re.sub(r"\$\{[^}]+\}", "x", body))["widgets"]


def sources_of_the_functions() -> list[Path]:
    """Every Python file that runs in a function."""
    return [*(ROOT / "functions").rglob("*.py"), *(ROOT / "layers").rglob("*.py")]


def test_a_new_ingest_takes_traffic_step_by_step_where_that_is_asked_for() -> None:
    """I9: the alarms that take a bad version back are those that senders would suffer from."""
    ingest = functions()["IngestFunction"]
    assert ingest["AutoPublishAlias"] == "live"
    preference = ingest["DeploymentPreference"]
    assert preference["Enabled"] == {"Ref": "Canary"}
    assert {target(alarm) for alarm in preference["Alarms"]} == {
        "IngestErrorAlarm",
        "ApiErrorAlarm",
    }
    integration = of_type("AWS::ApiGatewayV2::Integration")["IngestIntegration"]
    assert integration["IntegrationUri"] == {"Ref": "IngestFunction.Alias"}


def test_loopback_receivers_are_off_unless_somebody_asks() -> None:
    assert template()["Parameters"]["AllowLoopbackReceivers"]["Default"] == "false"


@pytest.mark.parametrize("name", functions())
def test_a_function_gets_just_the_settings_that_its_code_reads(name: str) -> None:
    read = fields(getattr(settings, name.removesuffix("Function")))
    shared = template()["Globals"]["Function"]["Environment"]["Variables"]
    own = functions()[name]["Environment"]["Variables"]
    given = {*shared, *own}
    assert given <= {field.name.upper() for field in read}
    assert {field.name.upper() for field in read if field.default is MISSING} <= given


@pytest.mark.parametrize("name", functions())
def test_no_environment_variable_holds_a_secret(name: str) -> None:
    """Each is a plain setting, or names a thing of the stack; and no parameter takes a secret."""
    shared = template()["Globals"]["Function"]["Environment"]["Variables"]
    for variable, value in {**shared, **functions()[name]["Environment"]["Variables"]}.items():
        assert not re.search("SECRET|PASSWORD|TOKEN|CREDENTIAL", variable)
        assert isinstance(value, dict)
        assert value.keys() <= {"Ref", "Fn::Sub", "Fn::GetAtt"}
    assert not any("NoEcho" in one for one in template()["Parameters"].values())


def test_the_promised_outputs_are_there() -> None:
    promised = {"ApiUrl", "ApiId", "ConsoleUrl", "AttributionFunction"}
    tables = set(of_type("AWS::DynamoDB::Table"))
    queues = set(of_type("AWS::SQS::Queue"))
    assert promised | tables | queues | set(functions()) <= set(template()["Outputs"])
