"""The only place that makes boto3 clients. Imported lazily: boto3 costs about 0.2 s of CPU."""

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from touchline.kernel.errors import QueueUnavailable
from touchline.platform.patience import Patience
from touchline.platform.settings import Aws

_SQS_METHODS = {
    "SendMessage": "send_message",
    "SendMessageBatch": "send_message_batch",
    "GetQueueAttributes": "get_queue_attributes",
    "ReceiveMessage": "receive_message",
    "DeleteMessage": "delete_message",
}


def client(service: str, aws: Aws, patience: Patience) -> Any:
    """A boto3 client with our time-outs and number of attempts."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        region_name=aws.aws_region,
        endpoint_url=aws.aws_endpoint_url or None,
        aws_access_key_id=aws.aws_access_key_id or None,
        aws_secret_access_key=aws.aws_secret_access_key or None,
        aws_session_token=aws.aws_session_token or None,
        config=Config(
            connect_timeout=patience.connect_seconds,
            read_timeout=patience.read_seconds,
            retries={"mode": "standard", "total_max_attempts": patience.attempts},
            max_pool_connections=32,
            tcp_keepalive=True,
            signature_version="s3v4" if service == "s3" else None,  # links to encrypted files
        ),
    )


class BotoQueueCalls:
    """SQS by boto3, for platform.queues.SqsQueue."""

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs

    def __call__(self, operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Raises QueueUnavailable."""
        try:
            answer: Mapping[str, Any] = getattr(self._sqs, _SQS_METHODS[operation])(**request)
        except (BotoCoreError, ClientError, UnicodeEncodeError) as error:
            raise QueueUnavailable(type(error).__name__) from error
        return answer
