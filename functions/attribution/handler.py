"""The attribution function: the night just ended, a day or days by name, a step of a big night."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from attribution.wiring import tools_of
from touchline.attribution.contracts import night_request, step_request
from touchline.attribution.night.office import Office, Tools
from touchline.kernel.clock import system_clock
from touchline.kernel.errors import Refused
from touchline.kernel.ids import id_factory
from touchline.platform.connect import Connections
from touchline.platform.http_api import refusal
from touchline.platform.observability import Code, Log, Metric
from touchline.platform.patience import BATCH
from touchline.platform.settings import Attribution, Aws, load

MARGIN_MS = 60_000
"""No page is begun with less time left: the slowest page and the checkpoint fit in."""


class Function:
    """The function over its tools, which are made anew for each invocation's owner and clock."""

    def __init__(self, tools: Callable[[Callable[[], bool]], Tools], log: Log) -> None:
        self._tools = tools
        self._log = log

    def handle(self, event: Mapping[str, Any], left_ms: Callable[[], int]) -> dict[str, Any]:
        """Run what the event asks for; a refused event is answered with the error."""
        tools = self._tools(lambda: left_ms() > MARGIN_MS)
        try:
            answer = self._run(event, tools)
        except Refused as error:
            if "action" in event:
                raise
            answer = {"status": "refused", "error": refusal(error.code, error.detail, error.field)}
        told: dict[str, Any] = {
            name: answer.get(name) for name in ("status", "from", "to", "decided", "step")
        }
        self._log.event(Code.NIGHT_STEP if "action" in event else Code.NIGHT, **told)
        self._log.metrics(_metrics(answer))
        return answer

    def _run(self, event: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
        if "action" in event:
            step = step_request(event)
            act: Callable[..., dict[str, Any]] = getattr(Office(tools), step.action)
            return act(step)
        return Office(tools, night_request(event)).run()


def _metrics(answer: Mapping[str, Any]) -> dict[Metric, int | float]:
    if answer.get("status") == "published":
        decided = int(answer.get("decided", 0))
        return {Metric.NIGHT_COMPLETED: 1, Metric.NIGHT_DECIDED: decided}
    failed = answer.get("status") == "failed"
    return {Metric.NIGHT_FAILED: 1, Metric.NIGHT_UNBALANCED: 1} if failed else {}


class _Started:
    """Made at the first call, so that importing this file needs no environment."""

    function: Function | None = None


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The entry point."""
    if _Started.function is None:
        settings, aws = load(Attribution), load(Aws)
        connections = Connections(aws, client=settings.dynamo_client, patience=BATCH)
        new_id = id_factory(system_clock, secrets.randbits)
        make = tools_of(settings, aws, connections, system_clock, new_id)
        _Started.function = Function(make, Log("attribution", system_clock))
    return _Started.function.handle(event, context.get_remaining_time_in_millis)
