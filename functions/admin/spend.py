"""What was spent on advertising: told by operators, shown beside what it earned."""

from admin.call import Call, Handler
from touchline.platform.http_api import Response, Route, json_response
from touchline.registry.audit import AuditEntry
from touchline.registry.spend import spend_rows


def save(call: Call) -> Response:
    """Save `{"rows": [{day, channel, campaign?, cost, currency?}]}`, all or none."""
    body = call.body({"rows"})
    account = call.account
    registry = call.services.registry.snapshot(account)
    rows = spend_rows(body.get("rows"), registry.account.currency)
    call.services.spend.save(call.realm, rows)
    services = call.services
    days = sorted(row.day for row in rows)
    services.registry.add_audit(
        AuditEntry(
            id=services.new_id("aud"),
            account=account,
            at=services.clock(),
            who=call.who,
            action="import",
            kind="spend",
            thing=f"{days[0]}..{days[-1]}",
            after={"rows": len(rows)},
        )
    )
    return json_response(200, {"saved": len(rows), "from": days[0], "to": days[-1]})


ROUTES: list[Route[Handler]] = [Route("POST", "/admin/spend", save, "admin")]
