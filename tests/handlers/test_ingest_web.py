"""What browsers ask for: clicks, pixels, the script, the catalogue of reasons."""

import json
from itertools import count
from typing import Any

import pytest

from ingest.web import Web
from tests.factories import NOON, a_registry
from tests.intake_factories import opened
from tests.memory_queue import MemoryQueue
from tests.memory_table import MemoryTable
from touchline.intake.clicks import Memory
from touchline.intake.store import IntakeStore
from touchline.intake.visit_keeping import Keeper
from touchline.kernel.clock import DAY_MS
from touchline.kernel.errors import StoreUnavailable
from touchline.kernel.ids import AccountId, CampaignId, ClickId, Realm, Receipt
from touchline.kernel.reasons import CATALOGUE
from touchline.ledger.identity import Identity
from touchline.ledger.model import Surroundings
from touchline.ledger.store import LedgerStore
from touchline.platform.http_api import Router, answered, request_of
from touchline.registry.model import Registry

PERSON = "Mozilla/5.0 (X11) Chrome/126.0"


class OneAccount:
    """Knows account `shop`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def campaign(self, campaign: CampaignId) -> AccountId | None:
        return self._registry.account.id if campaign in self._registry.campaigns else None

    def registry(self, _: AccountId) -> Registry:
        return self._registry


class Site:
    """The routes over a table and a queue in memory."""

    def __init__(self, **registry: Any) -> None:
        self.table, self.queue = MemoryTable(), MemoryQueue()
        self.ledger = LedgerStore(self.table)
        self.keeper = Keeper(self.ledger, self.queue)
        store = IntakeStore(self.table)
        numbers = count(1)
        web = Web(
            registrar=OneAccount(a_registry(**registry)),
            keeper=self.keeper,
            memory=Memory(echoes=store, signatures=store, open_secret=opened),
            new_id=lambda prefix: f"{prefix}_{next(numbers)}",
            clock=lambda: NOON,
        )
        self._router = Router(web.routes())

    def get(
        self, path: str, *, agent: str = PERSON, method: str = "GET", accept: str = "*/*"
    ) -> dict[str, Any]:
        path, _, query = path.partition("?")
        request = request_of(
            {
                "rawPath": path,
                "rawQueryString": query,
                "headers": {"User-Agent": agent, "Accept": accept},
                "requestContext": {"http": {"method": method, "sourceIp": "203.0.113.77"}},
            }
        )

        def work() -> Any:
            found = self._router.find(request.method, request.path)
            return found.route.target(request, found.parameters, Receipt("rcp_1"))

        return answered(work, "rcp_1", not_expected)

    def around(self, identity: str, realm: str = "shop") -> Surroundings:
        return self.ledger.around(Realm(realm), Identity(identity))


def not_expected(error: Exception) -> None:
    raise error


def test_a_click_is_stored_and_sent_on_with_its_click_id() -> None:
    site = Site()
    answer = site.get("/c/spring?pid=acme&ud=crm&uid=7")
    headers = answer["headers"]
    click_id = ClickId(headers["location"].rpartition("=")[2])
    assert answer["statusCode"] == 302
    assert headers["location"] == f"https://shop.example/spring?click_id={click_id}"
    assert headers["cache-control"] == "no-store"
    assert headers["x-touchline-outcome"] == "stored"
    [touch] = site.around(f"click:{click_id}").touches
    assert (touch.partner, touch.click_id) == ("acme", click_id)
    assert [link.other for link in site.around(f"click:{click_id}").links] == ["crm:7"]
    assert [link.other for link in site.around("crm:7").links] == [f"click:{click_id}"]


def test_a_bot_is_sent_on_and_the_answer_says_that_it_does_not_count() -> None:
    headers = Site().get("/c/spring", agent="Googlebot/2.1")["headers"]
    assert headers["location"].startswith("https://shop.example/spring")
    assert headers["x-touchline-reason"] == "bot"


def test_a_double_click_is_answered_as_a_duplicate() -> None:
    site = Site()
    first, second = site.get("/c/spring"), site.get("/c/spring")
    assert second["headers"]["x-touchline-outcome"] == "duplicate"
    assert second["headers"]["location"] == first["headers"]["location"]


def test_an_unknown_campaign_is_not_found() -> None:
    for path in ("/c/winter", "/v/winter.gif"):
        answer = Site().get(path)
        assert answer["statusCode"] == 404
        assert json.loads(answer["body"])["error"]["code"] == "not_found"


def test_while_the_table_is_down_a_click_waits_in_the_spill_queue() -> None:
    """IN-06 for clicks: stored once, though drained twice, under the ID that the person carries."""
    site = Site()
    site.table.fail("put", lambda: StoreUnavailable("down"), times=2)
    headers = site.get("/c/spring?ud=crm&uid=7")["headers"]
    click_id = headers["location"].rpartition("=")[2]
    assert headers["x-touchline-outcome"] == "spilled"
    assert site.around(f"click:{click_id}").touches == ()
    [message] = site.queue.bodies()
    for _ in range(2):
        site.keeper.keep_spilled(json.loads(message), NOON + DAY_MS)
    [touch] = site.around(f"click:{click_id}").touches
    assert touch.flags == ("unchecked",)
    assert touch.late_at == NOON + DAY_MS, "the night of its own day did not see it"
    assert [link.other for link in site.around("crm:7").links] == [f"click:{click_id}"]


def test_when_neither_store_takes_a_click_the_person_still_lands_and_the_answer_says_so() -> None:
    site = Site()
    site.table.fail("put", lambda: StoreUnavailable("down"), times=2)
    site.queue.fail()
    answer = site.get("/c/spring")
    assert answer["statusCode"] == 302
    assert answer["headers"]["x-touchline-outcome"] == "refused"
    assert "unavailable" in answer["headers"]["x-touchline-reason"].split(",")


def test_a_view_is_a_gif_that_is_never_cached() -> None:
    site = Site()
    answer = site.get("/v/spring.gif?ud=crm&uid=7&tl_test=1")
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"] == "image/gif"
    assert "no-store" in answer["headers"]["cache-control"]
    assert answer["isBase64Encoded"]
    [touch] = site.around("crm:7", "shop~test").touches
    assert touch.kind == "view"
    assert site.around("crm:7").touches == ()


def test_a_view_that_no_store_takes_is_answered_503() -> None:
    """IN-07 for views."""
    site = Site()
    site.table.fail("put", lambda: StoreUnavailable("down"))
    site.queue.fail()
    answer = site.get("/v/spring.gif")
    assert answer["statusCode"] == 503
    assert answer["headers"]["retry-after"]


def test_the_script_may_be_loaded_by_any_site() -> None:
    answer = Site().get("/t.js")
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"].startswith("text/javascript")
    assert "setUserId" in answer["body"]


def test_every_reason_is_published_with_its_cause_and_its_fix() -> None:
    rows = json.loads(Site().get("/reasons")["body"])["reasons"]
    assert {row["code"] for row in rows} == set(CATALOGUE)
    assert all(row["meaning"] and row["fix"] for row in rows)


def test_a_browser_reads_the_reasons_as_a_page_that_errors_link_into() -> None:
    answer = Site().get("/reasons", accept="text/html,*/*;q=0.8")
    assert answer["headers"]["content-type"].startswith("text/html")
    assert all(f'<dt id="{code}">' in answer["body"] for code in CATALOGUE)


@pytest.mark.parametrize("path", ["/c/", "/v/spring", "/v/.gif", "/c/spring/x", "/v/x.gif.gif"])
def test_what_is_no_route_is_not_found(path: str) -> None:
    assert Site().get(path)["statusCode"] == 404


def test_a_head_request_is_a_machines() -> None:
    assert Site().get("/c/spring", method="HEAD")["headers"]["x-touchline-reason"] == "bot"
