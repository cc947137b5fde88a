"""The routes of partners, back ends and sites' scripts: authenticate, receive, answer."""

from collections.abc import Mapping

from ingest.answers import answer
from ingest.credentials import token_of
from ingest.web import Answer
from touchline.intake.allowance import Allowances
from touchline.intake.arrival import Arrival, Outcome, Result
from touchline.intake.authenticate import INGEST, SITE, Registrar, by_site_key, by_token
from touchline.intake.caller import Caller
from touchline.intake.envelope import envelope_of
from touchline.intake.ports import Desk
from touchline.intake.privacy import kept_address
from touchline.intake.reception import (
    BATCH,
    CUSTOMER_EVENT,
    EVENT,
    IDENTIFY,
    POSTBACK,
    TOUCH,
    UPSERT,
    receive,
    things_in,
)
from touchline.intake.signature import Open, Seen, Signed, Verdict, judge
from touchline.intake.spill import pack
from touchline.kernel.clock import Clock
from touchline.kernel.errors import (
    MethodNotAllowed,
    QueueUnavailable,
    Refused,
    StoreUnavailable,
    Unauthorized,
)
from touchline.kernel.ids import Receipt
from touchline.kernel.values import dataclass
from touchline.platform.http_api import Request, Response, Route, json_response
from touchline.platform.observability import Code, Log, Metric
from touchline.platform.queue import Queue
from touchline.registry.model import Signing

SITE_ROUTES = frozenset({TOUCH, IDENTIFY})


@dataclass(frozen=True, slots=True)
class Partner:
    """What the routes work with."""

    registrar: Registrar
    desk: Desk
    spill: Queue
    allowances: Allowances
    signatures: Seen
    open_secret: Open
    clock: Clock
    log: Log

    def routes(self) -> tuple[Route[Answer], ...]:
        """The routes and who answers them."""
        return (
            Route("GET", POSTBACK, self._answer(POSTBACK), INGEST),
            Route("POST", POSTBACK, self._answer(POSTBACK), INGEST),
            Route("POST", EVENT, self._answer(EVENT), INGEST),
            Route("POST", CUSTOMER_EVENT, self._answer(CUSTOMER_EVENT), INGEST),
            Route("POST", TOUCH, self._answer(TOUCH), SITE),
            Route("POST", IDENTIFY, self._answer(IDENTIFY), SITE),
            Route("POST", UPSERT, self._answer(UPSERT), INGEST),
            Route("POST", BATCH, self._answer(BATCH), INGEST),
            Route("GET", "/health", health),
        )

    def _answer(self, route: str) -> Answer:
        def answered(request: Request, names: Mapping[str, str], receipt: Receipt) -> Response:
            if request.method == "HEAD":  # previews and monitors ask so, and mean no sale
                raise MethodNotAllowed(("GET", "POST"))
            caller = self._caller(route, request)
            if "customerId" in names:
                caller.must_be(names["customerId"])
            if caller.partner and caller.partner.rate_limit:
                limit, things = caller.partner.rate_limit, things_in(route, request.body)
                self.allowances.admit(caller.realm, caller.partner.id, limit, things)
            outcomes = self._outcomes(caller, route, request, receipt)
            return answer(route, caller, request, outcomes, receipt)

        return answered

    def _caller(self, route: str, request: Request) -> Caller:
        token = token_of(request)
        if route in SITE_ROUTES:
            site_key = request.first("site_key")
            if site_key or not token:
                return by_site_key(self.registrar, site_key)
            return by_token(self.registrar, token, (INGEST, SITE), request.source_ip)
        return by_token(self.registrar, token, (INGEST,), request.source_ip)

    def _outcomes(
        self, caller: Caller, route: str, request: Request, receipt: Receipt
    ) -> list[Outcome]:
        """Receive, and spill what the table does not take, or what breaks us: it is never lost.

        Raises StoreUnavailable when the queue does not take it either.
        """
        now = self.clock()
        arrival = Arrival(
            receipt=receipt,
            received_at=now,
            recorded_at=now,
            route=route,
            envelope=envelope_of(
                method=request.method,
                path=request.path,
                raw_query=request.raw_query,
                headers=request.headers,
                body=request.body,
                received_at=now,
                source_ip=kept_address(request.source_ip, caller.account.ip_mode),
            ),
        )
        verdict = self._signature(caller, route, request, now)
        try:
            if verdict and self._was_used(caller, verdict):
                if caller.partner and caller.partner.postback_signing != Signing.REPORT:
                    return [Outcome(Result.REFUSED, receipt, ("signature_replayed",))]
                verdict = Verdict("signature_replayed")
            outcomes = receive(self.desk, caller, arrival)
            if verdict:
                self._remember(caller, verdict, receipt)
        except Refused:
            raise
        except StoreUnavailable:
            return [self._spilled(caller, arrival)]
        except Exception as error:  # noqa: BLE001 - a fault of ours must cost nobody a conversion
            self.log.fault(error, receipt=receipt, route=route)
            return [self._spilled(caller, arrival)]
        if verdict and verdict.refusal:
            return [_remarked(outcome, f"would_refuse:{verdict.refusal}") for outcome in outcomes]
        return outcomes

    def _spilled(self, caller: Caller, arrival: Arrival) -> Outcome:
        try:
            self.spill.send(pack(caller, arrival))
        except QueueUnavailable as error:
            self.log.metrics({Metric.UNAVAILABLE: 1})
            raise StoreUnavailable("neither the table nor the queue") from error
        self.log.event(Code.SPILLED, receipt=arrival.receipt, route=arrival.route)
        self.log.metrics({Metric.SPILLED: 1})
        return Outcome(Result.SPILLED, arrival.receipt)

    def _signature(self, caller: Caller, route: str, request: Request, now: int) -> Verdict | None:
        """The verdict on a postback's signature, None where none is asked for.

        Raises Unauthorized with the reason where the partner enforces signatures, and
        StoreUnavailable when its keys cannot be opened: what nobody could check is not taken.
        """
        partner = caller.partner
        if partner is None or route != POSTBACK:
            return None
        signed = Signed(request.method, request.path, request.raw_query, request.body)
        try:
            verdict = judge(partner.postback_signing, partner, signed, now, self.open_secret)
        except StoreUnavailable:
            if partner.postback_signing == Signing.REPORT:
                return None
            raise
        if verdict and verdict.refusal and partner.postback_signing != Signing.REPORT:
            raise Unauthorized(verdict.refusal)
        return verdict

    def _was_used(self, caller: Caller, verdict: Verdict) -> bool:
        if verdict.refusal or not verdict.signature or caller.partner is None:
            return False
        return self.signatures.was_used(caller.realm, caller.partner.id, verdict.signature)

    def _remember(self, caller: Caller, verdict: Verdict, receipt: Receipt) -> None:
        """After the store took it, so that what failed may come again with its signature."""
        if not verdict.refusal and verdict.signature and caller.partner:
            self.signatures.remember_use(
                caller.realm,
                caller.partner.id,
                verdict.signature,
                verdict.good_until,
                by=receipt,
            )


def _remarked(outcome: Outcome, remark: str) -> Outcome:
    return Outcome(
        outcome.result,
        outcome.receipt,
        (*outcome.reasons, remark),
        outcome.detail,
        outcome.field,
        outcome.conversion_id,
        outcome.parts,
    )


def health(_request: Request, _names: Mapping[str, str], _: Receipt) -> Response:
    """Alive."""
    return json_response(200, {"status": "ok"})
