"""What CloudWatch knows of the stack: which alarms are on, and how long the oldest record waits."""

from collections.abc import Mapping
from typing import Any, Protocol

from touchline.kernel.clock import MINUTE_MS, Clock
from touchline.kernel.errors import WatchUnavailable
from touchline.kernel.values import dataclass
from touchline.platform.wire.client import Fault, Unreachable, WireClient

LOOKED_BACK_MS = 15 * MINUTE_MS
"""Metrics of queues come once in five minutes for a queue that was idle, else every minute."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm of the stack: what it says, and whether it is on."""

    name: str
    description: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Gauge:
    """A metric of one thing, as CloudWatch names it."""

    namespace: str
    metric: str
    dimension: str
    of: str
    per_unit: int = 1  # how many of what CloudWatch counts are one of ours


class Watch(Protocol):
    """What can be asked of whoever watches the stack. Raises WatchUnavailable."""

    def alarms(self) -> list[Alarm]:
        """Every alarm of the stack."""
        ...

    def latest(self, gauges: Mapping[str, Gauge]) -> dict[str, float]:
        """The newest value of each gauge, by name; those that have none are left out."""
        ...


class CloudWatch:
    """CloudWatch by the wire client; `prefix` begins the names of the stack's alarms."""

    def __init__(self, client: WireClient, prefix: str, clock: Clock) -> None:
        self._client = client
        self._prefix = prefix
        self._clock = clock

    def alarms(self) -> list[Alarm]:
        """See the port."""
        found: list[Alarm] = []
        page: dict[str, Any] = {}
        while True:
            asked = {"AlarmNamePrefix": self._prefix, "AlarmTypes": ["MetricAlarm"], **page}
            answer = self._call("DescribeAlarms", asked)
            found += map(_alarm, answer.get("MetricAlarms") or ())
            if not answer.get("NextToken"):
                return found
            page = {"NextToken": answer["NextToken"]}

    def latest(self, gauges: Mapping[str, Gauge]) -> dict[str, float]:
        """See the port."""
        if not gauges:
            return {}
        names = dict(enumerate(gauges))
        now = self._clock()
        asked = {
            "StartTime": (now - LOOKED_BACK_MS) / 1000,
            "EndTime": now / 1000,
            "ScanBy": "TimestampDescending",
            "MetricDataQueries": [_query(at, gauges[name]) for at, name in names.items()],
        }
        results = self._call("GetMetricData", asked).get("MetricDataResults") or ()
        newest = {int(one["Id"][1:]): one.get("Values") or () for one in results}
        return {
            names[at]: float(values[0]) / gauges[names[at]].per_unit
            for at, values in newest.items()
            if values
        }

    def _call(self, operation: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return self._client.call(operation, asked)
        except (Fault, Unreachable) as error:
            raise WatchUnavailable(f"{type(error).__name__}: {error}") from error


def _alarm(said: Mapping[str, Any]) -> Alarm:
    return Alarm(
        said["AlarmName"], said.get("AlarmDescription", ""), said.get("StateValue") == "ALARM"
    )


def _query(at: int, gauge: Gauge) -> dict[str, Any]:
    return {
        "Id": f"q{at}",
        "MetricStat": {
            "Metric": {
                "Namespace": gauge.namespace,
                "MetricName": gauge.metric,
                "Dimensions": [{"Name": gauge.dimension, "Value": gauge.of}],
            },
            "Period": 60,
            "Stat": "Maximum",
        },
    }
