"""Looking after the stack: is all well, and dead letters back to where they came from."""

from collections.abc import Iterable
from dataclasses import asdict

from admin.call import Call, Handler
from touchline.attribution.night.store import NightStore
from touchline.delivery.balance import balance_of
from touchline.delivery.store import DeliveryStore
from touchline.kernel.clock import DAY_MS, MINUTE_MS
from touchline.kernel.errors import Refused, WatchUnavailable
from touchline.kernel.ids import AccountId, realm_of
from touchline.platform.http_api import Response, Route, json_response
from touchline.platform.redrive import redrive
from touchline.registry.audit import AuditEntry
from touchline.registry.tokens import ANY_ACCOUNT
from touchline.reporting.health import AccountFacts, StackFacts, findings, worst

SETTLED_MS = 2 * MINUTE_MS
LOOKED_AT_DAYS = 2


def status(call: Call) -> Response:
    """The night, the deliveries and (for operators) queues and alarms, each well, noteworthy or
    bad."""
    services = call.services
    now = services.clock()
    facts: dict[str, AccountFacts] = {
        account: _facts(call, account, now) for account in _accounts(call)
    }
    found = findings(now, facts, _stack(call) if call.is_operator else None)
    return json_response(
        200, {"status": worst(found), "findings": [asdict(one) for one in found], "at": now}
    )


def redrive_queue(call: Call) -> Response:
    """`{"queue": "delivery"}` (`"spill"`, `"outbox"`): move dead letters back; may be repeated."""
    call.operator_only()
    named = call.body({"queue"}).get("queue")
    queues = call.services.queues
    dead = queues.get(f"{named}_dead_letters")
    home = queues.get(str(named))
    if dead is None or home is None:
        raise Refused("bad_field", "queue: delivery, spill or outbox", field="queue")
    done = redrive(dead, home)
    _note(call, str(named), done.moved)
    return json_response(200, {"queue": named, "moved": done.moved, "left": done.left})


def _accounts(call: Call) -> Iterable[AccountId]:
    if call.is_operator and not call.request.first("account"):
        return list(call.services.registry.accounts())
    return [call.account]


def _facts(call: Call, account: AccountId, now: int) -> AccountFacts:
    services, realm = call.services, realm_of(account)
    night = NightStore(services.results, services.clock).state(realm)
    since, until = now - LOOKED_AT_DAYS * DAY_MS, now - SETTLED_MS
    sums = balance_of(DeliveryStore(services.deliveries), realm, since, until)
    return AccountFacts(night.last_day, sums.difference, sums.found)


def _stack(call: Call) -> StackFacts:
    services = call.services
    waiting = {name: queue.waiting() for name, queue in services.queues.items()}
    try:
        return StackFacts(waiting, services.watch.latest(services.ages), services.watch.alarms())
    except WatchUnavailable:
        return StackFacts(waiting)


def _note(call: Call, queue: str, moved: int) -> None:
    services = call.services
    services.registry.add_audit(
        AuditEntry(
            id=services.new_id("aud"),
            account=ANY_ACCOUNT,
            at=services.clock(),
            who=call.who,
            action="redrive",
            kind="queue",
            thing=queue,
            after={"moved": moved},
        )
    )


ROUTES: list[Route[Handler]] = [
    Route("GET", "/admin/status", status, "admin"),
    Route("POST", "/admin/redrive", redrive_queue, "admin"),
]
