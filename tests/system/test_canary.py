"""What AWS makes of the template, expanded by the SAM translator that the SAM CLI brings along."""

import json
import subprocess
from functools import cache
from typing import Any

import pytest

from local.places import SAM
from tests.system.template import template

Resources = dict[str, Any]

TRANSLATOR = """
import json, sys
import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
template, parameters = json.load(sys.stdin)
session = boto3.session.Session(region_name="us-east-1")
translator = Translator({}, Parser(), boto_session=session)
json.dump(translator.translate(template, parameters)["Resources"], sys.stdout)
"""


@cache
def expanded(canary: str, *, code: str = "code", memory_mb: int = 1024) -> Resources:
    """The template's resources in plain CloudFormation, with its defaults but for these; `code` is
    what the bundles were uploaded as."""
    sent = json.loads(json.dumps(template()))
    sent["Globals"]["Function"]["CodeUri"] = {"Bucket": "bundles", "Key": code}
    sent["Globals"]["Function"]["MemorySize"] = memory_mb
    for name, body in sent["Resources"].items():
        if body["Type"] == "AWS::Serverless::LayerVersion":
            body["Properties"]["ContentUri"] = {"Bucket": "bundles", "Key": name}
    defaults = {name: about.get("Default", "") for name, about in sent["Parameters"].items()}
    chosen = {**defaults, "Canary": canary}
    done = subprocess.run(  # noqa: S603 - the SAM CLI's own Python, our program
        [SAM.with_name("python"), "-c", TRANSLATOR],
        input=json.dumps([sent, chosen]),
        capture_output=True,
        text=True,
        check=True,
    )
    found: Resources = json.loads(done.stdout)
    return found


def of_kind(resources: Resources, kind: str) -> Resources:
    return {name: body for name, body in resources.items() if body["Type"] == kind}


def version_of_ingest(resources: Resources) -> str:
    (name,) = of_kind(resources, "AWS::Lambda::Version")
    return name


@pytest.mark.parametrize("canary", ["true", "false"])
def test_the_api_calls_ingest_by_an_alias_of_its_newest_version(canary: str) -> None:
    resources = expanded(canary)
    ((name, alias),) = of_kind(resources, "AWS::Lambda::Alias").items()
    version = {"Fn::GetAtt": [version_of_ingest(resources), "Version"]}
    assert alias["Properties"]["FunctionVersion"] == version
    assert resources["IngestIntegration"]["Properties"]["IntegrationUri"] == {"Ref": name}
    assert resources["IngestPermission"]["Properties"]["FunctionName"] == {"Ref": name}


def test_i9_with_a_canary_a_tenth_of_the_traffic_goes_first_and_alarms_take_it_back() -> None:
    resources = expanded("true")
    (alias,) = of_kind(resources, "AWS::Lambda::Alias").values()
    ((name, group),) = of_kind(resources, "AWS::CodeDeploy::DeploymentGroup").items()
    update = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    assert update["DeploymentGroupName"] == {"Ref": name}
    properties = group["Properties"]
    assert "Canary10Percent5Minutes" in json.dumps(properties["DeploymentConfigName"])
    alarms = {alarm["Name"]["Ref"] for alarm in properties["AlarmConfiguration"]["Alarms"]}
    assert alarms == {"IngestErrorAlarm", "ApiErrorAlarm"} <= set(resources)
    assert properties["AlarmConfiguration"]["Enabled"] is True
    assert properties["AutoRollbackConfiguration"]["Enabled"] is True
    assert "DEPLOYMENT_STOP_ON_ALARM" in properties["AutoRollbackConfiguration"]["Events"]


def test_codedeploy_may_do_what_aws_says_it_needs_and_nothing_more() -> None:
    role = expanded("true")["CodeDeployServiceRole"]["Properties"]
    (allowed,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert allowed["Principal"] == {"Service": ["codedeploy.amazonaws.com"]}
    (policy,) = role["ManagedPolicyArns"]
    assert policy.endswith(":policy/service-role/AWSCodeDeployRoleForLambda")
    assert "Policies" not in role


def test_without_a_canary_there_is_no_codedeploy() -> None:
    resources = expanded("false")
    assert not [body for body in resources.values() if "CodeDeploy" in body["Type"]]
    assert "CodeDeployServiceRole" not in resources
    (alias,) = of_kind(resources, "AWS::Lambda::Alias").values()
    assert "UpdatePolicy" not in alias


def test_new_code_or_a_new_property_is_a_new_version_that_the_alias_goes_to() -> None:
    """A change in the layer alone is new code too: each bundle carries the layer's checksum
    (test_bundle.py)."""
    now = version_of_ingest(expanded("false"))
    assert version_of_ingest(expanded("false", code="other")) != now
    assert version_of_ingest(expanded("false", memory_mb=2048)) != now
    assert version_of_ingest(expanded("true")) == now
