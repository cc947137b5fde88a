"""The console in Chromium on the deployed stack, from signing in to a postback that arrives."""

from collections.abc import Iterator

import pytest

from local.api import Api
from local.demo.receiver import listening
from local.stack import Stack
from tests.e2e.browser import chromium, needs_chromium
from tests.e2e.console_stage import Gallery, Page, furnish
from touchline.kernel.clock import system_clock

pytestmark = needs_chromium()

PLACES = (
    "overview",
    "attribution",
    "journeys",
    "events",
    "conversions",
    "conversions/G-003",
    "nights",
    "clicks",
    "deliveries",
    "exports",
    "debugger",
    "quarantine",
    "partners",
    "reasons",
)


@pytest.fixture(scope="module")
def gallery(stack: Stack, operator: Api) -> Iterator[Gallery]:
    with listening() as receiver:
        yield furnish(stack, operator, receiver, system_clock())


@pytest.fixture(scope="module")
def signed_in(gallery: Gallery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("profile")) as browser:
        page = Page(browser, gallery.stack.console_url)
        page.sign_in(gallery.admin)
        page.drawn()
        yield page


@pytest.fixture
def page(signed_in: Page) -> Page:
    signed_in.size(1320, 900)
    signed_in.theme("light")
    signed_in.complaints()
    return signed_in


def test_a_wrong_token_opens_nothing_and_the_gate_says_so(
    gallery: Gallery, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with chromium(tmp_path_factory.mktemp("stranger")) as browser:
        page = Page(browser, gallery.stack.console_url)
        page.sign_in("tl_live_nothing")

        page.wait(lambda: "opens nothing" in page.text())


def test_the_overview_shows_the_very_number_of_the_api(gallery: Gallery, page: Page) -> None:
    def told() -> int:
        return int(gallery.api.get("/reports/overview").json()["totals"]["conversions"])

    before = told()
    page.open("overview")

    # Should the stack's own midnight fall in between, either number is right.
    assert before > 20
    assert int(page.one(".tile .figure").text) in {before, told()}


def test_the_token_is_in_no_address_and_not_kept_beyond_the_session(
    gallery: Gallery, page: Page
) -> None:
    page.open("attribution")

    assert gallery.admin not in page.browser.current_url
    kept = page.browser.execute_script("return JSON.stringify(localStorage)")
    assert gallery.admin not in kept


def test_models_stand_side_by_side_and_their_totals_agree(page: Page) -> None:
    page.open("attribution")

    totals = {cell.text for cell in page.all("tfoot td")[1:]}

    assert len(totals) == 1


def test_a_decision_explains_itself_as_a_time_line(gallery: Gallery, page: Page) -> None:
    page.open("conversions")
    page.one("input[name=id]").send_keys(gallery.order)
    page.one("form button").click()
    page.wait(lambda: page.all("ol.line"))

    said = page.text()

    assert "Credited to 3 touches: referral first, email last" in said
    assert len(page.all("ol.line > li.won")) == 3
    assert "warehouse" in said


def test_a_test_postback_is_seen_arriving(gallery: Gallery, page: Page) -> None:
    page.open("debugger")
    page.choose("event", "purchase")
    order = page.one("input[name=order]").get_attribute("value")
    page.one("form button[type=submit]").click()
    page.wait(lambda: "Open its story" in page.text())

    said = page.text()
    page.keep_picture("debugger-sent", 1320)

    assert "Redirected to the landing page" in said
    assert said.count("delivered") == 2
    arrived = [one.query.get("order") for one in gallery.receiver.at("/acme")]
    assert order in arrived


def test_a_test_event_is_seen_arriving_and_sent_again(gallery: Gallery, page: Page) -> None:
    page.open("debugger")
    page.choose("way", "test")
    page.choose("kind", "event")
    page.choose("event", "purchase")
    assert "told to lab" in page.text()
    page.one("form button[type=submit]").click()
    page.wait(lambda: "Nothing of it reaches reports" in page.text())
    page.keep_picture("debugger-test", 1320)

    next(one for one in page.all(".delivery button") if one.text == "Send again").click()
    page.wait(lambda: ", by hand" in page.text())

    arrived = [one.headers.get("touchline-test") for one in gallery.receiver.at("/lab")]
    assert len(arrived) >= 2
    assert set(arrived) == {"1"}
    assert "acme-postback" not in page.text().partition("Stages of")[2]


def test_a_quarantined_event_is_corrected_and_replayed(gallery: Gallery, page: Page) -> None:
    page.open("quarantine")
    entry = page.one(f'[data-receipt="{gallery.quarantined}"]')
    assert "purchasee" in entry.text
    body = entry.find_elements("css selector", "textarea")[-1]
    corrected = str(body.get_attribute("value")).replace("purchasee", "purchase")
    body.clear()
    body.send_keys(corrected)

    entry.find_element("css selector", "button.primary").click()

    page.wait(lambda: "stored: Q-1" in entry.text)
    claims = gallery.api.get("/reports/stages/Q-1").json()["claims"]
    assert [claim["value"] for claim in claims] == ["9.50"]


def test_the_linter_speaks_as_one_types(page: Page) -> None:
    page.open("partners")

    page.one("textarea").send_keys("https://net.example/pb?cid=##click_id##&v={valeu}")

    page.wait(lambda: "did you mean {value}?" in page.text())
    page.keep_picture("partners-linter", 1320)


def test_an_endpoint_is_tried_with_both_sides_shown(page: Page) -> None:
    page.open("partners")

    button = next(one for one in page.all("button") if one.text == "Send a test")
    button.click()

    page.wait(lambda: "The receiver answered 200" in page.text())


def test_an_empty_range_gets_a_helpful_page(page: Page) -> None:
    for place in ("overview", "attribution", "journeys", "events", "nights"):
        page.open(f"{place}?from=2021-01-01&to=2021-01-31")

        assert page.all(".empty h2"), place


def test_an_impossible_range_is_refused_in_words(page: Page) -> None:
    page.open("overview?from=2026-02-30&to=2026-03-01")

    assert "The range of days cannot be read" in page.text()
    page.complaints()


def test_a_partner_sees_its_own_and_no_page_of_others(
    gallery: Gallery, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with chromium(tmp_path_factory.mktemp("partner")) as browser:
        page = Page(browser, gallery.stack.console_url)
        page.sign_in(gallery.acme)
        page.drawn()
        pages = {link.get_attribute("data-page") for link in page.all(".nav a")}
        told = Api(gallery.stack.api_url).with_token(gallery.acme).get("/reports/overview")
        page.open("attribution")
        others = page.text()
        page.open("clicks")
        clicks = page.text()
        page.open("deliveries")
        sent = page.text()

    assert not pages & {"journeys", "nights", "debugger", "quarantine", "partners"}
    assert 0 < told.json()["totals"]["conversions"] < 10
    assert "globex" not in others
    assert "counts" in clicks
    assert "globex" not in clicks
    assert "acme-postback" in sent
    assert "warehouse" not in sent


def test_an_export_is_asked_for_watched_and_fetched(page: Page) -> None:
    page.open("exports")
    page.choose("report", "clicks")
    page.choose("format", "jsonl")
    page.choose("partner", "acme")
    page.one("form button").click()

    page.wait(lambda: [one for one in page.all("td button") if one.text == "Download"])
    page.keep_picture("exports-done", 1320)

    assert "clicks of acme" in page.text()


def test_nothing_moves_while_the_first_page_is_drawn(page: Page) -> None:
    page.browser.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument",
        {
            "source": "window.moved = 0; new PerformanceObserver((list) => list.getEntries()"
            ".forEach((one) => { window.moved += one.value; }))"
            ".observe({ type: 'layout-shift', buffered: true });"
        },
    )

    page.open("overview")

    assert page.browser.execute_script("return window.moved") < 0.1


@pytest.mark.parametrize("place", PLACES)
def test_a_page_is_accessible_in_both_themes_and_on_a_phone(place: str, page: Page) -> None:
    name = place.replace("/", "-")
    for look, theme, width in (("light", "light", 1320), ("phone", "dark", 390)):
        page.theme(theme)
        page.size(width, 900, phone=width < 500)
        page.open(place)
        page.keep_picture(f"{name}-{look}", width)

        assert page.findings() == [], look
        wide = page.browser.execute_script("return document.documentElement.scrollWidth")
        assert wide <= width, look
        assert page.complaints() == [], look


def test_the_gate_is_accessible(gallery: Gallery, tmp_path_factory: pytest.TempPathFactory) -> None:
    with chromium(tmp_path_factory.mktemp("gate")) as browser:
        page = Page(browser, gallery.stack.console_url)
        browser.get(page.url)
        page.wait(lambda: page.all("input[name=token]"))
        page.keep_picture("sign-in", 1320)

        assert page.findings() == []
