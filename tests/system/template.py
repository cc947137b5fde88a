"""template.yaml as plain data, for the tests that hold template and code together."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from cfnlint.decode import decode

from local.places import TEMPLATE

Resource = dict[str, Any]


@cache
def template(*, own_key: bool = False) -> Resource:
    """The template with intrinsics in their long form (`{"Fn::GetAtt": [...]}`), as it is with or
    without a KMS key of the customer's."""
    parsed, problems = decode(str(TEMPLATE))
    assert not problems, problems
    assert isinstance(parsed, dict)
    decided: Resource = _decided(parsed, {"OwnKey": own_key})
    return decided


_ABSENT = {"Ref": "AWS::NoValue"}


def _decided(said: Any, conditions: Mapping[str, bool]) -> Any:
    """The template with every `If` of these conditions resolved."""
    if isinstance(said, dict):
        if said.keys() == {"Fn::If"} and said["Fn::If"][0] in conditions:
            condition, met, unmet = said["Fn::If"]
            return _decided(met if conditions[condition] else unmet, conditions)
        found = {name: _decided(inner, conditions) for name, inner in said.items()}
        return {name: inner for name, inner in found.items() if inner != _ABSENT}
    if isinstance(said, list):
        found_in = [_decided(inner, conditions) for inner in said]
        return [inner for inner in found_in if inner != _ABSENT]
    return said


def of_type(kind: str, *, own_key: bool = False) -> dict[str, Resource]:
    """The properties of every resource of a type, by name."""
    found = template(own_key=own_key)["Resources"].items()
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


def statements(role: str, *, own_key: bool = False) -> list[Resource]:
    """What a role allows."""
    policies = of_type("AWS::IAM::Role", own_key=own_key)[role]["Policies"]
    return [said for policy in policies for said in policy["PolicyDocument"]["Statement"]]
