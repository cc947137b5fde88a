"""Answering rows in the format that was asked for."""

from collections.abc import Mapping, Sequence
from typing import Any

from reports.call import Call
from touchline.platform.http_api import Response, json_response
from touchline.reporting.formats import CSV, LINES, csv_text, lines_text, wanted_format


def answered_rows(
    call: Call, body: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> Response:
    """`body` as JSON, or its rows alone as CSV or JSON lines when the Accept header says so.

    Where there are more rows, the header `x-touchline-next` carries the cursor of `body`.
    """
    wanted = wanted_format(call.request.header("accept"))
    if wanted == CSV:
        text = csv_text(rows)
    elif wanted == LINES:
        text = lines_text(rows)
    else:
        return json_response(200, body)
    headers = {"content-type": f"{wanted}; charset=utf-8", "cache-control": "no-store"}
    if body.get("next"):
        headers["x-touchline-next"] = str(body["next"])
    return Response(200, headers, text.encode())
