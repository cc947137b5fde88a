"""What a log may tell of a request and an answer: no secret, nothing personal, at most 20 kB."""

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from touchline.delivery.macros import MACROS

HIDDEN = "[hidden]"
MAX_RESPONSE = 20_000
MAX_RESPONSE_DELIVERED = 2_000
"""Of an answer that was a success less is kept: it is seldom looked at, and is paid for."""
LEAST_LENGTH = 4
"""Shorter values are not searched for in free text: every second word would be hidden."""

_SECRET_NAME = re.compile(
    r"token|secret|passw|authorization|api[-_]?key|access[-_]?key|signature$|^sig$|^key$|^auth$",
    re.IGNORECASE,
)
_PLATFORM_PERSONAL = frozenset({"user_data", "userIdentifiers", "user"})
"""What ad platforms call the part of a request that says who it was."""
_OPEN_NAME = frozenset({"webhook-signature"})
_LOOKS = re.compile(
    r"tl_(?:live|test|site)_[A-Za-z0-9]+|whs(?:ec|k)_[A-Za-z0-9+/=_-]+|[\w.+-]+@[\w-]+\.[\w.-]+"
)
_SIGNS = ("@", "tl_", "whs")
"""One of these is in whatever `_LOOKS` finds; without them the slow search is spared."""
_PAIR = re.compile(r"(?<=[?&])([^=&#]+)=([^&#]*)")


def hidden_facts(facts: Mapping[str, str]) -> dict[str, str]:
    """The facts with personal and secret ones hidden."""
    return {
        name: HIDDEN if value and (MACROS[name].personal or MACROS[name].secret) else value
        for name, value in facts.items()
    }


def hidden_url(url: str) -> str:
    """The URL with the values of parameters hidden whose names are those of secrets."""
    return _PAIR.sub(
        lambda pair: f"{pair[1]}={HIDDEN}" if _SECRET_NAME.search(pair[1]) else pair[0], url
    )


def hidden_headers(headers: Mapping[str, str], known: Iterable[str]) -> dict[str, str]:
    """The headers with credentials hidden."""
    forms = tuple(known)
    return {
        name: HIDDEN
        if _SECRET_NAME.search(name) and name.lower() not in _OPEN_NAME
        else hidden_text(value, forms)
        for name, value in headers.items()
    }


def hidden_text(text: str, known: Iterable[str]) -> str:
    """The text with the known forms (of private_forms) and what looks like a secret hidden."""
    for form in known:
        text = text.replace(form, HIDDEN)
    return _LOOKS.sub(HIDDEN, text) if any(sign in text for sign in _SIGNS) else text


def hidden_body(body: bytes, content_type: str, known: Iterable[str]) -> str:
    """The body as text; in JSON, members that are personal or secret by their name are hidden."""
    text = body.decode("utf-8", "replace")
    if content_type.partition(";")[0].strip().lower() == "application/json":
        try:
            text = json.dumps(_hidden_members(json.loads(text)), ensure_ascii=False)
        except ValueError:
            return hidden_text(text, known)
    return hidden_text(text, known)


def _hidden_members(value: object) -> object:
    if isinstance(value, dict):
        return {
            name: HIDDEN if inner and _is_private(name) else _hidden_members(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_hidden_members(inner) for inner in value]
    return value


def _is_private(name: str) -> bool:
    info = MACROS.get(name)
    if info is not None and (info.personal or info.secret):
        return True
    return name in _PLATFORM_PERSONAL or _SECRET_NAME.search(name) is not None


def private_forms(facts: Mapping[str, str], secrets: Iterable[str]) -> tuple[str, ...]:
    """The values that no log may show, plain, percent-encoded and as in JSON, longest first."""
    personal = [
        value for name, value in facts.items() if MACROS[name].personal or MACROS[name].secret
    ]
    values = {value for value in (*personal, *secrets) if len(value) >= LEAST_LENGTH}
    forms = {
        form for value in values for form in (value, quote(value, safe=""), json.dumps(value)[1:-1])
    }
    return tuple(sorted(forms, key=len, reverse=True))


def shown_response(body: bytes, known: Iterable[str], *, delivered: bool) -> str:
    """The start of an answer's body as text, with what is private hidden."""
    most = MAX_RESPONSE_DELIVERED if delivered else MAX_RESPONSE
    text = hidden_text(body[:most].decode("utf-8", "replace"), known)
    return text.encode()[:most].decode("utf-8", "ignore")
