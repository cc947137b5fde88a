"""Nobody reads another account's, or another partner's, things: route by route, from the reports'
route table itself, so that a new route cannot be forgotten."""

from urllib.parse import urlencode

import pytest

from reports.handler import ROUTER
from tests.factories import NOON, a_conversion, a_touch
from tests.handlers.test_reports import a_sale
from tests.handlers.test_reports_live import an_envelope, deliver
from tests.reports_api import Answer, ReportsApi, a_shop
from touchline.kernel.clock import HOUR_MS, day_of
from touchline.kernel.ids import AccountId, ClickId, EndpointId, EventName, PartnerId, Realm
from touchline.registry.kinds import ACCOUNT, ENDPOINT, EVENT, PARTNER
from touchline.registry.model import Account, Endpoint, EventDefinition, Partner

ROUTES = [(route.method, route.template) for route in ROUTER.routes]
NAMES = ("G-1", "clk_g1", "dlv_globex-hook", "exp_1")
"""Things of globex that a path may name: an order, a click, a delivery, an export."""
CANARIES = ("globex", "G-1", "clk_g1", "sub-of-g", "crm:9", "77000000", "77.00")


@pytest.fixture
def api() -> ReportsApi:
    """A shop where acme and globex both sold; another account beside it."""
    api = a_shop(now=NOON + HOUR_MS)
    api.declare(ACCOUNT, Account(AccountId("other")), "other")
    api.declare(EVENT, EventDefinition(EventName("purchase")))
    for partner in ("acme", "globex"):
        api.declare(PARTNER, Partner(PartnerId(partner), name=partner, list_clicks=True))
        hook = Endpoint(EndpointId(f"{partner}-hook"), partner=PartnerId(partner))
        api.declare(ENDPOINT, hook)
    ledger = api.services.ledger
    click = a_touch(
        identity="click:clk_g1",
        click_id=ClickId("clk_g1"),
        partner=PartnerId("globex"),
        subs={"sub1": "sub-of-g"},
    )
    ledger.put_touch(Realm("shop"), click)
    sold = a_conversion(
        id="G-1",
        scope="globex",
        partner=PartnerId("globex"),
        value_micros=77_000_000,
        envelope=an_envelope(),
        subs={"sub1": "sub-of-g"},
    )
    ledger.add_conversion(sold)
    deliver(api, sold, "globex-hook")
    api.publish([a_sale("A-1", "acme"), a_sale("G-1", "globex")])
    return api


def asked(
    api: ReportsApi, method: str, template: str, name: str, token: str, **query: str
) -> Answer:
    before, _, rest = template.partition("{")
    path = before + name + rest.partition("}")[2] if rest else template
    days = {"from": day_of(NOON), "to": day_of(NOON)}
    return api.request(method, path, urlencode({**days, **query}), token=token)


@pytest.mark.parametrize(("method", "template"), ROUTES)
def test_no_report_answers_without_a_token(api: ReportsApi, method: str, template: str) -> None:
    """SE-11"""
    assert asked(api, method, template, "x", "").status == 401


@pytest.mark.parametrize("scope", ["ingest", "site"])
@pytest.mark.parametrize(("method", "template"), ROUTES)
def test_no_report_answers_a_token_without_the_scope(
    api: ReportsApi, method: str, template: str, scope: str
) -> None:
    refused = asked(api, method, template, "x", api.token("shop", scope))
    assert (refused.status, refused.code) == (403, "forbidden_scope")


@pytest.mark.parametrize(("method", "template"), ROUTES)
def test_no_report_tells_one_account_of_another(
    api: ReportsApi, method: str, template: str
) -> None:
    """SE-11: named in the query it is forbidden; by the names of its things nothing is found."""
    foreign = api.token("other")
    for name in NAMES:
        named = asked(api, method, template, name, foreign, account="shop")
        assert (named.status, named.code) == (403, "forbidden_account")
        implied = asked(api, method, template, name, foreign, event="purchase")
        assert implied.status < 500
        assert tells_nothing(implied, name)


@pytest.mark.parametrize(("method", "template"), ROUTES)
def test_no_report_tells_one_partner_of_another(
    api: ReportsApi, method: str, template: str
) -> None:
    """SE-11: neither sums nor names nor money of the other, whether it is asked for or not."""
    acme = api.token("shop", partner="acme")
    for name in NAMES:
        for query in ({}, {"event": "purchase"}, {"partner": "globex"}, {"group_by": "partner"}):
            answer = asked(api, method, template, name, acme, **query)
            assert answer.status < 500
            assert tells_nothing(answer, name), answer.text


@pytest.mark.parametrize("template", [t for m, t in ROUTES if m == "GET"])
def test_the_canaries_are_there_for_whoever_may_see_them(api: ReportsApi, template: str) -> None:
    """Or the tests above would prove nothing: together the reports tell every canary."""
    told = "".join(
        asked(api, "GET", route, name, api.analyst, event="purchase", partner=partner).text
        for route in {template, "/reports/decisions", "/reports/stages/{id}", "/reports/clicks"}
        for name in NAMES
        for partner in ("globex", "")
    )
    assert {canary for canary in CANARIES if canary in told} >= {"globex", "G-1", "77.00"}


def tells_nothing(answer: Answer, name: str) -> bool:
    """Whether the answer holds no canary but the name that was asked for."""
    told = answer.text.replace(name, "") if answer.status >= 400 else answer.text
    if answer.status == 403:
        return True
    return not [canary for canary in CANARIES if canary in told and canary != name]
