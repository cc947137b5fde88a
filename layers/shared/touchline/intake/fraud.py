"""What tells a person's click from a machine's, and one click from its echo. Marks, never drops."""

import hashlib
from collections.abc import Mapping

from touchline.kernel.clock import SECOND_MS
from touchline.ledger.model import BOT, PREFETCH

ECHO_MS = 10 * SECOND_MS
"""The same click again within this is a double click or a reload, not a second interest."""

_BOT_WORDS = (
    *("bot", "crawl", "spider", "slurp", "scrape", "archiver", "validator", "monitor", "preview"),
    *(
        "facebookexternalhit",
        "whatsapp/",
        "mediapartners-google",
        "google-read-aloud",
        "feedfetcher",
    ),
    *("headless", "phantomjs", "lighthouse", "pingdom", "uptime", "gtmetrix", "statuscake"),
    *("curl/", "wget/", "python-requests", "python-urllib", "aiohttp", "httpx", "scrapy"),
    *("go-http-client", "java/", "libwww", "apache-httpclient", "node-fetch", "axios/", "undici"),
    *("winhttp", "powershell", "postman", "insomnia", "guzzlehttp", "ruby", "perl"),
)
"""Parts of user agents (lower case) that say so themselves: crawlers, link checkers, clients."""

_NOT_BOTS = ("cubot",)
"""A maker of phones whose name has `bot` in it; crawler lists exempt it as well."""


def machine_marks(method: str, headers: Mapping[str, str]) -> tuple[str, ...]:
    """`bot`, `prefetch` or nothing, from the method and the (lower-case) headers of a request.

    A browser that fetches ahead says so (`Sec-Purpose: prefetch`); nobody has clicked yet.
    """
    agent = headers.get("user-agent", "").lower()
    for word in _NOT_BOTS:
        agent = agent.replace(word, "")
    purpose = f"{headers.get('sec-purpose', '')} {headers.get('purpose', '')}".lower()
    marks = []
    if method == "HEAD" or not agent.strip() or any(word in agent for word in _BOT_WORDS):
        marks.append(BOT)
    if "prefetch" in purpose or "preview" in purpose or headers.get("x-moz", "") == "prefetch":
        marks.append(PREFETCH)
    return tuple(marks)


def fingerprint(*parts: str) -> str:
    """Names a click by what it is made of (campaign, partner, address, browser, references).

    A digest over length-prefixed parts, so that different parts never make one text; nothing of
    the person can be read from it.
    """
    told = hashlib.sha256()
    for text in parts:
        raw = text.encode("utf-8", "surrogatepass")
        told.update(len(raw).to_bytes(4, "big") + raw)
    return told.hexdigest()[:32]
