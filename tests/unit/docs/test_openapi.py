"""/openapi.json is made from what the code says, and nothing of it is left undescribed."""

import json

from openapi_spec_validator import validate

from docs.openapi.__main__ import main
from docs.openapi.document import DETAILS, document
from docs.openapi.routes import all_routes
from touchline.intake.openapi import openapi_document


def test_the_document_that_is_served_is_what_the_routes_say() -> None:
    assert main(["--check"]) == 0


def test_the_document_is_valid() -> None:
    validate(json.loads(openapi_document()))


def test_every_route_of_every_function_is_described_with_a_summary() -> None:
    routes = {
        (route.method.lower(), route.template) for rows in all_routes().values() for route in rows
    }
    made = document(all_routes())["paths"]
    described = {
        (method, path): operation
        for path, operations in made.items()
        for method, operation in operations.items()
    }
    assert set(described) == routes
    assert [key for key, operation in described.items() if not operation["summary"]] == []


def test_nothing_is_described_that_is_no_route() -> None:
    routes = {(route.method, route.template) for rows in all_routes().values() for route in rows}
    assert set(DETAILS) - routes == set()


def test_operations_have_names_of_their_own() -> None:
    made = document(all_routes())["paths"]
    names = [operation["operationId"] for path in made.values() for operation in path.values()]
    assert len(names) == len(set(names))
