"""Where the dispatcher's network leads, when it has one of its own (the guard of the code holds
with and without it)."""

from ipaddress import ip_network
from typing import Any

from tests.system.template import functions, of_type, template

NETWORK_SETTINGS = {"REGISTRY_TABLE", "DELIVERIES_TABLE", "DELIVERY_QUEUE_URL"}


def test_ss_08_the_dispatchers_own_network_denies_every_inside_before_it_allows_anything() -> None:
    entries = [one for one in of_type("AWS::EC2::NetworkAclEntry").values() if one["Egress"]]
    by_number = sorted(entries, key=lambda entry: int(entry["RuleNumber"]))
    denied = [ip_network(one["CidrBlock"]) for one in by_number if one["RuleAction"] == "deny"]
    assert by_number[-1]["RuleAction"] == "allow"
    assert [one["RuleAction"] for one in by_number[:-1]] == ["deny"] * len(denied)
    for inside in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"):
        assert ip_network(inside) in denied


def test_ss_08_it_lets_nothing_in_and_only_web_ports_out() -> None:
    group = of_type("AWS::EC2::SecurityGroup")["EgressSecurityGroup"]
    assert "SecurityGroupIngress" not in group
    assert sorted(int(rule["ToPort"]) for rule in group["SecurityGroupEgress"]) == [80, 443]


def test_ss_08_no_secret_is_in_the_environment_of_the_dispatcher() -> None:
    variables: dict[str, Any] = functions()["DispatcherFunction"]["Environment"]["Variables"]
    assert variables.keys() >= NETWORK_SETTINGS
    for name in variables:
        assert not any(word in name for word in ("SECRET", "TOKEN", "PASSWORD"))
    assert variables["SEALING_KEY_PARAMETER"] == {"Fn::Sub": "/${AWS::StackName}/sealing-key"}


def test_d29_the_address_that_postbacks_come_from_is_pinned_and_published() -> None:
    resources = template()["Resources"]
    assert resources["EgressAddress"]["DeletionPolicy"] == "Retain"
    nat = resources["EgressNat"]["Properties"]
    assert nat["AllocationId"] == {"Fn::GetAtt": ["EgressAddress", "AllocationId"]}
    route = resources["EgressRoute"]["Properties"]
    assert route["NatGatewayId"] == {"Ref": "EgressNat"}
    assert template()["Outputs"]["EgressAddress"]["Value"] == {"Ref": "EgressAddress"}
