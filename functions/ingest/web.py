"""The routes that browsers ask for: clicks, pixels, the site's script, the catalogue of reasons."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from touchline.intake import clicks, pixel
from touchline.intake.clicks import Click, Memory
from touchline.intake.openapi import openapi_document
from touchline.intake.site import site_script
from touchline.intake.visit import Visit
from touchline.intake.visit_keeping import REFUSED, Keeper
from touchline.kernel.clock import Clock
from touchline.kernel.errors import NotFound, StoreUnavailable
from touchline.kernel.ids import AccountId, CampaignId, NewId, Receipt
from touchline.kernel.reasons import CATALOGUE
from touchline.kernel.reasons.page import reasons_page
from touchline.kernel.values import dataclass
from touchline.platform.http_api import Request, Response, Route, json_response
from touchline.registry.model import Campaign, Registry

SCRIPT: Final = site_script()
HOUR: Final = "public, max-age=3600"

Answer = Callable[[Request, Mapping[str, str], Receipt], Response]


class Registrar(Protocol):
    """Answers from what was declared, at most 60 s old."""

    def campaign(self, campaign: CampaignId) -> AccountId | None:
        """Whose campaign it is."""

    def registry(self, account: AccountId) -> Registry:
        """Everything declared for an account."""

    def latest(self, account: AccountId) -> Registry:
        """The same, read just now."""


@dataclass(frozen=True, slots=True)
class Web:
    """What the routes work with."""

    registrar: Registrar
    keeper: Keeper
    memory: Memory
    new_id: NewId
    clock: Clock

    def routes(self) -> tuple[Route[Answer], ...]:
        """The routes and who answers them."""
        return (
            Route("GET", "/c/{campaign}", self.click),
            Route("GET", "/v/{campaign}.gif", self.view),
            Route("GET", "/t.js", script),
            Route("GET", "/reasons", reasons),
            Route("GET", "/openapi.json", openapi),
        )

    def click(self, request: Request, names: Mapping[str, str], receipt: Receipt) -> Response:
        """302 to where the campaign lands, whatever became of the click; the headers tell."""
        registry, campaign = self._campaign(names["campaign"])
        click = clicks.take(
            self._visit(request), registry, campaign, receipt, self.memory, self.new_id
        )
        kept = self.keeper.keep(click.realm, click.touch, click.links)
        return Response(
            302,
            {
                "location": click.location,
                "cache-control": "no-store",
                "referrer-policy": "no-referrer-when-downgrade",
                "x-robots-tag": "noindex",
                **_told(_outcome(click, kept), kept, (click.refusal, *click.touch.flags)),
            },
        )

    def view(self, request: Request, names: Mapping[str, str], _: Receipt) -> Response:
        """The picture. Raises StoreUnavailable (503) when the view could not be kept."""
        registry, campaign = self._campaign(names["campaign"])
        view = pixel.take(self._visit(request), registry, campaign, self.new_id)
        kept = self.keeper.keep(view.realm, view.touch)
        if kept == REFUSED:
            raise StoreUnavailable("neither the table nor the spill queue took the view")
        headers = {"content-type": "image/gif", "cache-control": pixel.NEVER_CACHED}
        return Response(200, {**headers, **_told(kept, kept, view.touch.flags)}, pixel.GIF)

    def _visit(self, request: Request) -> Visit:
        return Visit(
            request.method,
            request.path,
            request.raw_query,
            request.headers,
            request.source_ip,
            self.clock(),
        )

    def _campaign(self, text: str) -> tuple[Registry, Campaign]:
        name = CampaignId(text)
        account = self.registrar.campaign(name)
        if account is None:
            raise NotFound("not_found", "no such campaign", field="campaign")
        registry = self.registrar.registry(account)
        if name not in registry.campaigns:
            registry = self.registrar.latest(account)
        if name not in registry.campaigns:
            raise NotFound("not_found", "no such campaign", field="campaign")
        return registry, registry.campaigns[name]


def _outcome(click: Click, kept: str) -> str:
    if click.refusal:
        return REFUSED
    if kept == "stored" and "duplicate_click" in click.touch.flags:
        return "duplicate"
    return kept


def _told(outcome: str, kept: str, reasons_: tuple[str, ...]) -> dict[str, str]:
    codes = [*(["unavailable"] if kept == REFUSED else []), *(code for code in reasons_ if code)]
    headers = {"x-touchline-outcome": outcome}
    return {**headers, "x-touchline-reason": ",".join(codes)} if codes else headers


def script(_request: Request, _names: Mapping[str, str], _: Receipt) -> Response:
    """The site's script."""
    return Response(
        200,
        {
            "content-type": "text/javascript; charset=utf-8",
            "cache-control": HOUR,
            "cross-origin-resource-policy": "cross-origin",
        },
        SCRIPT,
    )


def openapi(_request: Request, _names: Mapping[str, str], _: Receipt) -> Response:
    """What every route takes and answers."""
    headers = {"content-type": "application/json", "cache-control": HOUR}
    return Response(200, headers, openapi_document())


def reasons(request: Request, _names: Mapping[str, str], _: Receipt) -> Response:
    """Every reason code: what it means and what to do. A page for people, JSON for programs."""
    rows = sorted(CATALOGUE.values(), key=lambda row: row.code)
    headers = {"cache-control": HOUR, "vary": "accept"}
    if "text/html" in request.header("accept"):
        return Response(
            200, {**headers, "content-type": "text/html; charset=utf-8"}, reasons_page(rows)
        )
    told = [
        {"code": row.code, "meaning": row.meaning, "fix": row.fix, "status": row.status or None}
        for row in rows
    ]
    return json_response(200, {"reasons": told}, headers)
