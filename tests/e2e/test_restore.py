"""A row that was lost comes back from a point in time, and nobody is told of it a second time."""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.api import Api
from local.machine import LOCAL_CREDENTIALS, run
from local.places import ROOT
from local.stack import STACK_NAME, Stack, aws_client
from tests.e2e.test_deliveries import Receiver, declared, receiving, settled, sold

ACCOUNT = "restored"
RESTORED = "ledger-at-an-earlier-time"


@pytest.fixture
def got() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def owner(operator: Api, got: Receiver) -> Api:
    """The admin of an account whose sales are told to a receiver."""
    at = f"?account={ACCOUNT}"
    declared(operator, "accounts", {"id": ACCOUNT, "currency": "EUR"})
    declared(operator, f"events{at}", {"api_name": "purchase", "valid_from": 0})
    told = {"id": "hook", "url": got.url + "/hook", "firing": {"events": ["purchase"]}}
    declared(operator, f"endpoints{at}", told)
    wanted = {"name": "owner", "scopes": ["admin", "report", "ingest"]}
    made = declared(operator, f"tokens{at}", wanted)
    return operator.with_token(made["token"], scheme="Bearer")


@pytest.fixture
def restore(stack: Stack) -> Callable[..., str]:
    """The command that puts rows back; what it prints."""
    aimed = {**LOCAL_CREDENTIALS, "AWS_ENDPOINT_URL": stack.endpoint_url}
    command = [sys.executable, "-m", "local.restore", STACK_NAME, stack.region, "ledger", RESTORED]
    return lambda *options: run([*command, *options], cwd=ROOT, extra=aimed)


def row_of(tables: Any, table: str, order: str) -> Any:
    """The conversion's row as it lies in a table, None when there is none."""
    pages = tables.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    rows = [row for page in pages for row in page["Items"]]
    wanted = {"realm": {"S": ACCOUNT}, "kind": {"S": "conversion"}, "id": {"S": order}}
    return next((row for row in rows if wanted.items() <= row.items()), None)


def test_a_lost_row_comes_back_once_and_is_not_announced_again(
    stack: Stack, owner: Api, anybody: Api, got: Receiver, restore: Callable[..., str]
) -> None:
    sender = anybody.with_token(owner.headers["authorization"].removeprefix("Bearer "))
    sold(sender, "purchase", "lost")
    settled(owner, "lost", "hook", "delivered")

    tables, ledger = aws_client(stack.endpoint_url, "dynamodb"), stack.outputs["LedgerTable"]
    tables.restore_table_to_point_in_time(
        SourceTableName=ledger, TargetTableName=RESTORED, UseLatestRestorableTime=True
    )
    row = row_of(tables, ledger, "lost")
    tables.delete_item(TableName=ledger, Key={name: row[name] for name in ("pk", "sk")})

    assert "1 are missing" in restore()
    assert row_of(tables, ledger, "lost") is None, "without --yes nothing is done"
    assert "1 rows are back" in restore("--yes")
    assert row_of(tables, ledger, "lost") == row
    assert "0 rows are back" in restore("--yes")

    sold(sender, "purchase", "afterwards")
    settled(owner, "afterwards", "hook", "delivered")
    orders = [json.loads(body)["data"]["conversion_id"] for *_, body in got.requests]
    assert orders == ["lost", "afterwards"]
