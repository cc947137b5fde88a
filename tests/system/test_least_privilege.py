"""What a function's role allows is what its code does: actions on tables are looked for in every
module that the handler imports, table by table. (That nothing is missing, the local stack shows: it
enforces these very policies.)"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import grimp
import pytest

from local.places import ROOT
from tests.system.template import functions, of_type, statements

ACTIONS = {
    "get": "GetItem",
    "put": "PutItem",
    "update": "UpdateItem",
    "delete": "DeleteItem",
    "query": "Query",
    "query_all": "Query",
    "scan": "Scan",
    "batch_get": "BatchGetItem",
    "batch_write": "BatchWriteItem",
}
"""The methods of the table port (platform.dynamo.port) and what IAM calls them."""
IN_TRANSACTIONS = {
    "TransactPut": "PutItem",
    "TransactUpdate": "UpdateItem",
    "TransactDelete": "DeleteItem",
    "TransactCheck": "ConditionCheckItem",
}
OF_STREAMS = {"GetRecords", "GetShardIterator", "DescribeStream"}
ROOMS = {
    # whose rows a plain `table` holds, by the longest name that fits
    "touchline.registry": "RegistryTable",
    "touchline.ledger": "LedgerTable",
    "touchline.intake": "LedgerTable",
    "touchline.attribution.night": "ResultsTable",
    "touchline.attribution.night.scan": "LedgerTable",
    "touchline.reporting": "ResultsTable",
    "touchline.delivery": "DeliveriesTable",
}
NAMED = {"ledger": "LedgerTable", "results": "ResultsTable"}
CALL = re.compile(r"\b(?:self\.)?_?(table|ledger|results)\.(\w+)\(")


def entry_of(function: str) -> str:
    handler: str = functions()[function]["Handler"]
    return handler.rpartition(".")[0]


@cache
def graph() -> Any:
    packages = {entry_of(name).partition(".")[0] for name in functions()}
    return grimp.build_graph("touchline", *sorted(packages), cache_dir=None)


def source(module: str) -> str:
    base = ROOT / ("layers/shared" if module.startswith("touchline") else "functions")
    path = base / Path(*module.split("."))
    file = path.with_suffix(".py")
    return (file if file.exists() else path / "__init__.py").read_text(encoding="utf-8")


@cache
def done_in(module: str) -> frozenset[tuple[str, str]]:
    """(table, action) for every call of a table in one module."""
    text, found = source(module), set()
    rooms = [room for room in ROOMS if f"{module}.".startswith(f"{room}.")]
    for named, method in CALL.findall(text):
        table = NAMED.get(named) or ROOMS.get(max(rooms, key=len, default=""), "")
        if method in ACTIONS:
            found.add((table, ACTIONS[method]))
        if method == "transact":
            used = {action for write, action in IN_TRANSACTIONS.items() if write in text}
            found |= {(table, action) for action in used | {"TransactWriteItems"}}
    return frozenset(found)


def done_by(function: str) -> set[tuple[str, str]]:
    """What all the modules that a function's handler imports do."""
    entry = entry_of(function)
    modules = {entry, *graph().find_upstream_modules(entry)}
    return {one for module in modules for one in done_in(module)}


def allowed_to(function: str) -> set[tuple[str, str]]:
    tables = of_type("AWS::DynamoDB::Table")
    return {
        (table, action.removeprefix("dynamodb:"))
        for said in statements(f"{function.removesuffix('Function')}Role")
        for action in ([said["Action"]] if isinstance(said["Action"], str) else said["Action"])
        for table in tables
        if action.startswith("dynamodb:") and table in str(said["Resource"])
    }


@pytest.mark.parametrize("function", functions())
def test_a_role_allows_no_action_on_a_table_that_the_code_never_does(function: str) -> None:
    """SE-13"""
    spare = {one for one in allowed_to(function) if one[1] not in OF_STREAMS} - done_by(function)
    assert spare == set()


@pytest.mark.parametrize("function", functions())
def test_a_role_reaches_no_table_that_the_function_is_not_told_of(function: str) -> None:
    """SE-13"""
    told = str(functions()[function].get("Environment", {}))
    streams = {table for table, action in allowed_to(function) if action in OF_STREAMS}
    reached = {table for table, action in allowed_to(function) if action not in OF_STREAMS}
    assert {table for table in reached if table not in told} == set()
    assert streams <= {"LedgerTable", "ResultsTable"}


@pytest.mark.parametrize("function", functions())
def test_only_who_opens_secrets_reads_the_sealing_key(function: str) -> None:
    """SE-13"""
    role = f"{function.removesuffix('Function')}Role"
    reads = any("ssm:GetParameter" in said["Action"] for said in statements(role))
    assert reads is ("SEALING_KEY_PARAMETER" in str(functions()[function].get("Environment")))


def test_the_night_reads_the_ledger_and_only_intake_and_operators_write_it() -> None:
    """The look itself is looked at: it sees what is known to be there."""
    night = {action for table, action in done_by("AttributionFunction") if table == "LedgerTable"}
    assert night >= {"Query", "Scan"}
    assert ("LedgerTable", "PutItem") in done_by("IngestFunction")
    assert ("RegistryTable", "PutItem") in done_by("AdminFunction")
