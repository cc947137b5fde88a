"""What the browser script does, seen from a page in Chromium and from the server it talks to."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome

from tests.e2e.browser import chromium, needs_chromium
from tests.e2e.collector import Collector, collector
from touchline.intake.site import site_script

pytestmark = needs_chromium()


@pytest.fixture
def site() -> Iterator[Collector]:
    with collector() as found:
        found.script = site_script()
        yield found


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    with chromium(tmp_path / "profile") as driver:
        yield driver


def kinds(sent: list[tuple[str, dict[str, Any]]]) -> list[str]:
    return [body.get("kind", path) for path, body in sent]


def test_a_page_names_its_user_and_what_it_showed(site: Collector, browser: Chrome) -> None:
    inline = """touchline.ready((t) => { t.setUserId("crm", "7"); t.view("blue button") })"""
    browser.get(site.add_page("/", inline))
    sent = site.wait_for(3)
    [visitor] = {body["visitor"] for _, body in sent if "visitor" in body}
    assert ("/identify", {"identities": [f"visitor:{visitor}", "crm:7"]}) in sent
    [view] = [body for _, body in sent if body.get("kind") == "optimization_view"]
    assert (view["name"], view["channel"]) == ("blue button", "site")
    assert view["id"].startswith("t_")
    assert {key for _, key, _ in site.sent} == {"tl_site_1"}


def test_a_visitor_stays_the_same_and_a_session_begins_once(
    site: Collector, browser: Chrome
) -> None:
    browser.get(site.add_page("/"))
    site.wait_for(1)
    browser.get(site.add_page("/next", 'touchline.view("second page")'))
    sent = site.wait_for(2)
    assert kinds(sent) == ["session", "optimization_view"]
    assert sent[0][1]["channel"] == "direct"
    assert sent[0][1]["visitor"] == sent[1][1]["visitor"]


def test_an_ad_click_is_captured_once(site: Collector, browser: Chrome) -> None:
    site.add_page("/")
    url = f"{site.url}/?gclid=g1&utm_source=news&utm_medium=email&utm_campaign=spring"
    browser.get(url)
    site.wait_for(1)
    browser.refresh()
    browser.execute_script('touchline.view("done")')
    sent = site.wait_for(2)
    assert kinds(sent) == ["click", "optimization_view"]
    click = sent[0][1]
    assert click["ad_ids"] == {"gclid": "g1"}
    assert (click["channel"], click["source"], click["campaign"]) == ("email", "news", "spring")


def test_a_click_of_ours_is_tied_to_the_visitor(site: Collector, browser: Chrome) -> None:
    site.add_page("/")
    browser.get(f"{site.url}/?click_id=clk_01abc")
    [(path, body)] = site.wait_for(1)
    assert path == "/identify"
    assert body["identities"][1] == "click:clk_01abc"


def test_nothing_is_kept_or_sent_before_consent(site: Collector, browser: Chrome) -> None:
    inline = 'touchline.setUserId("crm", "7")'
    browser.get(site.add_page("/", inline, 'data-key="tl_site_1" data-consent="required"'))
    assert browser.execute_script("return [document.cookie, localStorage.length]") == ["", 0]
    assert browser.execute_script("return touchline.visitor()") is False
    assert site.sent == []
    browser.execute_script('touchline.consent(["analytics"])')
    sent = site.wait_for(2)
    assert sorted(kinds(sent)) == ["/identify", "session"]
    assert [body["consent"] for _, body in sent] == [["analytics"]] * 2
    browser.execute_script("touchline.consent(false)")
    assert browser.execute_script("return document.cookie") == ""
    browser.execute_script('touchline.view("unseen")')
    browser.get(site.add_page("/other", 'touchline.consent(true); touchline.view("seen")'))
    names = [body.get("name") for _, body in site.wait_for(4)]
    assert "seen" in names
    assert "unseen" not in names


def test_a_busy_server_is_asked_again(site: Collector, browser: Chrome) -> None:
    site.answers = [503]
    browser.get(site.add_page("/"))
    first, second = site.wait_for(2)
    assert first == second


def test_a_script_that_loads_late_does_what_the_page_asked_before(
    site: Collector, browser: Chrome
) -> None:
    stub = (
        'touchline = {q: [], ready(f) { this.q.push(f) }}; touchline.ready((t) => t.view("early"))'
    )
    site.pages["/"] = (
        f'<!doctype html><link rel="icon" href="data:,"><script>{stub}</script>'
        '<script async src="/t.js" data-key="tl_site_1"></script>'
    )
    browser.get(site.url + "/")
    assert sorted(kinds(site.wait_for(2))) == ["optimization_view", "session"]
