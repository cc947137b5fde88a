"""`touchline import-conversions` from a file to the ledger, over HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from ingest.desk import parts
from ingest.handler import Ingest
from tests.admin_api import AdminApi
from tests.http_bridge import serving
from tests.memory_queue import MemoryQueue
from touchline.kernel.ids import ConversionId, EventName, Realm
from touchline.ledger.store import LedgerStore
from touchline.platform.observability import Log

SHOP = {"account": "shop"}
FILE = """order,total,currency,store
A-1,10.50,EUR,Oslo
A-2,"1,5",EUR,Oslo
A-3,3,EUR,Rome
"""
MAPPED = ("--event", "purchase", "--map", "order=conversion_id", "--map", "total=value")


class BothSides(AdminApi):
    """The admin function, and intake for what it does not know, over the same tables."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.shop()
        self.post("/admin/events", {"api_name": "purchase", "valid_from": 0}, query=SHOP)
        self.ledger = LedgerStore(self.connections.table("ledger"))
        self.requests, self.breaks_at = 0, 0
        self.intake = Ingest(
            parts(
                ledger=self.connections.table("ledger"),
                registry=self.connections.table("registry"),
                spill=MemoryQueue(),
                clock=self.clock,
                new_id=self.new_id,
                log=Log("ingest", self.clock, write=self.log.append),
                open_secret=self.services.seals.open,
            )
        )

    def handle(
        self, method: str, path: str, query: str, headers: dict[str, str], body: str | None
    ) -> dict[str, Any]:
        if path != "/batch":
            return super().handle(method, path, query, headers, body)
        self.requests += 1
        if self.requests == self.breaks_at:
            return {"statusCode": 500, "headers": {}, "body": ""}
        event = {
            "rawPath": path,
            "headers": headers,
            "requestContext": {"http": {"method": method}},
            "body": body,
        }
        return dict(self.intake.handle(event))


class Desk:
    """A command line, a file, and the stack behind."""

    def __init__(self, api: BothSides, url: str, folder: Path) -> None:
        self.api, self.url = api, url
        self.file = folder / "orders.csv"
        self.file.write_text(FILE, encoding="utf-8")

    def run(self, *options: str, token: str = "") -> Result:
        target = ["--api-url", self.url, "--token", token or self.api.operator]
        arguments = ["import-conversions", str(self.file), *MAPPED, *options, *target]
        return CliRunner().invoke(app, arguments)

    def said(self, *options: str) -> Any:
        return json.loads(self.run("--json", *options).stdout)

    def values(self) -> dict[str, int]:
        found = (
            self.api.ledger.claims(Realm("shop"), EventName("purchase"), ConversionId(f"A-{n}"))
            for n in range(1, 5)
        )
        return {claim.key.id: claim.value_micros for claims in found for claim in claims}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    api = BothSides()
    with serving(api) as url:
        yield Desk(api, url, tmp_path)


def test_good_lines_are_stored_and_the_bad_one_is_told(desk: Desk) -> None:
    result = desk.run()
    assert result.exit_code == 1
    assert desk.values() == {"A-1": 10_500_000, "A-3": 3_000_000}
    assert "bad_amount" in result.stdout
    [bad] = desk.said()["refused"]
    assert (bad["line"], bad["outcome"], bad["reasons"]) == (3, "quarantined", ["bad_amount"])


def test_a_second_run_sends_only_what_is_new(desk: Desk) -> None:
    desk.run()
    desk.file.write_text(FILE.replace('"1,5"', "1.5") + "A-4,4,EUR,Rome\n", encoding="utf-8")
    said = desk.said()
    assert desk.api.requests == 2
    assert (said["lines"], said["left"], said["refused"]) == (4, 0, [])
    assert said["outcomes"] == {"stored": 4}
    assert desk.values()["A-2"] == 1_500_000


def test_an_import_that_stopped_goes_on_where_it_was(desk: Desk) -> None:
    desk.api.breaks_at = 2
    stopped = desk.run("--batch", "1")
    assert stopped.exit_code == 1
    assert "run the same command to go on" in stopped.stderr
    assert (desk.values(), desk.api.requests) == ({"A-1": 10_500_000}, 2)
    said = desk.said("--batch", "1")
    assert (said["left"], said["stopped"], desk.api.requests) == (0, "", 4)
    assert desk.values() == {"A-1": 10_500_000, "A-3": 3_000_000}


def test_a_token_that_may_send_is_used_as_it_is(desk: Desk) -> None:
    desk.run(token=desk.api.token("shop", "ingest"))
    assert desk.values() == {"A-1": 10_500_000, "A-3": 3_000_000}


def test_a_dry_run_sends_nothing(desk: Desk) -> None:
    result = desk.run("--dry-run")
    assert result.exit_code == 0
    assert "3 to send" in result.stdout
    assert desk.api.requests == 0


def test_an_admins_import_uses_a_token_of_its_own_and_takes_it_back(desk: Desk) -> None:
    desk.run()
    tokens = desk.api.get("/admin/tokens", query=SHOP).body["items"]
    [made] = [token for token in tokens if token["name"] == "import-conversions"]
    assert made["revoked_at"]


@pytest.mark.parametrize("mapped", ["order", "=value", "order=nothing"])
def test_a_mapping_that_means_nothing_is_wrong_usage(desk: Desk, mapped: str) -> None:
    assert desk.run("--map", mapped).exit_code == 2


def test_what_is_no_csv_file_fails_with_the_reason(desk: Desk) -> None:
    desk.file.write_bytes(b"order,total\n\xff,1\n")
    result = desk.run()
    assert result.exit_code == 1
    assert "not UTF-8" in result.stderr
