"""Where clicks land."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from tests.factories import a_campaign
from touchline.intake.landing import (
    check_landing,
    host_of,
    is_listed,
    landing,
    listed_hosts,
)
from touchline.kernel.errors import Refused

VALUES = {"click_id": "clk_1", "partner": "acme", "sub1": "a b&c=d/é"}


def test_the_click_id_is_appended() -> None:
    campaign = a_campaign(landing_url="https://shop.example/spring?x=1#top")
    assert landing(campaign, "", VALUES) == "https://shop.example/spring?x=1&click_id=clk_1#top"


@pytest.mark.parametrize(
    ("url", "landed"),
    [
        ("https://shop.example", "https://shop.example?click_id=clk_1"),
        ("https://shop.example/?", "https://shop.example/?click_id=clk_1"),
        ("https://shop.example/?a=1&", "https://shop.example/?a=1&click_id=clk_1"),
        ("https://shop.example/?c={click_id}", "https://shop.example/?c=clk_1"),
        ("https://shop.example/{partner}", "https://shop.example/acme?click_id=clk_1"),
        (
            "https://shop.example/?s={sub1}&n={none}",
            "https://shop.example/?s=a%20b%26c%3Dd%2F%C3%A9&n=&click_id=clk_1",
        ),
    ],
)
def test_macros_are_filled_in_once_and_encoded(url: str, landed: str) -> None:
    assert landing(a_campaign(landing_url=url), "", VALUES) == landed


def test_a_value_that_looks_like_a_macro_is_not_expanded() -> None:
    campaign = a_campaign(landing_url="https://shop.example/?s={sub1}&c={click_id}")
    values = {**VALUES, "sub1": "{click_id}"}
    assert landing(campaign, "", values) == "https://shop.example/?s=%7Bclick_id%7D&c=clk_1"


def test_a_deep_link_lands_on_a_listed_host() -> None:
    campaign = a_campaign(hosts=("Deals.Example",))
    for url in ("https://deals.example/shoes", "https://shop.example/shoes"):
        assert landing(campaign, url, VALUES) == f"{url}?click_id=clk_1"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "https://shop.example.evil.example/",
        "https://shop.example@evil.example/",
        "https://evil.example\\@shop.example/",
        "https://evil.example#@shop.example/",
        "//evil.example/",
        "javascript:alert(1)//shop.example",
        "https:/shop.example/",
        "https://shop.example\n.evil.example/",
        "https://shop.example/\r\nset-cookie:a=b",
        "https://shop.example/\\..\\x",
        "https://ſhop.example/",
        "https://[::1]/",
        "https://shop.example:99999999/",
        "ftp://shop.example/",
        "https://shop.example/" + "a" * 2048,
    ],
)
def test_a_deep_link_to_anywhere_else_is_refused(url: str) -> None:
    with pytest.raises(Refused) as caught:
        landing(a_campaign(), url, VALUES)
    assert caught.value.code == "landing_refused"


def test_a_macro_in_the_host_lists_no_host_by_itself() -> None:
    campaign = a_campaign(landing_url="https://{sub1}/x", hosts=("a.example",))
    assert listed_hosts(campaign) == {"a.example"}
    assert landing(campaign, "", {**VALUES, "sub1": "a.example"}).startswith("https://a.example/")
    with pytest.raises(Refused):
        landing(campaign, "", {**VALUES, "sub1": "b.example"})


@pytest.mark.parametrize(
    ("url", "host", "listed"),
    [
        ("https://a.example:8443/", "a.example", True),
        ("https://a.example:8443/", "a.example:8443", True),
        ("https://a.example/", "a.example:8443", False),
        ("https://x.a.example/", "*.a.example", True),
        ("https://a.example/", "*.a.example", False),
        ("https://xa.example/", "*.a.example", False),
    ],
)
def test_hosts_may_be_listed_with_a_port_or_by_their_domain(
    url: str, host: str, listed: bool
) -> None:
    assert is_listed(url, [host]) is listed


@pytest.mark.parametrize("url", ["", "https://a.example/?c={click_id}", "https://{sub1}/"])
def test_a_landing_url_that_clicks_can_be_sent_to_may_be_saved(url: str) -> None:
    check_landing(a_campaign(landing_url=url, hosts=("a.example",)))


@pytest.mark.parametrize(
    "url", ["https://b.example/", "a.example", "https://ä.example/", "https://a.example@b.example/"]
)
def test_a_landing_url_that_every_click_would_be_refused_at_is_not_saved(url: str) -> None:
    with pytest.raises(Refused) as caught:
        check_landing(a_campaign(landing_url=url, hosts=("a.example",)))
    assert (caught.value.code, caught.value.field) == ("bad_field", "landing_url")


@given(
    st.builds(
        "{}://{}{}{}".format,
        st.sampled_from(["http", "https", "HTTPS"]),
        st.text(st.sampled_from("aB1.-@:\\/?#%[]_ \t"), max_size=12),
        st.sampled_from(["", "/", "?", "#", ":80/", "@b.example/"]),
        st.text(max_size=10),
    )
)
def test_every_parser_reads_the_same_host_from_what_is_accepted(url: str) -> None:
    host = host_of(url)
    if host:
        assert urlsplit(url).hostname == host
        assert (URL(url, encoded=True).host or "").lower() == host
