"""An export through the deployed stack: asked for, written by the state machine, fetched."""

import io
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from pyarrow import parquet

from local.api import Api
from local.machine import wait_until
from touchline.kernel.clock import DAY_MS, HOUR_MS, day_of, system_clock

CLICKS = 12


@pytest.fixture(scope="module")
def days(backend: Api) -> dict[str, str]:
    """Clicks of partner acme are there; the days in which they lie."""
    now = system_clock()
    touches = [
        {
            "type": "touch",
            "kind": "click",
            "channel": "affiliate",
            "partner": "acme",
            "user_domain": "crm",
            "user_id": f"export-{number}",
            "occurred_at": now - HOUR_MS - number,
            "id": f"export-{number}",
        }
        for number in range(CLICKS)
    ]
    assert backend.post("/batch", {"items": touches}).status == 200
    return {"account": "shop", "from": day_of(now - DAY_MS), "to": day_of(now + HOUR_MS)}


def exported(operator: Api, **asked: str) -> dict[str, Any]:
    """Ask for an export and wait until it is over."""
    answer = operator.send("POST", f"/reports/exports?{urlencode(asked)}")
    assert answer.status == 202, answer.body
    path = f"/reports/exports/{answer.json()['id']}?account=shop"
    assert wait_until(lambda: operator.get(path).json()["state"] != "running", seconds=300)
    told: dict[str, Any] = operator.get(path).json()
    return told


def fetched(url: str) -> bytes:
    """What a link leads to, without any token."""
    answer = httpx.get(url, timeout=60)
    answer.raise_for_status()
    return answer.content


def test_clicks_are_exported_as_parquet_and_fetched_by_a_link(
    operator: Api, days: dict[str, str]
) -> None:
    told = exported(operator, report="clicks", partner="acme", format="parquet", **days)

    assert told["state"] == "done"
    (file,) = told["files"]
    rows = parquet.read_table(io.BytesIO(fetched(file["url"]))).to_pylist()
    assert len(rows) == told["rows"] >= CLICKS
    assert {row["partner"] for row in rows} == {"acme"}


@pytest.mark.parametrize("report", ["decisions", "deliveries"])
def test_the_other_reports_of_single_rows_are_exported_too(
    operator: Api, days: dict[str, str], report: str
) -> None:
    told = exported(operator, report=report, format="csv", **days)

    assert told["state"] == "done"
    (file,) = told["files"]
    assert fetched(file["url"]).count(b"\r\n") == told["rows"] + 1


def test_a_link_that_was_changed_opens_nothing(operator: Api, days: dict[str, str]) -> None:
    told = exported(operator, report="decisions", format="jsonl", **days)
    url = told["files"][0]["url"].partition("?")[0]

    with pytest.raises(httpx.HTTPStatusError) as refused:
        fetched(url)

    assert refused.value.response.status_code in {400, 401, 403}
