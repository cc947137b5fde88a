"""Writes docs/cost.md: what a million events cost, from docs/prices.json and counts measured by
running the intake function over a table in memory. `python -m docs.costs [--check]`."""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.demo.journeys import read_paths
from tests.factories import a_partner, a_registry
from tests.handlers.ingest_stage import Stage
from tests.memory_writes import size_of
from tests.system.template import of_type
from touchline.platform.dynamo.indexes import INDEXES

PAGE = Path(__file__).parents[1] / "cost.md"
PRICES = Path(__file__).parents[1] / "prices.json"
MILLION = 1_000_000
BATCH = 100
ACCESS_LINE = {
    "$context.requestId": "JKJaXmPLvHcESHA=",
    "$context.routeKey": "$default",
    "$context.httpMethod": "GET",
    "$context.path": "/postback",
    "$context.status": "200",
    "$context.responseLength": "112",
    "$context.responseLatency": "14",
    "$context.integrationErrorMessage": "-",
}


@dataclass(frozen=True, slots=True)
class Counts:
    """What one request of `events` events uses."""

    name: str
    events: int
    write_units: float
    log_bytes: float


def counted() -> list[Counts]:
    """Each kind of request, sent once to the function as it is."""
    touch = {"user_domain": "crm", "kind": "click", "channel": "affiliate", "campaign": "spring"}
    sale = {"event": "purchase", "value": "49.90", "currency": "EUR", "user_domain": "crm"}
    touches = [{**touch, "type": "touch", "user_id": f"u{n}"} for n in range(BATCH)]
    sales = [
        {**sale, "type": "conversion", "user_id": f"u{n}", "conversion_id": f"A-{n}"}
        for n in range(BATCH)
    ]
    return [
        one("a touch", 1, "POST", "/touch", {**touch, "user_id": "u1"}),
        one(
            "a listed partner's click",
            1,
            "POST",
            "/touch",
            {**touch, "user_id": "u1", "partner": "acme"},
        ),
        one("a touch, 100 in a batch", BATCH, "POST", "/batch", {"items": touches}),
        one(
            "a conversion", 1, "POST", "/postback", {**sale, "user_id": "u1", "conversion_id": "A"}
        ),
        one("a conversion, 100 in a batch", BATCH, "POST", "/batch", {"items": sales}),
    ]


def conversions_in_journeys() -> float:
    """The share of conversions among the events of the real journeys that the project ships."""
    touches = conversions = 0
    for path in read_paths():
        touches += len(path.channels) * (path.conversions + path.nulls)
        conversions += path.conversions
    return conversions / (touches + conversions)


def mixed(name: str, touches: Counts, conversions: Counts, share: float) -> Counts:
    """Requests of both kinds, each of as many events, in this mix."""

    def between(touch: float, conversion: float) -> float:
        return (1 - share) * touch + share * conversion

    return Counts(
        name,
        touches.events,
        between(touches.write_units, conversions.write_units),
        between(touches.log_bytes, conversions.log_bytes),
    )


def with_mixes(kinds: Sequence[Counts]) -> list[Counts]:
    """Each kind, then both kinds mixed as in real journeys, one by one and in batches."""
    by_name = {counts.name: counts for counts in kinds}
    share = conversions_in_journeys()
    return [
        *kinds,
        *(
            mixed(
                f"real journeys{how}",
                by_name[f"a touch{how}"],
                by_name[f"a conversion{how}"],
                share,
            )
            for how in ("", ", 100 in a batch")
        ),
    ]


def one(name: str, events: int, method: str, path: str, body: Mapping[str, Any]) -> Counts:
    """Send it and count what was written. Raises AssertionError if it was not stored."""
    stage = Stage(a_registry(partners=(a_partner(list_clicks=True),)))
    json_body = {"content-type": "application/json"}
    raw = json.dumps(body).encode()
    answer = stage.request(method, path, body=raw, token="own", headers=json_body)  # noqa: S106
    assert answer.outcome == "stored", answer.body  # noqa: S101
    rows = list(stage.table.items())
    written = sum(writes_of(row) * math.ceil(size_of(row) / 1024) for row in rows)
    return Counts(name, events, written, sum(map(len, stage.log)) + access_bytes())


def writes_of(row: Mapping[str, Any]) -> int:
    """The row itself, and its copy in each index that it is in."""
    return 1 + sum(index.partition in row and index.sort in row for index in INDEXES.values())


def access_bytes() -> int:
    """The length of a line of the API's access log."""
    line: str = of_type("AWS::ApiGatewayV2::Stage")["ApiStage"]["AccessLogSettings"]["Format"]
    for name in sorted(ACCESS_LINE, key=len, reverse=True):
        line = line.replace(name, ACCESS_LINE[name])
    return len(line)


def cost_of(counts: Counts, prices: Mapping[str, Any]) -> dict[str, float]:
    """Dollars for a million events, by what they are paid for."""
    assumed = prices["assumed"]
    requests = MILLION / counts.events
    further = (counts.events - 1) * assumed["lambda_milliseconds_per_further_item"]
    seconds = (assumed["lambda_milliseconds_per_request"] + further) / 1000
    return {
        "HTTP API": requests * prices["http_api_request"],
        "Lambda": requests
        * (
            prices["lambda_request"]
            + seconds * assumed["lambda_memory_gb"] * prices["lambda_gb_second"]
        ),
        "DynamoDB": requests * counts.write_units * prices["dynamodb_write_unit"],
        "logs": requests * counts.log_bytes * prices["log_byte"],
    }


def page() -> str:
    """The whole page."""
    prices = json.loads(PRICES.read_text(encoding="utf-8"))
    rows = [(counts, cost_of(counts, prices)) for counts in with_mixes(counted())]
    parts = list(rows[0][1])
    lines = [
        f"| {counts.name} | {counts.write_units / counts.events:.2f} | {counts.log_bytes:.0f} | "
        + " | ".join(f"{cost[part]:.2f}" for part in parts)
        + f" | **{sum(cost.values()):.2f}** |"
        for counts, cost in rows
    ]
    heading = f"| one event is | write units | log bytes a request | {' | '.join(parts)} | sum |"
    rule = "|---|" + "---:|" * (len(parts) + 3)
    assumed = prices["assumed"]
    return f"""<!-- Made by `python -m docs.costs`; do not edit. -->
# Cost

Dollars for a million events at intake. Requests, write units and log bytes are counted by sending
each kind of request to the intake function as it is. Prices are in [prices.json](prices.json):
{prices["source"]}.

{heading}
{rule}
{chr(10).join(lines)}

Assumed, and not measured on AWS: {assumed["lambda_milliseconds_per_request"]} ms a request and
{assumed["lambda_milliseconds_per_further_item"]} ms for each further item, at
{assumed["lambda_memory_gb"]:g} GB. A listed click (a partner's `list_clicks`, off unless it is
turned on) costs a write more than any other: it stands in the index that its partner reads. A
conversion costs two writes more than a touch: it stands in the two indexes that the night and the
identity lookups read. Real journeys are those of [examples/data](../examples/data/README.md), all
of them: {conversions_in_journeys():.1%} of their events are conversions.

Not counted: storage (0.25 $ a GB and month), the night (its reads grow with conversions, see
[night.md](night.md)), postbacks (one queue message, three writes and a tenth of a dispatcher call
each). While nothing happens, nothing but storage is paid for.

Count again after a change: `.venv/bin/python -m docs.costs`.
"""


def main(arguments: list[str]) -> int:
    """Write the page, or with --check say whether it is what it would be."""
    made = page()
    if arguments == ["--check"]:
        return int(PAGE.read_text(encoding="utf-8") != made)
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
