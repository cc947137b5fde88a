"""The guard: where nothing is ever sent."""

import ipaddress
import socket
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from touchline.delivery.guard import address_allowed, normal_host, url_problem

FORBIDDEN = [
    "0.0.0.1", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.1.2.3",
    "168.63.129.16", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255",
    "192.0.0.1", "192.0.2.1", "192.88.99.3", "192.168.1.1", "198.18.0.1", "198.19.255.255",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1",
    "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::", "3fff::1",
    "3ffe::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1",
    "ff02::1", "2606:4700:4700::1111%1", "", "localhost", "8.8.8", "0x7f000001", "017700000001",
]  # fmt: skip

ALLOWED = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450::1"]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_ss_02_forbidden_addresses(address):
    assert not address_allowed(address)


@pytest.mark.parametrize("address", ALLOWED)
def test_plain_global_addresses_pass(address):
    assert address_allowed(address)


@given(st.integers(0, 2**32 - 1))
def test_ss_02_what_passes_is_global_and_neither_multicast_nor_mapped(number):
    address = ipaddress.IPv4Address(number)
    if address_allowed(str(address)):
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_private
        assert not address.is_reserved
        assert not address_allowed(f"::ffff:{address}")
        assert not address_allowed(f"64:ff9b::{address}")


@given(st.integers(0, 2**128 - 1) | st.integers(0, 2**125 - 1).map(lambda n: n | 1 << 125))
def test_ss_02_what_passes_of_ipv6_is_plain_global_unicast(number):
    address = ipaddress.IPv6Address(number)
    if address_allowed(str(address)):
        assert address in ipaddress.IPv6Network("2000::/3")
        assert address.is_global
        assert address.ipv4_mapped is None
        assert address.sixtofour is None
        assert address.teredo is None


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0x7f000001", "①②⑦.⓪.⓪.①"]
)
def test_ss_02_d25_names_that_resolvers_read_as_loopback_are_refused(host):
    assert url_problem(f"https://{host}/", allow_http=False, ports=(443,)) is not None


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://h.example.net/", "url_scheme"),
        ("ftp://h.example.net/", "url_scheme"),
        ("javascript:alert(1)", "url_scheme"),
        ("https://h.example.net:8443/", "url_port"),
        ("https://h.example.net:22/", "url_port"),
        ("https://u@h.example.net/", "url_userinfo"),
        ("https://u:p@h.example.net/", "url_userinfo"),
        ("https://h.example.net/#f", "url_fragment"),
        ("https://1.1.1.1/", "url_ip"),
        ("https://[::1]/", "url_ip"),
        ("https://[::ffff:1.1.1.1]/", "url_ip"),
        ("https://localhost/", "url_host"),
        ("https://intranet/", "url_host"),
        ("https:///x", "url_host"),
        ("https://-a.example.net/", "url_host"),
        ("https://a..example.net/", "url_host"),
        ("https://h.example.net/" + "a" * 2048, "url_too_long"),
        ("https://h.example.net/ x", "url_malformed"),
        ("https://h.example.net\\@evil.net/", "url_malformed"),
        ("https://h.example.net/\r\nHost: x", "url_malformed"),
        ("https://h.example.net:99999/", "url_malformed"),
        ("https://[::1/", "url_malformed"),
    ],
)
def test_ss_01_urls_that_are_refused(url, code):
    problem = url_problem(url, allow_http=False, ports=(80, 443))
    assert problem is not None
    assert problem.code == code


@pytest.mark.parametrize(
    "url",
    [
        "https://h.example.net/x?y=1",
        "https://h.example.net./",
        "https://bücher.example/",
        "https://H.EXAMPLE.NET:443/",
    ],
)
def test_ss_01_urls_that_pass(url):
    assert url_problem(url, allow_http=False, ports=(80, 443)) is None


def test_ss_01_http_and_other_ports_are_opted_into_per_endpoint():
    assert url_problem("http://h.example.net:8080/", allow_http=True, ports=(8080,)) is None


@given(
    st.from_regex(r"https://[a-zA-Z0-9@:\[\]./\\?#%{}_-]{1,40}/[a-z?&=#@\\]{0,10}", fullmatch=True)
)
def test_ss_01_an_accepted_url_has_one_host_in_every_parser(url):
    if url_problem(url, allow_http=False, ports=(443,)) is None:
        host = urlsplit(url).hostname or ""
        assert (URL(url, encoded=True).raw_host or "").lower().rstrip(".") == host.rstrip(".")
        assert normal_host(host)


def test_ss_02_d25_a_trailing_dot_and_idn_are_normalised():
    assert normal_host("Bücher.example.") == "xn--bcher-kva.example"
    assert normal_host("a" * 64 + ".example") == ""


def test_the_local_stack_may_send_to_itself_and_to_nothing_else_inside():
    own = "http://127.0.0.1:8899/pb"
    assert url_problem(own, allow_http=False, ports=(443,), loopback=True) is None
    assert url_problem(own, allow_http=False, ports=(443,)) is not None
    assert address_allowed("127.0.0.1", loopback=True)
    assert not address_allowed("169.254.169.254", loopback=True)
    assert url_problem("http://10.0.0.1/", allow_http=True, ports=(80,), loopback=True) is not None


def test_the_address_that_inet_aton_makes_of_odd_forms_is_refused():
    for text in ("127.1", "2130706433", "0x7f.1", "0177.0.0.1"):
        assert not address_allowed(socket.inet_ntoa(socket.inet_aton(text)))
