"""What the worker says in its log and its metrics."""

from touchline.delivery.health import Health
from touchline.delivery.model import Delivery, State
from touchline.delivery.verdict import Verdict
from touchline.kernel.ids import EndpointId
from touchline.platform.observability import Code, Log, Metric

_METRICS = {
    State.DELIVERED: Metric.DELIVERED,
    State.FAILED: Metric.DELIVERY_EXHAUSTED,
    State.HELD: Metric.DELIVERY_HELD,
}


def tell_attempt(log: Log, after: Delivery, verdict: Verdict, duration_ms: int) -> None:
    """One line and one metric for an attempt."""
    log.event(
        Code.DELIVERY,
        delivery=after.id,
        endpoint=after.endpoint,
        outcome=verdict.outcome,
        reason=verdict.reason,
        status=after.status,
        attempts=after.attempts,
        duration_ms=duration_ms,
    )
    log.metrics({_METRICS.get(after.state, Metric.DELIVERY_FAILED): 1})


def tell_disabled(log: Log, endpoint: EndpointId, health: Health) -> None:
    """An endpoint is not sent to any more."""
    log.event(
        Code.ENDPOINT_DISABLED,
        level="WARNING",
        endpoint=endpoint,
        reason=health.disabled_reason,
    )
    log.metrics({Metric.ENDPOINT_DISABLED: 1})


def tell_failed(log: Log, error: Exception, **about: str) -> None:
    """A table or queue was down; what it was about comes again."""
    log.event(Code.RECORD_FAILED, level="WARNING", error=type(error).__name__, **about)
