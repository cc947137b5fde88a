"""The test send: one request with sample data or a past conversion, marked as a test, and what came
back. Nothing of it is stored, counted or retried (DI-19)."""

from collections.abc import Mapping
from dataclasses import dataclass

from touchline.delivery.announce import delivery_for, refusal
from touchline.delivery.functions import BadCall
from touchline.delivery.news import ACCEPTED, News
from touchline.delivery.platforms import verdict_of
from touchline.delivery.platforms.credentials import AccessTokens
from touchline.delivery.redact import shown_response
from touchline.delivery.registries import Sender
from touchline.delivery.request import Open, opened, prepare
from touchline.delivery.sending import send
from touchline.delivery.signing import BadSecret
from touchline.delivery.verdict import Answer, Outgoing
from touchline.kernel.errors import Refused
from touchline.kernel.ids import (
    CampaignId,
    ClickId,
    ConversionId,
    EventName,
    PartnerId,
    Realm,
    Receipt,
)
from touchline.ledger.identity import Identity, of_email, of_phone
from touchline.ledger.model import Conversion, ConversionKey
from touchline.registry.model import Endpoint, EndpointFormat

DEADLINE_SECONDS = 10.0
_COUNTED = {"referrer_converts": "1", "goal_complete": "0"}  # a test counts nothing


@dataclass(frozen=True, slots=True)
class Trial:
    """What was sent (secrets hidden) and what came of it."""

    request: Outgoing
    outcome: str
    reason: str
    status: int
    duration_ms: int
    response_headers: Mapping[str, str]
    response: str


async def try_endpoint(
    endpoint: Endpoint,
    conversion: Conversion,
    sender: Sender,
    open_secret: Open,
    now: int,
    *,
    loopback: bool,
) -> Trial:
    """Send the conversion to the endpoint as a test.

    Raises Refused `bad_secret` or `bad_template` for an endpoint that cannot work, and the reason
    (`consent_missing` …) for which an ad platform would not be told of the conversion.
    """
    news = News(
        conversion.realm, ACCEPTED, conversion.key, f"test-{now}", now, conversion, test=True
    )
    if reason := refusal(endpoint, news):
        raise Refused(reason)
    try:
        counted = _COUNTED if endpoint.format is EndpointFormat.REFERRAL else {}
        delivery = delivery_for(news, endpoint, counted)
        endpoint = opened(endpoint, open_secret)
        prepared = prepare(endpoint, delivery, now)
    except BadSecret as error:
        raise Refused("bad_secret", str(error)) from error
    except BadCall as error:
        raise Refused("bad_template", str(error)) from error
    tokens = AccessTokens(sender, lambda: now, loopback=loopback)
    result = await send(
        endpoint, prepared.request, sender, tokens, DEADLINE_SECONDS, loopback=loopback
    )
    verdict = verdict_of(endpoint, result, now)
    answer = result if isinstance(result, Answer) else Answer(result.status)
    blocked = verdict.outcome == "blocked"
    return Trial(
        request=prepared.shown,
        outcome=verdict.outcome,
        reason=verdict.reason,
        status=result.status,
        duration_ms=0 if blocked else result.duration_ms,
        response_headers=answer.headers,
        response=shown_response(answer.body, prepared.private, delivered=False),
    )


def sample_conversion(realm: Realm, endpoint: Endpoint, now: int) -> Conversion:
    """A purchase by nobody: every field has a value that can be told from a real one."""
    events, campaigns = endpoint.firing.events, endpoint.firing.campaigns
    key = ConversionKey(events[0] if events else EventName("sample_event"), ConversionId("TEST-1"))
    return Conversion(
        realm=realm,
        key=key,
        occurred_at=now - 60_000,
        received_at=now,
        changed_at=now,
        receipt=Receipt("rcp_test"),
        attempt="test",
        digest="test",
        identities=(
            Identity("sample:user-1"),
            *of_email("sample.person@example.com"),
            *of_phone("+15550100123"),
        ),
        value_micros=12_340_000,
        currency="EUR",
        payout_micros=1_230_000,
        payout_currency="EUR",
        click_id=ClickId("clk_test"),
        click_ref="sample-click",
        clicked_at=now - 3_660_000,
        partner=endpoint.partner or PartnerId("sample_partner"),
        campaign=campaigns[0] if campaigns else CampaignId("sample_campaign"),
        coupon="SAMPLE10",
        subs={"sub1": "sample-1", "sub2": "sample-2"},
        parameters={
            "referrer_name": "Sample Referrer",
            "referrer_email": "referrer@example.com",
            "referee_name": "Sample Referee",
            "referee_email": "referee@example.com",
            "referrer_customValue": "sample-custom-value",
            "gclid": "sample-gclid",
            "fbclid": "sample-fbclid",
            "ttclid": "sample-ttclid",
        },
        consent=endpoint.consent,
    )
