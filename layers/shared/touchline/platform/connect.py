"""Composition: tables and queues as a function needs them, by its settings.

`dynamo_client` chooses who carries the requests: "wire" (lean) or "boto3".
"""

import secrets
from collections.abc import Callable

from touchline.kernel.clock import Clock, Sleep, system_clock, system_sleep
from touchline.platform.dynamo.port import Table
from touchline.platform.dynamo.table import DynamoTable
from touchline.platform.dynamo.transport import Transport
from touchline.platform.dynamo.wire import WireTransport
from touchline.platform.dynamo.wire import may_retry as dynamo_may_retry
from touchline.platform.patience import BATCH, Patience
from touchline.platform.queue import KeptQueue
from touchline.platform.queues import SqsCall, SqsQueue, may_retry, wire_calls
from touchline.platform.sealing import Seals, SsmKeys
from touchline.platform.settings import Aws
from touchline.platform.watch import CloudWatch, Watch
from touchline.platform.wire.client import (
    CLOUDWATCH,
    DYNAMODB,
    SQS,
    SSM,
    Fault,
    Service,
    WireClient,
    place_of,
)
from touchline.platform.wire.signing import Credentials


class Connections:
    """What a function is connected to. Each kind of client is made once, when first needed."""

    def __init__(
        self,
        aws: Aws,
        *,
        client: str = "wire",
        patience: Patience = BATCH,
        clock: Clock = system_clock,
        sleep: Sleep = system_sleep,
    ) -> None:
        self._aws = aws
        self._kind = client
        self._patience = patience
        self._clock = clock
        self._sleep = sleep
        self._credentials = credentials_of(aws)
        self._wires: list[WireClient] = []
        self._transport: Transport | None = None
        self._sqs: SqsCall | None = None

    def table(self, name: str) -> Table:
        """The table of this name."""
        if self._transport is None:
            self._transport = self._make_transport()
        return DynamoTable(self._transport, name, self._patience, self._sleep)

    def queue(self, url: str) -> KeptQueue:
        """The queue of this URL."""
        if self._sqs is None:
            self._sqs = self._make_sqs()
        return SqsQueue(self._sqs, url)

    def watch(self, alarm_prefix: str) -> Watch:
        """What CloudWatch knows of the stack whose alarms' names begin so."""
        return CloudWatch(self._wire(CLOUDWATCH, may_retry), alarm_prefix, self._clock)

    def close(self) -> None:
        """Close the idle connections."""
        for wire in self._wires:
            wire.close()

    def seals(self, parameter: str, *, create: bool = False, kms_key: str = "") -> Seals:
        """Secrets sealed under the keys of this SSM parameter; `create` makes it when missing,
        under the customer's own key if there is one."""
        ssm = self._wire(SSM, may_retry)
        make = secrets.token_bytes if create else None
        return Seals(SsmKeys(ssm.call, parameter, make, kms_key), secrets.token_bytes, self._clock)

    def _make_transport(self) -> Transport:
        if self._kind == "boto3":
            from touchline.platform.boto import client  # noqa: PLC0415 - slow, only where asked
            from touchline.platform.dynamo.boto import BotoTransport  # noqa: PLC0415

            return BotoTransport(client("dynamodb", self._aws, self._patience))
        wire = self._wire(DYNAMODB, dynamo_may_retry)
        wire.open()
        return WireTransport(wire)

    def _make_sqs(self) -> SqsCall:
        if self._kind == "boto3":
            from touchline.platform.boto import BotoQueueCalls, client  # noqa: PLC0415

            return BotoQueueCalls(client("sqs", self._aws, self._patience))
        return wire_calls(self._wire(SQS, may_retry))

    def _wire(self, service: Service, may_retry: Callable[[Fault], bool]) -> WireClient:
        aws = self._aws
        wire = WireClient(
            service,
            place_of(service, aws.aws_region, aws.aws_endpoint_url),
            aws.aws_region,
            credentials=self._credentials,
            patience=self._patience,
            clock=self._clock,
            sleep=self._sleep,
            retryable=may_retry,
        )
        self._wires.append(wire)
        return wire


def credentials_of(aws: Aws) -> Callable[[], Credentials]:
    """Credentials as Lambda sets them in the environment, else whatever botocore resolves."""
    if aws.aws_access_key_id and aws.aws_secret_access_key:
        known = Credentials(aws.aws_access_key_id, aws.aws_secret_access_key, aws.aws_session_token)
        return lambda: known
    return _Resolved()


class _Resolved:
    """Profiles, container and instance credentials: botocore's affair, loaded only then."""

    def __init__(self) -> None:
        self._source: object | None = None

    def __call__(self) -> Credentials:
        from botocore.session import get_session  # noqa: PLC0415 - slow, seldom needed

        found = self._source or get_session().get_credentials()
        if found is None:
            return Credentials("", "")
        self._source = found
        frozen = found.get_frozen_credentials()  # type: ignore[attr-defined]
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token or "")
