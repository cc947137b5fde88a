"""`touchline report`, `reconcile` and `import-spend` against the functions over HTTP."""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from pyarrow import parquet
from typer.testing import CliRunner, Result

from cli.main import app
from tests.admin_api import AdminApi
from tests.factories import NOON, a_conversion
from tests.handlers.test_attribution_and_reports import a_busy_shop, a_night
from tests.handlers.test_reports import a_sale
from tests.handlers.test_reports_exports import a_click, write_all
from tests.http_bridge import serving
from tests.reports_api import ReportsApi, a_shop
from touchline.kernel.clock import day_of
from touchline.kernel.ids import EventName, PartnerId, Realm
from touchline.ledger.model import Status
from touchline.registry.kinds import EVENT, PARTNER
from touchline.registry.model import EventDefinition, Partner

DAYS = ("--from", day_of(NOON), "--to", day_of(NOON))


@pytest.fixture(scope="module")
def busy() -> Iterator[tuple[ReportsApi, str]]:
    api = a_busy_shop()
    a_night(api, {})
    with serving(api) as url:
        yield api, url


def run(api: ReportsApi, url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--api-url", url, "--token", api.analyst])


@pytest.mark.parametrize("name", ["events", "delays", "cohorts", "decisions", "assists"])
def test_every_report_is_a_table(busy: tuple[ReportsApi, str], name: str) -> None:
    result = run(*busy, "report", name, *DAYS)

    assert result.exit_code == 0, result.output
    assert "purchase" in result.output


def test_events_have_a_sparkline_and_credit_has_bars(busy: tuple[ReportsApi, str]) -> None:
    assert "█" in run(*busy, "report", "events", *DAYS).output
    assert "█" in run(*busy, "report", "attribution", "--model", "linear", *DAYS).output


def test_the_table_says_the_same_as_the_api(busy: tuple[ReportsApi, str]) -> None:
    api, url = busy
    told = json.loads(run(api, url, "report", "events", *DAYS, "--json").stdout)

    assert told == api.get("/reports/events", from_=day_of(NOON), to=day_of(NOON)).body


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_decisions_are_written_to_a_file(
    busy: tuple[ReportsApi, str], kind: str, tmp_path: Path
) -> None:
    file = tmp_path / f"decisions.{kind}"

    result = run(*busy, "report", "decisions", *DAYS, "--out", str(file))

    assert result.exit_code == 0, result.output
    assert ids_in(file) == ["A-1", "A-2"]


def ids_in(file: Path) -> list[str]:
    if file.suffix == ".parquet":
        return sorted(parquet.read_table(file)["id"].to_pylist())
    with file.open(encoding="utf-8", newline="") as text:
        if file.suffix == ".jsonl":
            return sorted(json.loads(line)["id"] for line in text)
        return sorted(row["id"] for row in csv.DictReader(text))


def test_a_file_of_another_kind_is_refused(busy: tuple[ReportsApi, str], tmp_path: Path) -> None:
    result = run(*busy, "report", "events", *DAYS, "--out", str(tmp_path / "events.xls"))

    assert result.exit_code == 1
    assert ".parquet" in result.output


@pytest.mark.parametrize(
    ("name", "kind"),
    [("attribution", "png"), ("events", "svg"), ("delays", "png"), ("cohorts", "svg")],
)
def test_a_report_is_drawn(
    busy: tuple[ReportsApi, str], name: str, kind: str, tmp_path: Path
) -> None:
    file = tmp_path / f"picture.{kind}"

    result = run(*busy, "report", name, *DAYS, f"--{kind}", str(file))

    assert result.exit_code == 0, result.output
    assert file.read_bytes().lstrip().startswith((b"\x89PNG", b"<?xml"))


def test_what_cannot_be_drawn_says_what_can(busy: tuple[ReportsApi, str], tmp_path: Path) -> None:
    result = run(*busy, "report", "paths", *DAYS, "--png", str(tmp_path / "paths.png"))

    assert result.exit_code == 1
    assert "attribution, events, delays, cohorts" in result.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("events", "--from", "2026-02-30"), "bad_range"),
        (("attribution", "--model", "magic"), "unknown_model"),
        (("attribution", "--group-by", "colour"), "unknown_dimension"),
    ],
)
def test_a_wrong_question_is_explained(
    busy: tuple[ReportsApi, str], arguments: tuple[str, ...], says: str
) -> None:
    result = run(*busy, "report", *arguments)

    assert result.exit_code == 1
    assert says in result.output


def test_a_partners_list_is_held_against_ours(tmp_path: Path) -> None:
    api = a_shop()
    api.declare(PARTNER, Partner(PartnerId("acme")))
    api.declare(PARTNER, Partner(PartnerId("globex")))
    api.publish([a_sale("A-1", "acme"), a_sale("A-2", "acme"), a_sale("A-4", "globex")])
    api.services.ledger.add_conversion(a_conversion(id="A-5", scope="acme"))
    file = tmp_path / "acme.csv"
    file.write_text(
        "Order,Commission,Currency\nA-1,1.00,EUR\nA-2,1.19,EUR\nA-3,1.00,EUR\n", encoding="utf-8"
    )

    with serving(api) as url:
        result = run(api, url, "reconcile", "acme", str(file), *DAYS, "--json")

    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (told["theirs"], told["ours"]) == (3, 2)
    assert [(one["kind"], one["id"], one["line"]) for one in told["differences"]] == [
        ("amount", "A-2", 3),
        ("missing_here", "A-3", 4),
    ]
    assert "19 % tax" in told["differences"][0]["cause"]


def test_a_long_list_is_looked_up_to_its_last_line_and_statuses_are_compared(
    tmp_path: Path,
) -> None:
    api = a_shop()
    api.declare(EVENT, EventDefinition(EventName("purchase")))
    api.declare(PARTNER, Partner(PartnerId("acme")))
    api.publish([a_sale("A-1", "acme")])
    api.services.ledger.add_conversion(a_conversion(id="A-1", status=Status.PENDING))
    file = tmp_path / "acme.csv"
    unknown = "".join(f"X-{number},,rejected\n" for number in range(600))
    file.write_text(f"id,amount,status\n{unknown}A-1,1.00,Paid\nX-x,,paid\n", encoding="utf-8")

    with serving(api) as url:
        result = run(api, url, "reconcile", "acme", str(file), *DAYS, "--json")

    told = json.loads(result.stdout)["differences"]
    assert [(one["kind"], one["id"], one["line"]) for one in told] == [
        ("status", "A-1", 602),
        ("missing_here", "X-x", 603),
    ]


def test_a_list_that_agrees_ends_with_0(tmp_path: Path) -> None:
    api = a_shop()
    api.declare(PARTNER, Partner(PartnerId("acme")))
    api.publish([a_sale("A-1", "acme")])
    file = tmp_path / "acme.csv"
    file.write_text("id,amount\nA-1,1.00\n", encoding="utf-8")

    with serving(api) as url:
        result = run(api, url, "reconcile", "acme", str(file), *DAYS)

    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("text", "says"),
    [("name,amount\nx,1\n", "no column with IDs"), ("id,amount\nA-1,much\n", "line 2")],
)
def test_a_list_that_cannot_be_read_is_explained(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "acme.csv"
    file.write_text(text, encoding="utf-8")

    result = CliRunner().invoke(app, ["reconcile", "acme", str(file), *DAYS])

    assert result.exit_code == 1
    assert says in result.output


def test_spend_is_imported_from_a_file(tmp_path: Path) -> None:
    admin = AdminApi(now=NOON)
    token = admin.shop()
    file = tmp_path / "spend.csv"
    file.write_text("day,channel,cost\n2026-01-01,ads,12.50\n2026-01-02,ads,3\n", encoding="utf-8")

    with serving(admin) as url:
        result = told(url, token, "import-spend", str(file))

    assert result.exit_code == 0, result.output
    api = a_shop(connections=admin.connections, declared=True)
    (row,) = api.get("/reports/spend", from_="2026-01-01", to="2026-01-31").body["rows"]
    assert row["cost"] == "15.50"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("day,cost\n2026-01-01,1\n", "columns day, channel and cost"),
        ("day,channel,cost\n", "no rows"),
        ("day,channel,cost\n2026-01-01,ads,much\n", "rows[1].cost"),
    ],
)
def test_spend_that_cannot_be_read_is_explained(tmp_path: Path, text: str, says: str) -> None:
    admin = AdminApi(now=NOON)
    token = admin.shop()
    file = tmp_path / "spend.csv"
    file.write_text(text, encoding="utf-8")

    with serving(admin) as url:
        result = told(url, token, "import-spend", str(file))

    assert result.exit_code == 1
    assert says in result.output


def told(url: str, token: str, *arguments: str) -> Result:
    options = ["--account", "shop", "--api-url", url, "--token", token]
    return CliRunner().invoke(app, [*arguments, *options])


def test_clicks_of_a_partner_are_a_table_that_says_which_count() -> None:
    api = a_shop()
    api.declare(PARTNER, Partner(PartnerId("acme"), list_clicks=True))
    for number, flags in ((1, ()), (2, ("duplicate_click",))):
        click = a_click(number, subs={"sub1": "news"}, flags=flags)
        api.services.ledger.put_touch(Realm("shop"), click)

    with serving(api) as url:
        told = run(api, url, "report", "clicks", "--partner", "acme", *DAYS)
        asked = run(api, url, "report", "clicks", *DAYS)

    assert "clk_1" in told.output
    assert "duplicate_click" in told.output
    assert "partner_needed" in asked.output


def test_a_report_without_rows_is_a_file_without_rows(tmp_path: Path) -> None:
    file = tmp_path / "goals.jsonl"
    api = a_shop()
    with serving(api) as url:
        result = run(api, url, "report", "goals", *DAYS, "--out", str(file))

    assert (result.exit_code, file.read_bytes()) == (0, b"")


def test_more_rows_than_one_answer_are_exported_by_the_stack(tmp_path: Path) -> None:
    api = a_shop()
    api.publish([a_sale(f"A-{number}", "acme") for number in range(520)])
    file = tmp_path / "decisions.jsonl"

    with serving(api) as url, files_of(api) as bucket:
        api.bucket.base = bucket
        api.flow.then = lambda: write_all(api)
        result = run(api, url, "report", "decisions", *DAYS, "--out", str(file))

    assert result.exit_code == 0, result.output
    assert len(ids_in(file)) == 520
    assert not list(tmp_path.glob("*.part"))


def test_an_export_that_fails_is_explained_and_leaves_no_file(tmp_path: Path) -> None:
    api = a_shop()
    api.publish([a_sale(f"A-{number}", "acme") for number in range(520)])
    file = tmp_path / "decisions.csv"

    with serving(api) as url:
        api.flow.then = lambda: write_all(api, failed=True)
        result = run(api, url, "report", "decisions", *DAYS, "--out", str(file))

    assert result.exit_code == 1
    assert "export_failed" in result.output
    assert not file.exists()


@contextmanager
def files_of(api: ReportsApi) -> Iterator[str]:
    """The files of the bucket over HTTP, where links lead."""

    class Files:
        def handle(self, _method: str, path: str, *_: Any) -> dict[str, Any]:
            content = api.bucket.files[unquote(path[1:])]
            return {"statusCode": 200, "headers": {}, "body": content.decode()}

    with serving(Files()) as url:
        yield url


@pytest.mark.parametrize("name", ["attribution", "events", "delays", "cohorts"])
def test_an_empty_report_is_an_empty_picture(name: str, tmp_path: Path) -> None:
    file = tmp_path / "nothing.png"
    api = a_shop()
    with serving(api) as url:
        result = run(api, url, "report", name, *DAYS, "--png", str(file))

    assert result.exit_code == 0, result.output
    assert file.stat().st_size > 0
