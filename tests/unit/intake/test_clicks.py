"""From a click to the touch that it leaves and the page it lands on."""

from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from tests.factories import NOON, a_campaign, a_partner, a_registry
from tests.intake_factories import opened
from tests.memory_table import MemoryTable
from touchline.intake import clicks, pixel
from touchline.intake.clicks import Click, Memory
from touchline.intake.signature import Signed, sign
from touchline.intake.store import IntakeStore
from touchline.intake.visit import Visit
from touchline.kernel.errors import Refused, StoreUnavailable
from touchline.kernel.ids import CampaignId, Receipt
from touchline.ledger.model import Link, TouchKind
from touchline.registry.model import Signing, SigningKey

PERSON = {"user-agent": "Mozilla/5.0 (X11) Chrome/126.0", "accept-language": "en"}
KEY = SigningKey("k1", "a shared secret")


def a_visit(query: str = "", **stated: Any) -> Visit:
    values: dict[str, Any] = {
        "method": "GET",
        "path": "/c/spring",
        "raw_query": query,
        "headers": PERSON,
        "source_ip": "203.0.113.77",
        "received_at": NOON,
        **stated,
    }
    return Visit(**values)


class Desk:
    """Takes clicks of one account, one table and one row of IDs."""

    def __init__(self, **registry: Any) -> None:
        self.registry = a_registry(**registry)
        self.table = MemoryTable()
        store = IntakeStore(self.table)
        self._memory = Memory(echoes=store, signatures=store, open_secret=opened)
        self._numbers = count(1)

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers)}"

    def click(self, visit: Visit) -> Click:
        campaign = self.registry.campaigns[CampaignId("spring")]
        return clicks.take(
            visit, self.registry, campaign, Receipt("rcp_1"), self._memory, self.new_id
        )


def signed_query(query: str = f"pid=acme&tl_ts={NOON // 1000}", key: SigningKey = KEY) -> str:
    return f"{query}&tl_sig={sign(Signed('GET', '/c/spring', query), key)}"


def a_signing_desk(mode: Signing) -> Desk:
    return Desk(partners=(a_partner(click_signing=mode, signing_keys=(KEY,)),))


def test_a_click_is_a_touch_under_its_own_click_id() -> None:
    click = Desk().click(a_visit("pid=acme&sub1=a&sub20=z&click_ref=r7&gclid=g1"))
    touch = click.touch
    assert touch.click_id is not None
    assert touch.identity == f"click:{touch.click_id}"
    assert (touch.kind, touch.channel, touch.campaign, touch.partner) == (
        TouchKind.CLICK,
        "affiliate",
        "spring",
        "acme",
    )
    assert touch.subs == {"sub1": "a", "sub20": "z"}
    assert touch.ad_ids == {"gclid": "g1"}
    assert (touch.click_ref, touch.ip, touch.occurred_at) == ("r7", "203.0.113.0", NOON)
    assert click.counts
    assert click.location == f"https://shop.example/spring?click_id={touch.click_id}"


def test_a_click_without_a_partner_has_the_campaigns_channel() -> None:
    assert Desk().click(a_visit()).touch.channel == "ads"


def test_a_known_person_is_linked_to_the_click() -> None:
    click = Desk().click(a_visit("ud=crm&uid=7"))
    assert click.links == (
        Link(
            click.touch.identity,
            click_person(),
            NOON,
            "site:click",
            Receipt("rcp_1"),
            changed_at=NOON,
        ),
    )


def click_person() -> Any:
    return "crm:7"


@pytest.mark.parametrize(
    ("query", "flag"),
    [
        ("ud=crm", "blocked_identity"),
        ("ud=crm&uid=null", "blocked_identity"),
        ("ud=c%20rm&uid=7", "bad_identity"),
        ("ud=click&uid=clk_1", "bad_identity"),
        ("ud=email&uid=a@b.io", "bad_identity"),
        ("ud=Phone&uid=%2B4915112345678", "bad_identity"),
        ("pid=nobody", "unknown_partner"),
        ("sub1=" + "x" * 121, "shortened"),
        ("url=https://evil.example/", "landing_refused"),
    ],
)
def test_what_is_wrong_with_a_click_is_flagged_and_the_person_still_lands(
    query: str, flag: str
) -> None:
    click = Desk().click(a_visit(query))
    assert click.touch.flags == (flag,)
    assert click.links == ()
    assert click.location.startswith("https://shop.example/spring?click_id=")


def test_an_inactive_partner_earns_nothing() -> None:
    touch = Desk(partners=(a_partner(active=False),)).click(a_visit("pid=acme")).touch
    assert (touch.partner, touch.flags) == (None, ("partner_inactive",))


def test_an_inactive_campaign_still_lands() -> None:
    click = Desk(campaigns=(a_campaign(active=False),)).click(a_visit())
    assert click.touch.flags == ("campaign_inactive",)


def test_a_campaign_that_lists_no_host_to_land_on_is_refused() -> None:
    desk = Desk(campaigns=(a_campaign(landing_url="https://{sub1}/"),))
    with pytest.raises(Refused) as caught:
        desk.click(a_visit("sub1=evil.example"))
    assert caught.value.code == "landing_refused"


def test_a_bot_is_sent_on_and_does_not_count() -> None:
    desk = Desk()
    click = desk.click(a_visit(headers={"user-agent": "Googlebot/2.1"}))
    assert click.touch.flags == ("bot",)
    assert not click.counts
    assert click.location.startswith("https://shop.example/")
    assert desk.table.calls == []


def test_a_double_click_has_the_first_clicks_id_and_does_not_count() -> None:
    desk = Desk()
    first = desk.click(a_visit("pid=acme"))
    echo = desk.click(a_visit("pid=acme", received_at=NOON + 9_999))
    later = desk.click(a_visit("pid=acme", received_at=NOON + 10_000))
    assert echo.touch.click_id == first.touch.click_id
    assert echo.touch.flags == ("duplicate_click",)
    assert echo.location == first.location
    assert later.touch.click_id != first.touch.click_id
    assert later.counts


@pytest.mark.parametrize(
    "other",
    [
        a_visit("pid=acme&click_ref=2"),
        a_visit("pid=acme", source_ip="203.0.113.78"),
        a_visit("pid=acme", headers={**PERSON, "accept-language": "de"}),
    ],
)
def test_two_people_are_not_an_echo(other: Visit) -> None:
    desk = Desk()
    desk.click(a_visit("pid=acme"))
    assert desk.click(other).counts


def test_a_page_fetched_ahead_does_not_make_the_real_click_an_echo() -> None:
    desk = Desk()
    ahead = desk.click(a_visit(headers={**PERSON, "sec-purpose": "prefetch"}))
    real = desk.click(a_visit(received_at=NOON + 1000))
    assert ahead.touch.flags == ("prefetch",)
    assert real.counts


def test_a_test_click_stays_on_the_test_side() -> None:
    desk = Desk()
    assert desk.click(a_visit("tl_test=1")).realm == "shop~test"
    assert desk.click(a_visit()).realm == "shop"


def test_a_signed_click_counts() -> None:
    click = a_signing_desk(Signing.ENFORCE).click(a_visit(signed_query()))
    assert (click.counts, click.refusal) == (True, "")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("pid=acme", "signature_missing"),
        (signed_query(key=SigningKey("k1", "wrong")), "bad_signature"),
        (signed_query(f"pid=acme&tl_ts={NOON // 1000 - 400}"), "signature_stale"),
    ],
)
def test_a_click_whose_signature_is_refused_lands_and_earns_nothing(query: str, code: str) -> None:
    click = a_signing_desk(Signing.ENFORCE).click(a_visit(query))
    assert click.touch.flags == ("refused_signature",)
    assert (click.counts, click.refusal) == (False, code)
    assert click.location.startswith("https://shop.example/")


def test_a_signed_link_works_once() -> None:
    """SE-05: a captured link, used again after the echo time by somebody else."""
    desk = a_signing_desk(Signing.ENFORCE)
    desk.click(a_visit(signed_query()))
    again = desk.click(a_visit(signed_query(), received_at=NOON + 60_000))
    elsewhere = desk.click(a_visit(signed_query(), source_ip="198.51.100.1"))
    assert (again.refusal, elsewhere.refusal) == ("signature_replayed", "signature_replayed")
    assert not again.counts
    assert not elsewhere.counts


def test_a_double_click_on_a_signed_link_may_convert_by_either() -> None:
    desk = a_signing_desk(Signing.ENFORCE)
    first = desk.click(a_visit(signed_query()))
    echo = desk.click(a_visit(signed_query(), received_at=NOON + 200))
    assert (echo.touch.flags, echo.refusal) == (("duplicate_click",), "")
    assert echo.touch.click_id == first.touch.click_id


def test_report_only_counts_and_tells_what_would_be_refused() -> None:
    click = a_signing_desk(Signing.REPORT).click(a_visit("pid=acme"))
    assert click.touch.flags == ("would_refuse:signature_missing",)
    assert (click.counts, click.refusal) == (True, "")


def test_report_only_counts_a_second_use_and_tells() -> None:
    desk = a_signing_desk(Signing.REPORT)
    desk.click(a_visit(signed_query()))
    again = desk.click(a_visit(signed_query(), received_at=NOON + 60_000))
    assert again.touch.flags == ("would_refuse:signature_replayed",)
    assert (again.counts, again.refusal) == (True, "")


def test_while_the_store_is_down_a_click_counts_unchecked() -> None:
    desk = Desk()
    desk.table.fail("put", StoreUnavailable)
    click = desk.click(a_visit())
    assert click.touch.flags == ("unchecked",)
    assert click.counts


def test_of_repeated_parameters_the_first_counts_and_blank_ones_are_absent() -> None:
    assert a_visit("sub1=a&sub1=b&sub2=&sub3=%C3%A9+1").query == {"sub1": "a", "sub3": "é 1"}


def test_a_view_of_a_known_person_lies_under_the_person() -> None:
    view = pixel.take(a_view("pid=acme&ud=crm&uid=7"), *the_spring(), Desk().new_id)
    assert (view.touch.identity, view.touch.kind) == ("crm:7", TouchKind.VIEW)
    assert view.touch.flags == ()


def test_a_view_of_nobody_known_is_counted_and_flagged() -> None:
    view = pixel.take(a_view(), *the_spring(), Desk().new_id)
    assert view.touch.flags == ("no_identity",)
    assert view.touch.identity == f"view:{view.touch.id}"


def a_view(query: str = "") -> Visit:
    return replace(a_visit(query), path="/v/spring.gif")


def the_spring() -> tuple[Any, Any]:
    registry = a_registry()
    return registry, registry.campaigns[CampaignId("spring")]


def test_the_pixel_is_a_gif_of_43_bytes() -> None:
    assert len(pixel.GIF) == 43
    assert pixel.GIF.startswith(b"GIF89a")


@pytest.mark.parametrize("listed", [False, True])
def test_a_click_is_listed_where_its_partner_asks_for_it(listed: bool) -> None:
    desk = Desk(partners=(a_partner(list_clicks=listed),))

    assert desk.click(a_visit("pid=acme")).touch.listed is listed
    assert not desk.click(a_visit("sub1=nobody")).touch.listed
