"""What fails before intake's code runs is told by the platform; here is who listens."""

import pytest

from local.places import ROOT
from tests.system.template import of_type


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_an_intake_that_cannot_start_alarms_within_a_minute(metric: str) -> None:
    """I9: the gateway answers 5xx, which senders repeat; somebody is told at the first one."""
    alarms = [
        alarm
        for alarm in of_type("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == metric
        and alarm["Dimensions"][0]["Value"] == {"Ref": "IngestFunction"}
    ]
    (alarm,) = alarms
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["Threshold"]) == (60, 1, 1)


def test_the_limit_of_the_gateway_is_published_and_its_refusals_are_watched() -> None:
    """I14: over 10,240 bytes of request line and headers never reach our code."""
    assert "10,240 bytes" in (ROOT / "docs" / "api.md").read_text()
    metrics = {alarm["MetricName"] for alarm in of_type("AWS::CloudWatch::Alarm").values()}
    assert "4xx" in metrics
