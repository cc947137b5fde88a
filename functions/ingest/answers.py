"""From outcomes to answers: what a partner, a back end or a browser reads."""

from collections.abc import Sequence
from typing import Any

from touchline.intake.arrival import Outcome, Result
from touchline.intake.caller import Caller
from touchline.intake.reception import CUSTOMER_EVENT, EVENT, POSTBACK
from touchline.kernel.errors import Conflict, Refused
from touchline.kernel.ids import Receipt
from touchline.platform.http_api import (
    Request,
    Response,
    error_response,
    json_response,
    refusal,
)

CONFLICTS = frozenset({"conflicting_repeat", "refund_too_large", "locked", "already_refunded"})
"""Where a conversion is there and the request contradicts it: 409 on JSON routes."""


def answer(
    route: str, caller: Caller, request: Request, outcomes: Sequence[Outcome], receipt: Receipt
) -> Response:
    """The answer of a route: truthful 200s for postbacks, statuses for JSON, results for many."""
    whole = outcomes[0] if len(outcomes) == 1 and outcomes[0].receipt == receipt else None
    if whole is None:
        results = [_result(outcome) for outcome in outcomes]
        headers = {"x-touchline-outcome": _worst(outcomes)}
        return json_response(200, {"receipt": receipt, "results": results}, headers)
    headers = {"x-touchline-outcome": whole.result.value}
    strict = caller.partner.strict if caller.partner else False
    by_status = route != POSTBACK or strict
    refused = _refusal(whole, conflicts=route in {EVENT, CUSTOMER_EVENT} or strict)
    if by_status and refused is not None:
        response = error_response(refused, receipt)
        return Response(response.status, {**response.headers, **headers}, response.body)
    if route in {EVENT, CUSTOMER_EVENT}:
        # The submitted data, unchanged to the byte: so its receivers of old expect it.
        return Response(200, {"content-type": "application/json", **headers}, request.body)
    return json_response(200, _body(whole), headers)


def _refusal(outcome: Outcome, *, conflicts: bool) -> Refused | None:
    if not outcome.accepted:
        return Refused(outcome.reasons[0], outcome.detail, field=outcome.field)
    if conflicts and outcome.result is Result.DUPLICATE:
        contradiction = CONFLICTS.intersection(outcome.reasons)
        if contradiction:
            return Conflict(min(contradiction))
    return None


def _body(outcome: Outcome) -> dict[str, Any]:
    body: dict[str, Any] = {
        "outcome": outcome.result.value,
        "receipt": outcome.receipt,
        "reasons": list(outcome.reasons),
    }
    if outcome.conversion_id:
        body["conversion_id"] = outcome.conversion_id
    if outcome.detail or outcome.field:
        body["detail"] = f"{outcome.field}: {outcome.detail}" if outcome.field else outcome.detail
    return body


def _result(outcome: Outcome) -> dict[str, Any]:
    result = _body(outcome)
    if not outcome.accepted:
        result["error"] = refusal(outcome.reasons[0], outcome.detail, outcome.field)
    if outcome.parts:
        result["events"] = [_result(part) for part in outcome.parts]
    return result


def _worst(outcomes: Sequence[Outcome]) -> str:
    """One word for many: what a glance at the headers must not miss."""
    results = {part.result for outcome in outcomes for part in (outcome, *outcome.parts)}
    order = (Result.QUARANTINED, Result.REFUSED, Result.STORED, Result.UPDATED)
    return next((word.value for word in order if word in results), Result.DUPLICATE.value)
