"""template.yaml as plain data, for the tests that hold template and code together."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from cfnlint.decode import decode

from local.places import TEMPLATE

Resource = dict[str, Any]


@cache
def template() -> Resource:
    """The template with intrinsics in their long form (`{"Fn::GetAtt": [...]}`)."""
    parsed, problems = decode(str(TEMPLATE))
    assert not problems, problems
    assert isinstance(parsed, dict)
    return parsed


def of_type(kind: str) -> dict[str, Resource]:
    """The properties of every resource of a type, by name."""
    found = template()["Resources"].items()
    return {name: body.get("Properties", {}) for name, body in found if body["Type"] == kind}


def functions() -> dict[str, Resource]:
    """Every function with the defaults of Globals filled in."""
    shared = template()["Globals"]["Function"]
    own = of_type("AWS::Serverless::Function")
    return {name: {**shared, **properties} for name, properties in own.items()}


def event_sources(kind: str) -> Iterator[tuple[str, Resource]]:
    """Every event source of a kind, with the name of the function that it feeds."""
    for name, properties in functions().items():
        for source in properties.get("Events", {}).values():
            if source["Type"] == kind:
                yield name, source["Properties"]


def statements(role: str) -> list[Resource]:
    """What a role allows."""
    policies = of_type("AWS::IAM::Role")[role]["Policies"]
    return [said for policy in policies for said in policy["PolicyDocument"]["Statement"]]
