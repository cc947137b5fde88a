"""A KMS key of the customer's: everything at rest lies under it, and each role may use it as far as
its tables and queues need; without one AWS's own keys do, and nobody needs a right."""

from collections.abc import Iterator

import pytest

from tests.system.template import Resource, of_type, statements, template

KEY = {"Ref": "KmsKeyArn"}
ROLES = of_type("AWS::IAM::Role")


@pytest.mark.parametrize("name", of_type("AWS::DynamoDB::Table"))
def test_a_table_lies_under_the_customers_key_or_under_awss_own(name: str) -> None:
    own = of_type("AWS::DynamoDB::Table", own_key=True)[name]
    assert own["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY}
    assert "SSESpecification" not in of_type("AWS::DynamoDB::Table")[name]


@pytest.mark.parametrize("name", of_type("AWS::SQS::Queue"))
def test_a_queue_is_encrypted_in_either_case(name: str) -> None:
    own, plain = of_type("AWS::SQS::Queue", own_key=True)[name], of_type("AWS::SQS::Queue")[name]
    assert (own["SqsManagedSseEnabled"], own["KmsMasterKeyId"]) == (False, KEY)
    assert plain["SqsManagedSseEnabled"] is True
    assert "KmsMasterKeyId" not in plain


@pytest.mark.parametrize("name", of_type("AWS::Logs::LogGroup"))
def test_a_log_lies_under_the_customers_key(name: str) -> None:
    assert of_type("AWS::Logs::LogGroup", own_key=True)[name]["KmsKeyId"] == KEY
    assert "KmsKeyId" not in of_type("AWS::Logs::LogGroup")[name]


def test_the_bucket_lies_under_the_customers_key_or_under_awss_own() -> None:
    for own_key, default in (
        (True, {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}),
        (False, {"SSEAlgorithm": "AES256"}),
    ):
        bucket = of_type("AWS::S3::Bucket", own_key=own_key)["ExportBucket"]
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"] == default


def test_the_sealing_key_is_made_under_the_customers_key() -> None:
    made_by = of_type("AWS::Serverless::Function")["AdminFunction"]
    assert made_by["Environment"]["Variables"]["KMS_KEY_ARN"] == KEY


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_use_the_key_just_as_far_as_its_tables_and_queues_need(role: str) -> None:
    """SE-13: reading decrypts, putting into a queue or bucket makes data keys, making the sealing
    key encrypts."""
    plain, own = statements(role), statements(role, own_key=True)
    allowed = {action for said in plain for action in actions(said)}
    needed = set()
    if any(one.startswith(("dynamodb:", "sqs:", "ssm:", "s3:")) for one in allowed):
        needed.add("kms:Decrypt")
    if allowed & {"sqs:SendMessage", "s3:PutObject"}:
        needed.add("kms:GenerateDataKey")
    if "ssm:PutParameter" in allowed:
        needed.add("kms:Encrypt")
    given = [said for said in own if said not in plain]
    assert {action for said in given for action in actions(said)} == needed
    assert all(said["Resource"] == KEY for said in given)
    assert not any(action.startswith("kms:") for action in allowed)


def test_without_a_key_of_ones_own_nothing_names_it_but_the_setting() -> None:
    assert template()["Parameters"]["KmsKeyArn"]["Default"] == ""
    naming = [name for name, said in template()["Resources"].items() if KEY in _values(said)]
    assert naming == ["AdminFunction"]


def actions(said: Resource) -> list[str]:
    return said["Action"] if isinstance(said["Action"], list) else [said["Action"]]


def _values(said: object) -> Iterator[object]:
    yield said
    if isinstance(said, dict):
        for inner in said.values():
            yield from _values(inner)
    elif isinstance(said, list):
        for inner in said:
            yield from _values(inner)
