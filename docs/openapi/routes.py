"""The route tables of every function that answers HTTP, read without a table or a queue."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from admin.handler import ROUTER as ADMIN
from ingest.desk import parts
from reports.handler import ROUTER as REPORTS
from touchline.platform.http_api import Route
from touchline.platform.observability import Log

Routes = Mapping[str, Sequence[Route[Any]]]


def all_routes() -> Routes:
    """The routes by the function that answers them."""
    nothing = cast("Any", None)
    intake = parts(
        ledger=nothing,
        registry=nothing,
        spill=nothing,
        clock=lambda: 0,
        new_id=lambda prefix: prefix,
        log=Log("docs", lambda: 0),
        open_secret=str,
    )
    return {
        "ingest": [*intake.partner().routes(), *intake.web().routes()],
        "admin": ADMIN.routes,
        "reports": REPORTS.routes,
    }
