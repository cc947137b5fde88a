"""Who answers in the contract suites: memory, moto, and the emulator by boto3 and by wire."""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from local.emulator import running_emulator
from tests.memory_table import MemoryTable
from touchline.kernel.clock import system_clock, system_sleep
from touchline.platform.boto import client
from touchline.platform.connect import Connections
from touchline.platform.dynamo import Table
from touchline.platform.dynamo.boto import BotoTransport
from touchline.platform.dynamo.indexes import INDEXES
from touchline.platform.dynamo.table import DynamoTable
from touchline.platform.patience import BATCH
from touchline.platform.settings import Aws

PORT = 0
"""Any free one: the workers of a test run each start an emulator at the same moment."""
REGION = "eu-west-1"
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@pytest.fixture
def fresh_name(request: pytest.FixtureRequest) -> str:
    """A table's name of this test alone, so that tests share the emulator and nothing else."""
    return "t-" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:24]


@pytest.fixture
def memory_table() -> Table:
    return MemoryTable()


@pytest.fixture
def moto_table(fresh_name: str) -> Iterator[Table]:
    with mock_aws(), closing(client("dynamodb", Aws(REGION, **KEYS), BATCH)) as dynamodb:
        create_table(dynamodb, fresh_name)
        yield DynamoTable(BotoTransport(dynamodb), fresh_name, BATCH, system_sleep)


@pytest.fixture(scope="session")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """AWS as the local emulator has it."""
    state: Path = tmp_path_factory.mktemp("emulator")
    with running_emulator(state, port=PORT, enforce_iam=False) as emulator:
        yield Aws(REGION, emulator.url, **KEYS)


@pytest.fixture(scope="session")
def dynamodb(emulated: Aws) -> Iterator[Any]:
    """A boto3 client of the emulator's DynamoDB."""
    with closing(client("dynamodb", emulated, BATCH)) as made:
        yield made


@pytest.fixture
def emulator_boto_table(dynamodb: Any, fresh_name: str) -> Table:
    create_table(dynamodb, fresh_name)
    return DynamoTable(BotoTransport(dynamodb), fresh_name, BATCH, system_sleep)


@pytest.fixture
def emulator_wire_table(emulated: Aws, dynamodb: Any, fresh_name: str) -> Iterator[Table]:
    create_table(dynamodb, fresh_name)
    with closing(Connections(emulated, client="wire", clock=system_clock)) as connections:
        yield connections.table(fresh_name)


@pytest.fixture
def sqs(emulated: Aws) -> Iterator[Any]:
    """A boto3 client of the emulator's SQS."""
    with closing(client("sqs", emulated, BATCH)) as made:
        yield made


def create_table(dynamodb: Any, name: str) -> None:
    """A table with every index, as template.yaml has them (a test there compares them)."""
    pairs = [(index.name, index.partition, index.sort) for index in INDEXES.values()]
    names = ["pk", "sk", *(name for _, *two in pairs for name in two)]
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in names],
        KeySchema=_schema("pk", "sk"),
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": _schema(partition, sort),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, partition, sort in pairs
        ],
    )


def _schema(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]
