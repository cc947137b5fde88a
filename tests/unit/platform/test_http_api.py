"""The edge to API Gateway: any event is read, any error has its answer."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchline.kernel.errors import (
    Conflict,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    QueueUnavailable,
    Refused,
    StoreRefused,
    StoreUnavailable,
    TooMany,
    TouchlineError,
    Unauthorized,
)
from touchline.kernel.reasons import CATALOGUE
from touchline.platform.http_api import (
    STATUSES,
    Response,
    Route,
    Router,
    answered,
    error_response,
    event_of,
    json_response,
    pairs,
    request_of,
    status_of,
)


def an_event(**stated: Any) -> dict[str, Any]:
    return {
        "rawPath": "/postback",
        "rawQueryString": "a=1&a=2&b=%20+x&c=",
        "headers": {"Authorization": "ApiKey tl_live_x", "X-Other": "1"},
        "cookies": ["v=1"],
        "requestContext": {
            "stage": "$default",
            "requestId": "r1",
            "http": {"method": "get", "sourceIp": "192.0.2.1"},
        },
        **stated,
    }


def test_a_request_is_read_with_repeats_blanks_and_order() -> None:
    """IN-18: `+` and `%20` are blanks, an empty value is there, repeats stay."""
    request = request_of(an_event())
    assert request.query == (("a", "1"), ("a", "2"), ("b", "  x"), ("c", ""))
    assert (request.method, request.path, request.source_ip) == ("GET", "/postback", "192.0.2.1")
    assert request.header("AUTHORIZATION") == "ApiKey tl_live_x"
    assert request.bearer() == "tl_live_x"
    assert (request.first("a"), request.first("z", "none")) == ("1", "none")
    assert request.cookies == ("v=1",)


@pytest.mark.parametrize(
    ("path", "stage", "expected"),
    [
        ("/prod/postback", "prod", "/postback"),
        ("/prod", "prod", "/"),
        ("/production/x", "prod", "/production/x"),
        ("/prod/x", "$default", "/prod/x"),
    ],
)
def test_the_stage_is_no_part_of_the_path(path: str, stage: str, expected: str) -> None:
    context = {"stage": stage, "http": {"method": "GET"}}
    assert request_of(an_event(rawPath=path, requestContext=context)).path == expected


@given(st.binary())
def test_bytes_of_a_body_are_read_as_they_came(body: bytes) -> None:
    """IN-12"""
    packed = base64.b64encode(body).decode()
    assert request_of(an_event(body=packed, isBase64Encoded=True)).body == body


@given(st.text(), st.booleans())
def test_no_body_breaks_the_reading(body: str, base64_encoded: bool) -> None:
    request_of(an_event(body=body, isBase64Encoded=base64_encoded))


@pytest.mark.parametrize("event", [{}, {"headers": None, "body": None, "requestContext": None}])
def test_an_event_that_lacks_everything_is_still_a_request(event: dict[str, Any]) -> None:
    assert request_of(event).path == "/"


@given(st.text())
def test_any_query_is_read(text: str) -> None:
    pairs(text)


@given(st.binary())
def test_any_body_goes_out_as_it_is(body: bytes) -> None:
    answer = event_of(Response(200, {}, body))
    sent = answer["body"]
    assert (base64.b64decode(sent) if answer["isBase64Encoded"] else sent.encode()) == body


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Unauthorized(), 401, "unauthorized"),
        (Forbidden("forbidden_scope"), 403, "forbidden_scope"),
        (NotFound("not_found"), 404, "not_found"),
        (MethodNotAllowed(("GET", "POST")), 405, "method_not_allowed"),
        (Conflict("stale_version"), 409, "stale_version"),
        (Refused("body_too_large"), 413, "body_too_large"),
        (StoreUnavailable("down"), 503, "unavailable"),
        (QueueUnavailable("down"), 503, "unavailable"),
    ],
)
def test_an_error_has_its_status_code_and_fix(
    error: TouchlineError, status: int, code: str
) -> None:
    response = error_response(error, "rcp_1")
    body = json.loads(response.body)
    assert (response.status, body["error"]["code"], body["receipt"]) == (status, code, "rcp_1")
    assert body["error"]["hint"] == CATALOGUE[code].fix
    assert ("retry-after" in response.headers) == (status == 503)


def test_too_many_and_wrong_methods_say_what_to_do() -> None:
    """SE-10"""
    busy = TooMany("method_not_allowed", retry_after_seconds=7)
    assert error_response(busy, "r").headers["retry-after"] == "7"
    assert error_response(MethodNotAllowed(("GET",)), "r").headers["allow"] == "GET"


def test_what_the_store_will_never_take_is_a_fault_of_ours() -> None:
    assert status_of(StoreRefused("x")) == 500


def test_every_class_with_a_status_of_its_own_is_in_the_tree() -> None:
    assert all(issubclass(kind, TouchlineError) for kind in STATUSES)


def test_an_answer_always_carries_receipt_and_outcome() -> None:
    faults: list[Exception] = []

    def broken() -> Response:
        raise ZeroDivisionError

    good = answered(
        lambda: json_response(200, {}, {"x-touchline-outcome": "stored"}), "rcp_1", faults.append
    )
    bad = answered(broken, "rcp_2", faults.append)
    assert good["headers"]["x-touchline-outcome"] == "stored"
    assert good["headers"]["x-touchline-receipt"] == "rcp_1"
    assert (bad["statusCode"], bad["headers"]["x-touchline-outcome"]) == (500, "refused")
    assert [type(fault) for fault in faults] == [ZeroDivisionError]


ROUTER = Router(
    [
        Route("GET", "/c/{campaign}", "click"),
        Route("GET", "/v/{campaign}.gif", "pixel"),
        Route("GET", "/c/all", "never"),
        Route("POST", "/customer/{id}/event", "event"),
        Route("GET", "/", "root"),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "target", "parameters"),
    [
        ("GET", "/c/spring", "click", {"campaign": "spring"}),
        ("HEAD", "/c/spring/", "click", {"campaign": "spring"}),
        ("GET", "/c/a%2Fb%20c", "click", {"campaign": "a/b c"}),
        ("GET", "/v/spring.gif", "pixel", {"campaign": "spring"}),
        ("POST", "/customer/7/event", "event", {"id": "7"}),
        ("GET", "/", "root", {}),
    ],
)
def test_a_route_is_found_with_its_parameters(
    method: str, path: str, target: str, parameters: dict[str, str]
) -> None:
    found = ROUTER.find(method, path)
    assert (found.route.target, found.parameters) == (target, parameters)


@pytest.mark.parametrize("path", ["/x", "/c", "/c/", "/v/spring", "/v/.gif", "/c/a/b"])
def test_no_route_is_not_found(path: str) -> None:
    with pytest.raises(NotFound):
        ROUTER.find("GET", path)


def test_another_method_is_told_the_ones_there_are() -> None:
    with pytest.raises(MethodNotAllowed) as refused:
        ROUTER.find("DELETE", "/c/spring")
    assert refused.value.allowed == ("GET",)
