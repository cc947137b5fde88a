"""The served description is valid, is the one made from this code, and is true of every route."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from openapi_spec_validator import validate
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from local.api import Api
from local.stack import Stack
from touchline.intake.openapi import DOCUMENT, openapi_document

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    allow_header_conformance,
]


@dataclass(frozen=True)
class Caller:
    """Who asks: a token of an account of its own, that may do everything in it."""

    url: str
    headers: Mapping[str, str]


@pytest.fixture(scope="module")
def caller(stack: Stack, operator: Api) -> Caller:
    operator.post("/admin/accounts", {"id": "described", "currency": "EUR"})
    for thing, body in (
        ("events", {"api_name": "purchase"}),
        ("partners", {"id": "acme"}),
        (
            "campaigns",
            {"id": "0", "landing_url": "https://shop.example/", "hosts": ["shop.example"]},
        ),
    ):
        made = operator.post(f"/admin/{thing}?account=described", body)
        assert made.status in {201, 409}, made.body
    token = operator.post(
        "/admin/tokens?account=described",
        {"name": "everything", "scopes": ["ingest", "admin", "report"]},
    ).json()["token"]
    return Caller(stack.api_url, {"authorization": f"ApiKey {token}"})


def test_the_served_description_is_valid_and_of_this_code(anybody: Api) -> None:
    answer = anybody.get("/openapi.json")
    assert answer.status == 200
    assert answer.body == openapi_document()
    validate(answer.json())


NO_COVERAGE_PHASE = schemathesis.Config.from_dict({"phases": {"coverage": {"enabled": False}}})
"""The phase of systematic cases passes as well, and takes three minutes on the local stack."""

routes: Any = schemathesis.openapi.from_path(DOCUMENT, config=NO_COVERAGE_PHASE)


@routes.parametrize()  # type: ignore[untyped-decorator]
@settings(
    max_examples=6,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_route_answers_as_described_whatever_it_is_sent(case: Any, caller: Caller) -> None:
    case.call_and_validate(
        base_url=caller.url, headers=dict(caller.headers), checks=CHECKS, timeout=60
    )
