"""Single deliveries: send one again."""

from admin.call import Call, Handler
from touchline.delivery.resend import Resends
from touchline.delivery.store import DeliveryStore
from touchline.platform.http_api import Response, Route, json_response
from touchline.registry.audit import AuditEntry


def resend(call: Call) -> Response:
    """Make one more attempt of a delivery now; same ID, same body."""
    call.body(())
    services = call.services
    resends = Resends(DeliveryStore(services.deliveries), services.delivery_queue, services.clock)
    token = call.request.header("idempotency-key") or services.new_id("rsd")
    delivery = resends.resend(call.realm, call.parameters["id"], token)
    services.registry.add_audit(
        AuditEntry(
            id=services.new_id("aud"),
            account=call.account,
            at=services.clock(),
            who=call.who,
            action="resend",
            kind="delivery",
            thing=delivery.id,
        )
    )
    return json_response(
        202, {"delivery": delivery.id, "endpoint": delivery.endpoint, "state": delivery.state.value}
    )


ROUTES: list[Route[Handler]] = [
    Route("POST", "/admin/deliveries/{id}/resend", resend, "admin"),
]
