"""What functions tell about themselves: JSON lines with a fixed vocabulary, metrics by EMF.

Never payloads, never secrets: values are redacted by name and by look. No metric has a dimension
that grows with partners, accounts or IDs.
"""

import json
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from touchline.kernel.clock import Clock

NAMESPACE = "Touchline"


class Code(StrEnum):
    """Every log code. One line of the log has exactly one."""

    REQUEST = "request"  # one per invocation of an HTTP function
    BATCH = "batch"  # one per invocation with queue or stream records
    INTERNAL = "internal"  # a fault of our own; carries the kind of the exception
    SPILLED = "spilled"  # the table did not take it, the spill queue did
    RECORD_FAILED = "record_failed"  # one record of a batch failed and will come again
    NIGHT = "night"  # one per run of the night
    NIGHT_STEP = "night_step"
    DELIVERY = "delivery"  # one per attempt
    ENDPOINT_DISABLED = "endpoint_disabled"
    EXPORT = "export"  # one per step of an export
    SWEEP = "sweep"  # what the sweeper healed
    ADMIN_CHANGE = "admin_change"  # an operator changed something


class Metric(StrEnum):
    """Every metric name. Alarms of the template name only these."""

    DUPLICATE = "Duplicate"
    QUARANTINED = "Quarantined"
    REFUSED = "Refused"
    SPILLED = "Spilled"
    UNAVAILABLE = "Unavailable"
    INTERNAL = "Internal"
    DELIVERED = "Delivered"
    DELIVERY_FAILED = "DeliveryFailed"
    DELIVERY_EXHAUSTED = "DeliveryExhausted"
    DELIVERY_HELD = "DeliveryHeld"
    ENDPOINT_DISABLED = "EndpointDisabled"
    NIGHT_DECIDED = "NightDecided"
    NIGHT_UNBALANCED = "NightUnbalanced"
    NIGHT_FAILED = "NightFailed"
    NIGHT_COMPLETED = "NightCompleted"
    OVERDUE_DELIVERIES = "OverdueDeliveries"
    HEALED = "Healed"
    DELIVERIES_UNBALANCED = "DeliveriesUnbalanced"


_SECRET_NAMES = re.compile(
    r"token|secret|authorization|password|api_?key|signature|email|phone|^ip$|source_ip|user_agent"
)
_SECRET_LOOKS = re.compile(
    r"tl_(?:live|test|site)_[A-Za-z0-9]+|whs(?:ec|k)_[A-Za-z0-9+/=_-]+"
    r"|[\w.+-]+@[\w-]+\.[\w.-]+|(?i:\b(?:token|secret|key|sig|signature)=)[^&\s\"]+"
)
_LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}
HIDDEN = "[hidden]"


def redacted(name: str, value: Any) -> Any:
    """The value, or what may be told of it: hidden by its name, or where it looks like a secret."""
    if isinstance(value, Mapping):
        return {key: redacted(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(name, inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    if _SECRET_NAMES.search(name.lower()):
        return HIDDEN
    return _SECRET_LOOKS.sub(HIDDEN, str(value))


class Log:
    """Writes one JSON object a line. `write` is `print` in a function, a list's append in tests."""

    def __init__(
        self,
        service: str,
        clock: Clock,
        *,
        write: Callable[[str], object] = print,
        level: str = "INFO",
    ) -> None:
        self._service = service
        self._clock = clock
        self._write = write
        self._least = _LEVELS.get(level.upper(), 20)

    def event(self, code: Code, *, level: str = "INFO", **told: Any) -> None:
        """One line: code, service, instant and what is told, redacted."""
        if _LEVELS[level] >= self._least:
            self._line({"level": level, "code": code.value, **_all_redacted(told)})

    def fault(self, error: BaseException, **told: Any) -> None:
        """A fault of our own: the kind of the exception and where, never its text."""
        traceback = error.__traceback__
        while traceback is not None and traceback.tb_next is not None:
            traceback = traceback.tb_next
        where = (
            f"{traceback.tb_frame.f_code.co_filename.rpartition('/')[2]}:{traceback.tb_lineno}"
            if traceback is not None
            else ""
        )
        self.event(Code.INTERNAL, level="ERROR", error=type(error).__name__, where=where, **told)
        self.metrics({Metric.INTERNAL: 1})

    def metrics(self, values: Mapping[Metric, int | float], **told: Any) -> None:
        """Metrics in CloudWatch's embedded format; the only dimension is the service."""
        if not values:
            return
        names = [{"Name": name.value, "Unit": "Count"} for name in values]
        self._line(
            {
                "_aws": {
                    "Timestamp": self._clock(),
                    "CloudWatchMetrics": [
                        {"Namespace": NAMESPACE, "Dimensions": [["service"]], "Metrics": names}
                    ],
                },
                **{name.value: value for name, value in values.items()},
                **_all_redacted(told),
            }
        )

    def _line(self, content: Mapping[str, Any]) -> None:
        line = {"at": self._clock(), "service": self._service, **content}
        self._write(json.dumps(line, ensure_ascii=False, separators=(",", ":"), default=str))


def _all_redacted(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: redacted(name, value) for name, value in told.items()}
