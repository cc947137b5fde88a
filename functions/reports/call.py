"""What a report's route is given: the request, who asks, and the services that it may use."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from touchline.attribution.night.store import NightStore
from touchline.attribution.store import Spread
from touchline.kernel.clock import Clock, day_of
from touchline.kernel.errors import Forbidden, NotFound, Refused
from touchline.kernel.ids import AccountId, EventName, NewId, PartnerId, Realm, realm_of
from touchline.ledger.store import LedgerStore
from touchline.platform.dynamo import Table
from touchline.platform.http_api import Request, Response
from touchline.platform.objects import Bucket
from touchline.platform.workflows import Workflow
from touchline.registry.cache import RegistryCache
from touchline.registry.callers import admitted, check_may
from touchline.registry.model import Registry, Token
from touchline.registry.spend_store import SpendStore
from touchline.registry.store import RegistryStore
from touchline.reporting.ask import Ask, Days, days_asked
from touchline.reporting.exports.store import ExportStore


@dataclass(frozen=True, slots=True)
class Services:
    """What the reports function is wired to. It writes nothing but that an export is wanted."""

    ledger: LedgerStore
    nights: NightStore
    ledger_table: Table
    results: Table
    deliveries: Table
    registry: RegistryStore
    spend: SpendStore
    cache: RegistryCache
    exports: ExportStore
    export_flow: Workflow
    bucket: Bucket
    clock: Clock
    new_id: NewId
    spread: Spread


@dataclass(frozen=True)
class Call:
    """One request with a valid token. `parameters` are the decoded segments of the path."""

    request: Request
    parameters: dict[str, str]
    token: Token
    services: Services

    def check(self) -> None:
        """Asked before any route: whether the token may read reports, of the account that is
        named. Raises Forbidden."""
        check_may(self.token, self._scope, self.request.first("account"))

    @cached_property
    def account(self) -> AccountId:
        """The account meant: the token's own, or `?account=` with an operator's token.

        Raises Forbidden, Refused `account_needed`.
        """
        return admitted(self.token, self._scope, self.request.first("account"))

    @property
    def _scope(self) -> str:
        """An admin token may read what a report token may; any other needs the scope itself."""
        return "admin" if "admin" in self.token.scopes else "report"

    @cached_property
    def realm(self) -> Realm:
        """The realm meant: the test side with a test token or `?test=1`."""
        return realm_of(self.account, test=self.token.test or self.request.first("test") == "1")

    @cached_property
    def registry(self) -> Registry:
        """Everything declared for the account."""
        return self.services.cache.registry(self.account)

    @property
    def event_names(self) -> list[EventName]:
        """Every name that an event bears or bore."""
        events = self.registry.events.values()
        bore = {span.name for event in events for span in event.names}
        return sorted(bore | {event.api_name for event in events})

    def body(self) -> dict[str, Any]:
        """The JSON object of the body. Raises Refused `bad_body`."""
        try:
            said = orjson.loads(self.request.body or b"{}")
        except orjson.JSONDecodeError as error:
            raise Refused("bad_body", str(error)) from error
        if not isinstance(said, dict):
            raise Refused("bad_body", "not a JSON object")
        return said

    @property
    def partner(self) -> PartnerId | None:
        """The one partner whose things this token may see; None for everybody's."""
        return self.token.partner

    @property
    def partner_meant(self) -> PartnerId | None:
        """The partner whose rows are asked for: the token's own, else `?partner=`, else None.

        Raises Forbidden for a partner that asks for another one, NotFound.
        """
        asked = self.request.first("partner")
        if self.partner is not None and asked not in {"", self.partner}:
            raise Forbidden("forbidden_account", "a partner sees its own rows only")
        if self.partner is not None or not asked:
            return self.partner
        if asked not in self.registry.partners:
            raise NotFound("not_found", f"no partner {asked[:60]}")
        return PartnerId(asked)

    @property
    def today(self) -> str:
        """The UTC day of the request: the end of the range that is meant when none is named."""
        return day_of(self.services.clock())

    @cached_property
    def days(self) -> Days:
        """The days asked for. Raises Refused `bad_range`, `range_too_long`."""
        return days_asked(self.request.first, self.today)

    @property
    def ask(self) -> Ask:
        """The whole question."""
        first = self.request.first
        return Ask(self.realm, self.days, self.partner, first("event"), first("currency"))

    def whole_account_only(self) -> None:
        """Raises Forbidden `forbidden_account` for a partner's token."""
        if self.partner is not None:
            raise Forbidden("forbidden_account", "this report is not divided by partner")


Handler = Callable[[Call], Response]
