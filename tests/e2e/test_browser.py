"""A page in Chromium names its user and views a variation; a later conversion earns that view
its credit. A click through the redirect ends on the shop's page and ties itself to the visitor."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome

from local.api import Api
from local.stack import Stack, invoke
from tests.e2e.browser import chromium, needs_chromium
from tests.e2e.collector import collector
from touchline.kernel.clock import day_of, next_day, system_clock

pytestmark = needs_chromium()

ACCOUNT = "site"
PATIENCE_SECONDS = 180


@pytest.fixture(scope="module")
def site_key(operator: Api) -> str:
    """An account with one event and a campaign; its public key."""
    made = operator.post("/admin/accounts", {"id": ACCOUNT, "currency": "EUR"})
    assert made.status == 201, made.body
    since = {"api_name": "complete_purchase", "valid_from": "2020-01-01T00:00:00Z"}
    assert operator.post(f"/admin/events?account={ACCOUNT}", since).status == 201
    return str(made.json()["site_key"])


@pytest.fixture(scope="module")
def backend(operator: Api, anybody: Api, site_key: str) -> Api:
    assert site_key
    wanted = {"name": "back end", "scopes": ["ingest"]}
    answer = operator.post(f"/admin/tokens?account={ACCOUNT}", wanted)
    return anybody.with_token(answer.json()["token"])


@pytest.fixture
def shop(stack: Stack, site_key: str) -> Iterator[Callable[..., str]]:
    """Makes pages of a shop that load the stack's script."""
    with collector() as found:

        def page(path: str, inline: str = "") -> str:
            attributes = f'data-key="{site_key}"'
            return found.add_page(path, inline, attributes, script=f"{stack.api_url}/t.js")

        yield page


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    with chromium(tmp_path / "profile") as driver:
        yield driver


def credited(
    stack: Stack, operator: Api, conversion: str, is_credited: Callable[[Any], bool]
) -> Any:
    """The decision about a conversion, once what the browser sent has come in and is credited.

    A night may run again and again, and for days that are not over.
    """
    today = day_of(system_clock())
    asked = {"from": next_day(today, -1), "to": next_day(today)}
    ends = time.monotonic() + PATIENCE_SECONDS
    decision: Any = None
    while time.monotonic() < ends:
        run = invoke(stack, "AttributionFunction", asked)
        trace = operator.get(f"/reports/conversions/{conversion}", {"account": ACCOUNT}).json()
        decision = trace["conversions"][0]["decision"]
        if run["status"] == "published" and decision and is_credited(decision):
            return decision
    raise AssertionError(f"not credited in {PATIENCE_SECONDS} s: {decision}")


def earners(decision: Any) -> list[Any]:
    return [one for one in decision["candidates"] if one["credits"].get("last_touch")]


def test_a_viewed_variation_is_credited_with_the_later_purchase(
    stack: Stack, operator: Api, backend: Api, browser: Chrome, shop: Callable[..., str]
) -> None:
    """product.md S3"""
    named = 'touchline.ready((t) => { t.setUserId("crm", "7"); t.view("blue button") })'
    browser.get(shop("/offer", named))
    event = {
        "customerId": ACCOUNT,
        "apiName": "complete_purchase",
        "userDomain": "crm",
        "userId": "7",
        "actionId": "B-1",
        "actionTimestamp": system_clock() + 1_000,
        "value": "25.00",
    }
    answer = backend.post("/event", event)
    assert (answer.status, answer.json()) == (200, event)

    def by_the_view(decision: Any) -> bool:
        return [one["kind"] for one in earners(decision)] == ["optimization_view"]

    decision = credited(stack, operator, "B-1", by_the_view)
    assert decision["outcome"] == "attributed"


def test_a_click_lands_on_the_page_and_is_tied_to_who_arrives(
    stack: Stack, operator: Api, backend: Api, browser: Chrome, shop: Callable[..., str]
) -> None:
    landing = shop("/landing", 'touchline.setUserId("crm", "8")')
    host = landing.split("/")[2]
    campaign = {"id": "site-spring", "landing_url": landing, "hosts": [host], "channel": "ads"}
    assert operator.post(f"/admin/campaigns?account={ACCOUNT}", campaign).status == 201
    browser.get(f"{stack.api_url}/c/site-spring?sub1=banner")
    assert browser.current_url.startswith(f"{landing}?click_id=clk_")
    item = {
        "type": "conversion",
        "event": "complete_purchase",
        "conversion_id": "B-2",
        "user_domain": "crm",
        "user_id": "8",
        "value": "5",
        "occurred_at": system_clock() + 1_000,
    }
    answer = backend.post("/batch", {"items": [item]})
    assert answer.json()["results"][0]["outcome"] == "stored"

    def by_the_click(decision: Any) -> bool:
        return [one["campaign"] for one in earners(decision)] == ["site-spring"]

    decision = credited(stack, operator, "B-2", by_the_click)
    assert decision["outcome"] == "attributed"
