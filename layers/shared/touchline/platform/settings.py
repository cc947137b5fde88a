"""What a function needs to know from its environment: one frozen class each, read in one place.

A field `ledger_table` is the variable `LEDGER_TABLE`. tests/system holds these classes and
template.yaml together.
"""

import os
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar

from touchline.kernel.errors import SettingsMissing
from touchline.kernel.values import dataclass

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Aws:
    """Where AWS is, as Lambda and the AWS tools set it. An empty endpoint means AWS itself."""

    aws_region: str = "us-east-1"
    aws_endpoint_url: str = ""
    aws_access_key_id: str = ""
    aws_secret_access_key: str = ""
    aws_session_token: str = ""


@dataclass(frozen=True, slots=True)
class Spill:
    """The drain of the spill queue."""

    ledger_table: str
    registry_table: str
    spill_queue_url: str
    dynamo_client: str = "wire"  # wire | boto3
    log_level: str = "INFO"


@dataclass(frozen=True, slots=True)
class Ingest(Spill):
    """Intake: what its drain needs, and partners' signing keys."""

    sealing_key_parameter: str = ""


@dataclass(frozen=True, slots=True)
class Attribution:
    """The night."""

    ledger_table: str
    registry_table: str
    results_table: str
    night_state_machine_arn: str = ""
    night_shard_threshold: int = 100_000
    dynamo_client: str = "wire"
    log_level: str = "INFO"


@dataclass(frozen=True, slots=True)
class Outbox:
    """From the streams to the delivery queue."""

    ledger_table: str
    registry_table: str
    results_table: str
    deliveries_table: str
    delivery_queue_url: str
    outbox_dead_letter_queue_url: str
    dynamo_client: str = "wire"
    log_level: str = "INFO"


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """From the delivery queue to partners' endpoints."""

    registry_table: str
    deliveries_table: str
    delivery_queue_url: str
    sealing_key_parameter: str = ""
    allow_loopback_receivers: bool = False
    dynamo_client: str = "wire"
    log_level: str = "INFO"


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Every minute: due retries, stuck rows, what a crash left behind."""

    ledger_table: str
    registry_table: str
    deliveries_table: str
    delivery_queue_url: str
    spill_queue_url: str
    dynamo_client: str = "wire"
    log_level: str = "INFO"


@dataclass(frozen=True, slots=True)
class Reports:
    """Reports and the console."""

    ledger_table: str
    registry_table: str
    results_table: str
    deliveries_table: str
    export_bucket: str
    export_state_machine_arn: str
    dynamo_client: str = "wire"
    log_level: str = "INFO"


@dataclass(frozen=True, slots=True)
class Export:
    """Rows of reports into files of a bucket."""

    ledger_table: str
    registry_table: str
    results_table: str
    deliveries_table: str
    export_bucket: str
    dynamo_client: str = "wire"
    log_level: str = "INFO"


@dataclass(frozen=True, slots=True)
class Admin:
    """What operators declare and correct."""

    ledger_table: str
    registry_table: str
    results_table: str
    deliveries_table: str
    delivery_queue_url: str
    sealing_key_parameter: str = ""
    kms_key_arn: str = ""
    allow_loopback_receivers: bool = False
    spill_queue_url: str = ""
    delivery_dead_letter_queue_url: str = ""
    spill_dead_letter_queue_url: str = ""
    outbox_queue_url: str = ""
    outbox_dead_letter_queue_url: str = ""
    failure_queue_url: str = ""
    outbox_function: str = ""
    alarm_prefix: str = ""
    dynamo_client: str = "wire"
    log_level: str = "INFO"


@dataclass(frozen=True, slots=True)
class Operator:
    """What the command line takes from the environment when no option says otherwise."""

    touchline_api_url: str = ""
    touchline_token: str = ""
    no_color: str = ""


def load(kind: type[Kind], environ: Mapping[str, str] | None = None) -> Kind:
    """Read the settings of one function.

    Raises SettingsMissing naming every variable that is missing or cannot be read.
    """
    source = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for one in fields(kind):  # type: ignore[arg-type]
        text = source.get(one.name.upper(), "")
        if not text:
            if one.default is MISSING:
                wrong.append(one.name.upper())
            continue
        try:
            values[one.name] = _read(text, one.type)
        except ValueError:
            wrong.append(f"{one.name.upper()} (not {getattr(one.type, '__name__', one.type)})")
    if wrong:
        raise SettingsMissing(f"{kind.__name__} needs {', '.join(wrong)}")
    return kind(**values)


def on_lambda(environ: Mapping[str, str] | None = None) -> bool:
    """Whether this process is a function that Lambda started, so that it may connect at once."""
    return bool((os.environ if environ is None else environ).get("AWS_LAMBDA_FUNCTION_NAME"))


def _read(text: str, kind: object) -> str | int | bool:
    if kind is bool:
        if text.lower() not in {"true", "false"}:
            raise ValueError(text)
        return text.lower() == "true"
    return int(text) if kind is int else text
