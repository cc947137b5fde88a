"""Where Touchline may send to: the verdict on a URL, and the verdict on an address.

`ipaddress.is_global` is no guard: it passes multicast, NAT64, 6to4 and `::127.0.0.1`. Here only
plain global unicast passes, and the embedded IPv4 address of a mapped form is never believed.
Sources: IANA special-purpose registries (RFC 6890 and updates), and the platforms' own metadata
addresses. The verdict is asked for the address that is dialled (sender), not only beforehand.
"""

from dataclasses import dataclass
from functools import cache
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Network,
    ip_address,
)
from urllib.parse import SplitResult, urlsplit

MAX_URL = 2_048
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

_FORBIDDEN_V4 = (
    "0.0.0.0/8",  # this network
    "10.0.0.0/8",
    "100.64.0.0/10",  # shared address space
    "127.0.0.0/8",
    "168.63.129.16/32",  # Azure's platform address
    "169.254.0.0/16",  # link-local, the cloud's metadata
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",  # documentation
    "192.31.196.0/24",  # AS112
    "192.52.193.0/24",  # AMT
    "192.88.99.0/24",  # 6to4 relays
    "192.168.0.0/16",
    "192.175.48.0/24",  # AS112
    "198.18.0.0/15",  # benchmarks
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",  # reserved, broadcast
)
_FORBIDDEN_V6 = (
    # all outside 2000::/3 is refused beforehand: loopback, mapped, NAT64, unique local,
    # link-local, site-local, multicast, 5f00::/16
    "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
    "2001:db8::/32",  # documentation
    "2002::/16",  # 6to4
    "2620:4f:8000::/48",  # AS112
    "3fff::/20",  # documentation
    "3ffe::/16",  # the former 6bone
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a URL is refused: a reason code and a sentence for its owner."""

    code: str
    detail: str


def address_allowed(text: str, *, loopback: bool = False) -> bool:
    """Whether the address (IPv4 or IPv6 text) is plain global unicast.

    `loopback` is for the local stack alone: 127.0.0.1 and ::1 pass too.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if loopback and text in LOOPBACK_HOSTS:
        return True
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _networks_v4())
    if address.scope_id is not None or int(address) >> 125 != 0b001:
        return False
    return not any(address in network for network in _networks_v6())


def url_problem(
    url: str, *, allow_http: bool, ports: tuple[int, ...], loopback: bool = False
) -> Problem | None:
    """What forbids the URL, or None.

    Only https (http when the endpoint allows it), the default port or a listed one, a host name
    (no IP literal in any spelling), no user info, no fragment, at most 2,048 characters.
    `loopback` is for the local stack alone: this machine by any scheme and port.
    """
    if len(url) > MAX_URL:
        return Problem("url_too_long", f"the URL has over {MAX_URL} characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return Problem("url_malformed", "this is not a URL")
    if loopback and parts.hostname in LOOPBACK_HOSTS and parts.scheme in {"http", "https"}:
        return None
    return (
        _text_problem(url, parts)
        or _scheme_problem(parts.scheme, allow_http)
        or _port_problem(port, ports)
        or _host_problem(parts.hostname or "")
    )


def _text_problem(url: str, parts: SplitResult) -> Problem | None:
    if any(ord(character) <= 32 or ord(character) == 127 for character in url) or "\\" in url:
        return Problem("url_malformed", "blanks, control characters or backslashes in the URL")
    if "@" in parts.netloc:
        return Problem("url_userinfo", "a user name or password before the host")
    if "#" in url:
        return Problem("url_fragment", "a fragment is never sent")
    return None


def _scheme_problem(scheme: str, allow_http: bool) -> Problem | None:
    if scheme == "https" or (scheme == "http" and allow_http):
        return None
    return Problem("url_scheme", "only https (http if the endpoint has allow_http)")


def _port_problem(port: int | None, ports: tuple[int, ...]) -> Problem | None:
    if port is None or port in ports:
        return None
    return Problem("url_port", f"port {port} is not in the endpoint's list {list(ports)}")


def _host_problem(host: str) -> Problem | None:
    name = normal_host(host)
    if ":" in host or _is_address(host) or _numeric(name.rpartition(".")[2]):
        return Problem("url_ip", "an IP address in place of a host name")
    if not name or "." not in name:
        return Problem("url_host", "the host is no valid, full name")
    return None


def normal_host(host: str) -> str:
    """The host in lower-case ASCII (IDNA), no trailing dot; "" when there is none."""
    try:
        name = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""
    name = name.removesuffix(".")
    labels = name.split(".")
    if not name or len(name) > 253 or not all(_label(label) for label in labels):
        return ""
    return name


def _label(label: str) -> bool:
    return (
        1 <= len(label) <= 63
        and label[0] != "-"
        and label[-1] != "-"
        and all(c.isascii() and (c.isalnum() or c in "-_") for c in label)
    )


def _numeric(label: str) -> bool:
    """Whether a resolver could take a host that ends so for an IPv4 address (WHATWG URL §3.5)."""
    return label.isdigit() or (
        label.startswith("0x") and all(c in "0123456789abcdef" for c in label[2:])
    )


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except (ValueError, AddressValueError):
        return False
    return True


@cache
def _networks_v4() -> tuple[IPv4Network, ...]:
    return tuple(IPv4Network(text) for text in _FORBIDDEN_V4)


@cache
def _networks_v6() -> tuple[IPv6Network, ...]:
    return tuple(IPv6Network(text) for text in _FORBIDDEN_V6)
