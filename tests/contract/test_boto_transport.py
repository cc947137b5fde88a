"""Faults at the boundary of boto3: injected by botocore's own hooks."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from moto import mock_aws

from tests.contract.conftest import KEYS, REGION, create_table
from touchline.kernel.errors import ConditionFailed, StoreRefused, StoreUnavailable
from touchline.platform.boto import client
from touchline.platform.dynamo import Key, Missing, Table
from touchline.platform.dynamo.boto import BotoTransport
from touchline.platform.dynamo.table import DynamoTable
from touchline.platform.patience import Patience
from touchline.platform.settings import Aws

ITEM = {"pk": "p", "sk": "s", "attempt": "mine"}
TWICE = Patience(attempts=2, connect_seconds=1, read_seconds=1, total_seconds=2)


@pytest.fixture
def dynamo() -> Iterator[Any]:
    with mock_aws(), closing(client("dynamodb", Aws(REGION, **KEYS), TWICE)) as made:
        create_table(made, "t")
        yield made


@pytest.fixture
def table(dynamo: Any) -> Table:
    return DynamoTable(BotoTransport(dynamo), "t", TWICE, lambda _: None)


def failing(dynamo: Any, fail: Callable[[], Any], *, times: int) -> None:
    """Let the next sends of PutItem end in `fail` (an exception raised, or an answer)."""
    left = [times]

    def before_send(request: Any, **_: Any) -> Any:  # noqa: ARG001 - the hook's signature
        if left[0] == 0:
            return None
        left[0] -= 1
        return fail()

    dynamo.meta.events.register_first("before-send.dynamodb.PutItem", before_send)


def raising(error: Exception) -> Callable[[], Any]:
    def fail() -> Any:
        raise error

    return fail


def answering(kind: str, status: int) -> Callable[[], Any]:
    class Raw:
        def stream(self, **_: Any) -> Iterator[bytes]:
            yield f'{{"__type": "x#{kind}", "message": "m"}}'.encode()

    headers: Any = HeadersDict()
    return lambda: AWSResponse("https://x", status, headers, Raw())


@pytest.mark.parametrize(
    "fail",
    [
        raising(ReadTimeoutError(endpoint_url="https://x")),
        raising(ConnectTimeoutError(endpoint_url="https://x")),
        raising(EndpointConnectionError(endpoint_url="https://x")),
        answering("ProvisionedThroughputExceededException", 400),
        answering("InternalServerError", 500),
    ],
)
def test_what_may_pass_is_tried_again_and_then_unavailable(
    dynamo: Any, table: Table, fail: Callable[[], Any]
) -> None:
    """I1, I3"""
    failing(dynamo, fail, times=1)
    table.put(ITEM)
    assert table.get(Key("p", "s")) == ITEM
    failing(dynamo, fail, times=2)
    with pytest.raises(StoreUnavailable):
        table.put(ITEM)


def test_what_is_wrong_is_refused(dynamo: Any, table: Table) -> None:
    failing(dynamo, answering("ValidationException", 400), times=1)
    with pytest.raises(StoreRefused):
        table.put(ITEM)


def test_a_put_whose_answer_was_lost_meets_itself(dynamo: Any, table: Table) -> None:
    """IN-04, I2"""

    def applied_then_lost() -> Any:
        table.put(ITEM)
        raise ReadTimeoutError(endpoint_url="https://x")

    failing(dynamo, applied_then_lost, times=1)
    with pytest.raises(ConditionFailed) as failed:
        table.put(ITEM, condition=Missing("pk"))
    assert failed.value.existing == ITEM
