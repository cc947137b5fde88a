"""What the console's tests stand on: an account with journeys of three days, and a browser."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from local.api import Api
from local.demo.receiver import Receiver
from local.machine import wait_until
from local.places import STATE
from local.stack import Stack, invoke
from touchline.kernel.clock import DAY_MS, HOUR_MS, MINUTE_MS, day_of

ACCOUNT = "gallery"
SCREENSHOTS = STATE / "screenshots"
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
PATHS = (
    ("ads", "email"),
    ("ads", "affiliate"),
    ("email",),
    ("referral", "ads", "email"),
    ("ads",),
    ("push", "email"),
    ("affiliate",),
    (),
)
SECONDS = 200
"""How long a busy machine may take for what a person sees at once."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """The account, its receiver and who may look at it."""

    stack: Stack
    receiver: Receiver
    admin: str
    report: str
    acme: str
    order: str
    quarantined: str

    @property
    def api(self) -> Api:
        """The reports as the admin token sees them."""
        return Api(self.stack.api_url).with_token(self.admin, scheme="Bearer")


def furnish(stack: Stack, operator: Api, receiver: Receiver, now: int) -> Gallery:
    """Declare the account, send journeys of the last three days in, run the nights."""
    made(operator.post("/admin/accounts", {"id": ACCOUNT, "name": "Gallery", "currency": "EUR"}))
    admin = token(operator, "Ana", ["admin", "report"])
    owner = Api(stack.api_url).with_token(admin, scheme="Bearer")
    for kind, thing in declared(receiver):
        made(owner.post(f"/admin/{kind}", thing))
    backend = Api(stack.api_url).with_token(token(operator, "back end", ["ingest"]))
    acme = Api(stack.api_url).with_token(token(operator, "acme's server", ["ingest"], "acme"))
    orders = [send_journey(backend, number, now) for number in range(3 * len(PATHS))]
    acme.get("/postback", {"event": "purchase", "conversion_id": "P-1", "value": "25", **CLICKLESS})
    spent = [{"day": day_of(now - DAY_MS), "channel": "ads", "cost": "41.00"}]
    assert owner.post("/admin/spend", {"rows": spent}).status == 200
    bad = backend.post("/event", wrong_event(now, "Q-1"))
    backend.post("/event", wrong_event(now, "Q-2"))
    run_nights(stack, day_of(now), day_of(now + HOUR_MS))
    return Gallery(
        stack,
        receiver,
        admin,
        token(operator, "an analyst", ["report"]),
        token(operator, "acme's manager", ["report"], "acme"),
        orders[3],
        bad.receipt,
    )


CLICKLESS = {"currency": "EUR", "status": "approved", "user_domain": "crm", "user_id": "user-5"}


def declared(receiver: Receiver) -> list[tuple[str, dict[str, Any]]]:
    """What the account declares, in order."""
    long_ago = "2020-01-01T00:00:00Z"
    loopback = {"allow_http": True, "ports": [receiver.port]}
    query = "?cid={partner_click_id}&sum={payout}&order={conversion_id}"
    return [
        ("events", {"api_name": "purchase", "owner": "sales", "report": "weekly",
                    "valid_from": long_ago, "goal": {"target_count": 40, "period": "month"}}),
        ("partners", {"id": "acme", "name": "Acme Media", "list_clicks": True,
                      "payouts": [{"percent": "10%"}]}),
        ("partners", {"id": "globex", "name": "Globex", "channel": "affiliate"}),
        ("campaigns", {"id": "gallery-spring", "name": "Spring", "landing_url":
                       "https://shop.example/spring", "hosts": ["shop.example"],
                       "channel": "affiliate", "payouts": [{"percent": "10%"}]}),
        ("endpoints", {"id": "acme-postback", "partner": "acme", "format": "get", "method": "GET",
                       "url": receiver.url("/acme") + query, **loopback,
                       "firing": {"types": ["conversion.accepted"], "partners": ["acme"]}}),
        ("endpoints", {"id": "lab", "format": "json", "url": receiver.url("/lab"), "test": True,
                       "firing": {"types": ["conversion.accepted"]}, **loopback}),
        ("endpoints", {"id": "warehouse", "format": "json", "url": receiver.url("/hooks"),
                       "firing": {"types": ["conversion.accepted"]}, **loopback}),
    ]  # fmt: skip


def send_journey(backend: Api, number: int, now: int) -> str:
    """One person's touches and purchase; the order's ID."""
    path = PATHS[number % len(PATHS)]
    bought = now - (1 + number % 3) * DAY_MS + number * MINUTE_MS
    person = {"user_domain": "crm", "user_id": f"user-{number}"}
    touches = [
        {
            "type": "touch",
            "kind": "click",
            "channel": channel,
            "occurred_at": bought - (len(path) - index) * 5 * HOUR_MS,
            "id": f"gallery-{number}-{index}",
            **({"partner": "acme"} if channel == "affiliate" else {}),
            **person,
        }
        for index, channel in enumerate(path)
    ]
    order = f"G-{number:03d}"
    sale = {
        "type": "conversion",
        "event": "purchase",
        "conversion_id": order,
        "value": f"{20 + number}.50",
        "currency": "EUR",
        "occurred_at": bought,
        **person,
    }
    answer = backend.post("/batch", {"items": [*touches, sale]})
    assert answer.status == 200, answer.body
    return order


def wrong_event(now: int, name: str) -> dict[str, Any]:
    """An event whose name has one letter too many."""
    return {
        "customerId": ACCOUNT,
        "apiName": "purchasee",
        "userDomain": "crm",
        "userId": "user-1",
        "actionId": name,
        "actionTimestamp": now - HOUR_MS,
        "value": 9.5,
    }


def run_nights(stack: Stack, first: str, last: str) -> None:
    """Decide what came in; should the stack's own midnight be under way, wait for it."""

    def is_done() -> bool:
        record = invoke(stack, "AttributionFunction", {"from": first, "to": last})
        return bool(record["status"] != "busy")

    assert wait_until(is_done, seconds=120, every=1)


def token(operator: Api, name: str, scopes: list[str], partner: str | None = None) -> str:
    """A fresh token of the account."""
    asked = {"name": name, "scopes": scopes, "partner": partner}
    return str(made(operator.post(f"/admin/tokens?account={ACCOUNT}", asked))["token"])


def made(answer: Any) -> Any:
    """The thing that was created."""
    assert answer.status == 201, answer.body
    return answer.json()


@dataclass(frozen=True, slots=True)
class Page:
    """The console in a browser, driven as a person would."""

    browser: Chrome
    url: str

    def sign_in(self, secret: str) -> None:
        """From the gate to the overview."""
        self.browser.set_page_load_timeout(SECONDS)
        self.browser.get("about:blank")
        self.browser.get(self.url)
        self.browser.execute_script("sessionStorage.clear(); localStorage.clear();")
        self.browser.get("about:blank")
        self.browser.get(self.url)
        self.wait(lambda: self.all("input[name=token]"))
        self.one("input[name=token]").send_keys(secret)
        self.one("button[type=submit]").click()

    def open(self, place: str) -> None:
        """A page of the console, drawn to the end."""
        self.browser.get("about:blank")
        self.browser.get(f"{self.url}#/{place}")
        self.drawn()

    def drawn(self) -> None:
        """Wait until the page stands."""
        self.wait(lambda: self.all("#main h1") and not self.all("#main[aria-busy]"))

    def wait(self, true: Callable[[], Any]) -> Any:
        """Wait for something to be true; what it gave."""
        return WebDriverWait(self.browser, SECONDS, 0.1).until(lambda _: true())

    def one(self, selector: str) -> WebElement:
        """The first element that fits."""
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        """Every element that fits."""
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def text(self) -> str:
        """What the page says."""
        return str(self.one("main").text)

    def choose(self, name: str, value: str) -> None:
        """Choose from a list."""
        Select(self.one(f"select[name={name}]")).select_by_value(value)

    def size(self, width: int, height: int, *, phone: bool = False) -> None:
        """Look through a window of this size."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [still]})

    def theme(self, name: str) -> None:
        """Light or dark."""
        self.browser.execute_script("localStorage.setItem('touchline.theme', arguments[0])", name)

    def findings(self) -> list[str]:
        """What axe finds that is serious or critical, with the element."""
        self.browser.set_script_timeout(SECONDS)
        self.browser.execute_script(AXE.read_text(encoding="utf-8"))
        found = self.browser.execute_async_script(
            "const done = arguments[0]; axe.run(document).then((result) => done(result.violations"
            ".filter((one) => ['serious', 'critical'].includes(one.impact))"
            ".flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html}`))))"
        )
        return [str(one) for one in found]

    def keep_picture(self, name: str, width: int) -> None:
        """A screenshot of the whole page in the folder of screenshots."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        height = self.browser.execute_script("return document.documentElement.scrollHeight")
        self.size(width, min(max(int(height), 800), 2400), phone=width < 500)
        self.browser.save_screenshot(str(SCREENSHOTS / f"{name}.png"))

    def complaints(self) -> list[str]:
        """What the browser itself complained about: scripts, policy, failed requests."""
        return [str(entry["message"]) for entry in self.browser.get_log("browser")]
