"""Every route of operators with everything wrong, from the route table itself: each refusal is a
published reason, nothing answers 500, and what was refused has changed no byte of any table."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from admin.handler import ROUTER
from tests.admin_api import AdminApi, Answer
from touchline.kernel.reasons import CATALOGUE
from touchline.registry.contracts import contract
from touchline.registry.kinds import BY_PLURAL

SHOP = {"account": "shop"}
THERE = {
    "accounts": "shop",
    "events": "purchase",
    "partners": "acme",
    "campaigns": "spring",
    "endpoints": "crm",
}
"""Something that is there, by the word of its routes, so that a refusal is the body's fault."""

ROUTES = [(route.method, route.template) for route in ROUTER.routes]
WITH_BODY = [(method, template) for method, template in ROUTES if method in {"POST", "PATCH"}]
WITH_NAME = [(method, template) for method, template in ROUTES if "{" in template]
READING = [(method, template) for method, template in ROUTES if method == "GET"]

NO_OBJECT = ("", "[1]", "{", "null", '"x"', "7", '{"a": NaN}', '{"a": "\\ud800"}', "[" * 9_000)
HOSTILE: tuple[Any, ...] = (
    {"a": {"b": [1]}},
    [[[]]],
    [{}],
    10**30,
    -1,
    1.5,
    True,
    "",
    "\u0000",
    "'; DROP TABLE conversions; --",
    "{{7*7}}${jndi:ldap://127.0.0.1/a}<script>",
    "\u202e\U0001f984" * 700,
    "9" * 5_000,
)
NAMES = (
    "%00",
    "..%2F..%2Fetc",
    quote("' OR 1=1 --"),
    quote("\U0001f984"),
    "%ED%A0%80",
    "%",
    "a" * 4_000,
    "%23%23",
    "__proto__",
)
PARAMETERS = ("account", "limit", "cursor", "from", "to", "state", "after", "day", "event")


class Desk(AdminApi):
    """A shop with one thing of each kind."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.shop()
        self.post("/admin/events", {"api_name": "purchase"}, query=SHOP)
        self.post("/admin/partners", {"id": "acme"}, query=SHOP)
        self.post("/admin/campaigns", {"id": "spring"}, query=SHOP)
        self.post("/admin/endpoints", {"id": "crm", "url": "https://crm.example/"}, query=SHOP)
        self.issued = self.post("/admin/tokens", {"name": "x", "scopes": ["site"]}, query=SHOP)

    def path(self, template: str) -> str:
        word = template.split("/")[2]
        there = self.issued.body["id"] if word == "tokens" else THERE.get(word, "rcp_1")
        return filled(template, there)

    def stored(self) -> list[Any]:
        tables = self.connections.tables
        return [(name, tables[name].items()) for name in sorted(tables)]

    def tried(self, method: str, path: str, body: Any, query: dict[str, str] = SHOP) -> Answer:
        """One request: any refusal has a published reason, and left everything as it was."""
        before = self.stored()
        answer = self.send(method, path, body, query=query, headers={"if-match": "*"})
        assert answer.status < 500, (method, path, body, answer.body)
        if answer.status >= 400:
            assert answer.code in CATALOGUE
            assert self.stored() == before, (method, path, body)
        return answer


def filled(template: str, name: str) -> str:
    before, _, rest = template.partition("{")
    return before + name + rest.partition("}")[2] if rest else template


def fields_of(desk: Desk, method: str, template: str) -> list[str]:
    """The fields that a route's body may have: the contract's, or those that a refusal names."""
    kind = BY_PLURAL.get(template.split("/")[2])
    if kind is not None and template.count("/") == (3 if method == "PATCH" else 2):
        return list(contract(kind.model).model_fields)
    refused = desk.tried(method, desk.path(template), {"zzz": 1}).body["error"]["message"]
    return [name.strip(" )") for name in refused.partition("known are ")[2].split(",") if name]


def wrong(field: str) -> Iterator[dict[str, Any]]:
    for value in HOSTILE:
        yield {field: value}


@pytest.mark.parametrize("body", NO_OBJECT)
@pytest.mark.parametrize(("method", "template"), WITH_BODY)
def test_what_is_no_json_object_is_refused(method: str, template: str, body: str) -> None:
    desk = Desk()
    answer = desk.tried(method, desk.path(template), body)
    if body:
        assert (answer.status, answer.code) == (400, "bad_body")


@pytest.mark.parametrize(("method", "template"), WITH_BODY)
def test_an_unknown_field_is_refused_by_its_name(method: str, template: str) -> None:
    desk = Desk()
    needed = {"id": "other"} if template == "/admin/accounts" else {}
    answer = desk.tried(method, desk.path(template), {**needed, "no_such_field": 1})
    assert (answer.status, answer.code) == (400, "unknown_field")
    assert "no_such_field" in answer.body["error"]["message"]


@pytest.mark.parametrize(("method", "template"), WITH_BODY)
def test_a_body_that_is_too_large_is_refused_whole(method: str, template: str) -> None:
    desk = Desk()
    answer = desk.tried(method, desk.path(template), json.dumps({"name": "x" * 300_000}))
    assert (answer.status, answer.code) == (413, "body_too_large")


@pytest.mark.parametrize(("method", "template"), WITH_BODY)
def test_fields_of_the_wrong_type_break_nothing(method: str, template: str) -> None:
    """Whatever stands in any of its fields: taken, or refused with nothing half written."""
    desk = Desk()
    sound = {"conversion": "none"} if template.endswith("/test") else {}  # nothing to be sent
    for field in fields_of(desk, method, template):
        for body in wrong(field):
            desk.tried(method, desk.path(template), {**sound, **body})


@pytest.mark.parametrize(("method", "template"), WITH_NAME)
def test_names_that_nothing_has_are_not_found_or_refused(method: str, template: str) -> None:
    desk = Desk()
    for name in NAMES:
        answer = desk.tried(method, filled(template, name), None if method == "GET" else {})
        assert 400 <= answer.status < 500


@pytest.mark.parametrize(("method", "template"), READING)
def test_hostile_parameters_break_no_list(method: str, template: str) -> None:
    desk = Desk()
    for name in PARAMETERS:
        for value in ("", "-1", "9" * 400, "\u0000", "' OR 1=1", "\U0001f984", "2026-99-99", "%"):
            desk.tried(method, desk.path(template), None, {**SHOP, name: value})


@pytest.mark.parametrize("text", ["'; DROP TABLE x; --", "<script>alert(1)</script>", "\U0001f984"])
def test_what_looks_like_an_attack_is_text_and_reads_back_as_it_came(text: str) -> None:
    desk = Desk()
    assert desk.patch("/admin/partners/acme", {"name": text}, query=SHOP).status == 200
    assert desk.get("/admin/partners/acme", query=SHOP).body["name"] == text
