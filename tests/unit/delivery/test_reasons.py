"""Reasons of delivery by their published names."""

import pytest

from tests.factories import NOON, a_registry
from touchline.delivery.desk import standing
from touchline.delivery.health import Health
from touchline.delivery.saving import check_endpoint
from touchline.delivery.verdict import Answer, judge
from touchline.kernel.errors import Refused
from touchline.kernel.ids import EndpointId
from touchline.registry.model import Endpoint, EndpointFormat, EndpointState


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (302, "answer_redirect"),
        (408, "answer_busy"),
        (429, "answer_busy"),
        (404, "answer_refused"),
        (410, "answer_gone"),
        (500, "answer_error"),
    ],
)
def test_an_answer_is_told_by_its_reason(status: int, reason: str) -> None:
    assert judge(Answer(status), NOON).reason == reason


def test_what_a_paused_endpoint_would_get_is_held() -> None:
    crm = Endpoint(EndpointId("crm"), url="https://a.example/", state=EndpointState.PAUSED)
    held = standing(a_registry(endpoints=(crm,)), crm.id, Health())
    assert held == ("hold", "endpoint_paused")


def test_an_ad_platform_without_its_options_is_not_saved() -> None:
    ads = Endpoint(EndpointId("ads"), format=EndpointFormat.GOOGLE_ADS)
    with pytest.raises(Refused) as caught:
        check_endpoint(loopback=False)(ads)
    assert (caught.value.code, caught.value.field) == ("endpoint_options", "options")
