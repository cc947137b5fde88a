"""What functions tell of themselves, the template's alarms, and the vocabulary are one."""

import re
from pathlib import Path

import pytest

from tests.system.template import template
from touchline.platform.observability import NAMESPACE, Code, Metric

ROOT = Path(__file__).resolve().parents[2]
SOURCES = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("functions", "layers/shared/touchline")
    for path in sorted((ROOT / folder).rglob("*.py"))
)


@pytest.mark.parametrize("word", [*Metric, *Code], ids=lambda word: str(word.value))
def test_every_word_of_the_vocabulary_is_said_somewhere(word: Metric | Code) -> None:
    assert re.search(rf"\b{type(word).__name__}\.{word.name}\b", SOURCES)


def test_every_alarm_on_our_own_metrics_names_one_that_is_emitted() -> None:
    alarms = [
        resource["Properties"]
        for resource in template()["Resources"].values()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
        and resource["Properties"].get("Namespace") == NAMESPACE
    ]
    assert alarms
    assert {alarm["MetricName"] for alarm in alarms} <= {metric.value for metric in Metric}
