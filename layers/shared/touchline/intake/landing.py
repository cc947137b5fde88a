"""Where a click is sent: the campaign's landing URL or a deep link, on a listed host only."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from touchline.kernel.errors import Refused
from touchline.registry.model import Campaign

CLICK_ID = "click_id"

_URL = re.compile(
    r"https?://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(:[0-9]{1,5})?([/?#][!-~]*)?", re.IGNORECASE
)
"""Only what every parser reads alike: a plain host, no userinfo, printable ASCII after it."""
_MACRO = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_LONGEST = 2_048


def host_of(url: str) -> str:
    """The host of a URL in lower case, "" when the URL is not one that every parser reads alike."""
    return _place_of(url).partition(":")[0]


def _place_of(url: str) -> str:
    """Host and port as written (`shop.example`, `shop.example:8443`), "" like `host_of`."""
    match = _URL.fullmatch(url)
    if match is None or len(url) > _LONGEST or "\\" in url:
        return ""
    return (match[1] + (match[2] or "")).lower()


def landing(campaign: Campaign, deep_link: str, values: Mapping[str, str]) -> str:
    """The URL to redirect to, with `click_id` appended unless a macro has placed it.

    `deep_link` ("" for none) takes the place of the campaign's own URL, and no macro is filled in
    there. Macros (`{click_id}`, `{partner}`, `{sub1}` …) are percent-encoded once and never
    expanded again; an unknown one becomes empty.

    Raises Refused `landing_refused` when the URL, macros filled in, is not on a listed host.
    """
    if deep_link:
        return _listed(campaign, _with_click_id(deep_link, values[CLICK_ID]))
    template = campaign.landing_url
    filled = _MACRO.sub(lambda match: quote(values.get(match[1], ""), safe=""), template)
    if f"{{{CLICK_ID}}}" not in template:
        filled = _with_click_id(filled, values[CLICK_ID])
    return _listed(campaign, filled)


def check_landing(campaign: Campaign) -> None:
    """Raise Refused `bad_field` for a landing URL that no click could ever be sent to.

    A URL whose host has a macro in it is judged click by click.
    """
    url = campaign.landing_url
    if not url or "{" in _authority(url):
        return
    if not is_listed(_MACRO.sub("x", url), campaign.hosts):
        problem = "an http(s) URL in plain ASCII on one of `hosts`"
        raise Refused("bad_field", f"landing_url: {problem}", field="landing_url")


def listed_hosts(campaign: Campaign) -> frozenset[str]:
    """Where a click of this campaign may be sent: the hosts listed, and its own URL's."""
    url = campaign.landing_url
    own = "" if "{" in _authority(url) else _place_of(_MACRO.sub("x", url))
    return frozenset({*(host.lower() for host in campaign.hosts), own} - {""})


def _authority(url: str) -> str:
    return re.split(r"[/?#]", url.partition("://")[2])[0]


def is_listed(url: str, hosts: Iterable[str]) -> bool:
    """Whether a URL is on one of the hosts: `a.example` any port, `a.example:8443` that port only,
    `*.a.example` its subdomains."""
    place = _place_of(url)
    host = place.partition(":")[0]
    return bool(host) and any(
        host.endswith(listed[1:]) if listed.startswith("*.") else listed in {host, place}
        for listed in hosts
    )


def _listed(campaign: Campaign, url: str) -> str:
    if not is_listed(url, listed_hosts(campaign)):
        raise Refused("landing_refused", f"campaign {campaign.id} does not list this host")
    return url


def _with_click_id(url: str, click_id: str) -> str:
    before, hash_sign, fragment = url.partition("#")
    joint = "&" if "?" in before else "?"
    joint = "" if before.endswith(("?", "&")) else joint
    return f"{before}{joint}{CLICK_ID}={click_id}{hash_sign}{fragment}"
